package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.OtherProcess;
import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.Safetensors;
import io.zoetrope.io.TensorContent;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models and checkpoints go from the device into their files piece by piece. */
class StreamedSavingTest {
    private final Device device = Devices.shared();

    @TempDir
    private Path folder;

    /** Parameters of every kind: reordered, stacked, rounded, exact, and longer than a piece. */
    private static Parameters parameters() {
        Parameters root = Parameters.root();
        root.convolution("conv", Init.fanIn(9), 5, 3, 3, 7);
        root.stackedWeight(List.of("q", "k"), Init.fanIn(4), 6, 4);
        root.vector("bias", Init.zeros(), 5);
        root.buffer("mean", Init.zeros(), 3);
        root.weight("long", Init.zeros(), 1025, 1024);
        return root;
    }

    @Test
    void whatIsSavedIsLoadedWhateverIsTrained() throws IOException {
        float[] first = null;
        for (DType compute : new DType[] {DType.F32, DType.BF16}) {
            for (ParameterPlan plan : List.of(ParameterPlan.training(), ParameterPlan.inference(),
                    ParameterPlan.training().freezing("conv", "bias"))) {
                Path file = folder.resolve("saved.safetensors");
                Parameters loaded = parameters();
                try (ParameterStore store = new ParameterStore(device, parameters(), compute, plan);
                        ParameterStore again = new ParameterStore(device, loaded, DType.F32,
                                ParameterPlan.inference())) {
                    for (ParameterStore.Segment segment : store.segments()) {
                        store.held(segment).copyFrom(
                                Values.normal(segment.parameter().names().hashCode(), (int) segment.length(), 1));
                    }
                    Safetensors.write(file, ModelWeights.stored(store.current()), Map.of());
                    ModelWeights.into(again, ModelWeights.read(loaded, WeightFiles.of(Safetensors.open(file))));
                    float[] values = again.values();
                    first = first == null ? values : first;
                    assertThat(values).as("%s %s", compute, plan).isEqualTo(first);
                    for (ParameterStore.Segment segment : again.segments()) {
                        float[] was = Values.normal(segment.parameter().names().hashCode(), (int) segment.length(), 1);
                        assertThat(Arrays.copyOfRange(values, (int) segment.start(), (int) segment.end()))
                                .as(segment.parameter().toString())
                                .isEqualTo(segment.parameter().isBuffer() ? was : Values.stored(DType.BF16, was));
                    }
                    again.take(store.current());
                    assertThat(again.values()[2]).isEqualTo(store.values()[(int) store.segments().stream()
                            .filter(s -> s.parameter().names().contains("conv")).findFirst().orElseThrow().start()
                            + 2]);
                }
            }
        }
    }

    /** Saves and reads back 128 MB of weights and a checkpoint of 512 MB. */
    static final class Large {
        private static final long SIZE = 1 << 26;

        public static void main(String[] args) throws IOException {
            Path folder = Files.createTempDirectory("large");
            Parameters parameters = Parameters.root();
            for (int i = 0; i < 4; i++) {
                parameters.weight("w" + i, Init.zeros(), 4096, SIZE / 4 / 4096);
            }
            try (Device device = Device.open(); ParameterStore store = new ParameterStore(device, parameters,
                    DType.BF16, ParameterPlan.training())) {
                Pointwise.fill(store.masters(), 1.5f);
                Pointwise.fill(store.gradients(), -3f);
                Path model = folder.resolve("model.safetensors");
                Safetensors.write(model, ModelWeights.stored(store.current()), Map.of());
                Map<String, TensorContent> state = new LinkedHashMap<>();
                state.put("master", TensorContent.of(store.masters()));
                state.put("gradient", TensorContent.of(store.gradients()));
                Path file = folder.resolve("checkpoint.safetensors");
                new Checkpoint(3, Map.of(), state).write(file);
                store.masters().zero();
                store.gradients().zero();
                Checkpoint read = Checkpoint.read(file);
                read.tensors().get("master").copyTo(store.masters());
                read.tensors().get("gradient").copyTo(store.gradients());
                System.out.println("model " + Files.size(model) + ", checkpoint " + Files.size(file) + ", last "
                        + last(store.masters()) + " " + last(store.gradients()));
            } finally {
                try (var files = Files.list(folder)) {
                    for (Path file : files.toList()) {
                        Files.delete(file);
                    }
                }
                Files.delete(folder);
            }
        }

        private static float last(Tensor tensor) {
            return tensor.view(tensor.size() - 1, 1).toFloats()[0];
        }
    }

    @Test
    void aModelLargerThanTheHeapIsSavedAndGoneOnWith() throws Exception {
        String output = OtherProcess
                .run(Large.class, Map.of(), "-Xmx48m", "-XX:MaxDirectMemorySize=32m", "-Djava.io.tmpdir=" + folder)
                .successful();
        assertThat(output).containsPattern("model 1342\\d{5}, checkpoint 5368\\d{5}, last 1.5 -3.0");
    }

    @Test
    void contentOnTheDeviceIsThatOfTheMomentItIsAskedFor() throws IOException {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {1, 2}, 2);
            TensorContent content = TensorContent.of(x);
            x.copyFrom(new float[] {3, 4});
            assertThat(content.inMemory().toFloats()).containsExactly(3, 4);
            assertThat(content.byteCount()).isEqualTo(8);
            Tensor y = scope.zeros(DType.F32, 2);
            content.copyTo(y);
            assertThat(y.toFloats()).containsExactly(3, 4);
            assertThat(TensorContent.of(scope.empty(DType.F32, 0)).inMemory().size()).isZero();
        }
    }
}
