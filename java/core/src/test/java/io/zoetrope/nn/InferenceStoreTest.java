package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.MappedTensor;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.Safetensors;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.tensor.Bfloat16;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights that are only used: what memory they take, and that they come from files as they are there. */
class InferenceStoreTest {
    private static final long MATRICES = 1100 * 600 + 240 * 250 * 9 + 16 * 16;
    private static final long VECTORS = 1100 + 16;

    private final Device device = Devices.shared();

    @TempDir
    private Path folder;

    /** Two of its tensors are larger than what is copied in one go. */
    private static Parameters network() {
        Parameters root = Parameters.root();
        root.weight("a.weight", Init.fanIn(600), 1100, 600);
        root.vector("a.bias", Init.zeros(), 1100);
        root.convolution("b.weight", Init.fanIn(2250), 240, 3, 3, 250);
        root.convolution("c.weight", Init.fanIn(16), 16, 1, 1, 16);
        root.buffer("c.mean", Init.zeros(), 16);
        return root;
    }

    private static Map<String, StoredTensor> stored(String type) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        FileLayout.shapes(network()).forEach((name, shape) -> {
            float[] values = Values.uniform(name.hashCode(), shape.size());
            tensors.put(name, type.equals("BF16") ? StoredTensor.ofBf16(values, shape.dims())
                    : StoredTensor.ofF32(values, shape.dims()));
        });
        return tensors;
    }

    private WeightFiles file(Map<String, StoredTensor> tensors) throws IOException {
        Path path = folder.resolve("model.safetensors");
        Safetensors.write(path, tensors, Map.of());
        return WeightFiles.of(Safetensors.open(path));
    }

    @ParameterizedTest
    @CsvSource({"BF16, BF16", "BF16, F32", "F32, BF16", "F32, F32"})
    void everyValueIsTheFilesRoundedToTheComputeType(String type, DType compute) throws IOException {
        WeightFiles weights = file(stored(type));
        Parameters parameters = network();
        try (ParameterStore store = new ParameterStore(device, parameters, compute, ParameterPlan.inference())) {
            ModelWeights.into(store, ModelWeights.read(parameters, weights));
            for (ParameterStore.Segment segment : store.segments()) {
                Parameter parameter = segment.parameter();
                float[] expected = FileLayout.fromFile(parameter, weights.tensor(parameter.names().get(0)).toFloats());
                for (int i = 0; i < expected.length && parameter.isMatrix() && compute == DType.BF16; i++) {
                    expected[i] = Bfloat16.round(expected[i]);
                }
                assertThat(parameter.variable().value().toFloats()).as(parameter.toString()).isEqualTo(expected);
                assertThat(parameter.variable().needsGrad()).isFalse();
            }
        }
    }

    @Test
    void weightsTakeTwoBytesEachAndNothingElse() {
        try (ParameterStore store = new ParameterStore(device, network(), DType.BF16, ParameterPlan.inference())) {
            long grain = 512L * store.segments().size(); // of the memory pool
            assertThat(store.bytes()).isBetween(2 * MATRICES + 4 * VECTORS, 2 * MATRICES + 4 * VECTORS + grain);
            assertThat(store.trainable()).isEmpty();
            assertThatThrownBy(store::masters).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("trains nothing").hasMessageContaining("ParameterPlan");
            assertThatThrownBy(store::gradients).isInstanceOf(IllegalStateException.class);
        }
        try (ParameterStore store = new ParameterStore(device, network(), DType.BF16, ParameterPlan.training())) {
            assertThat(store.bytes()).isGreaterThanOrEqualTo(10 * (MATRICES + VECTORS));
        }
    }

    @Test
    void notFiniteValuesAreNamedWhereverTheyLie() throws IOException {
        Map<String, StoredTensor> tensors = stored("F32");
        float[] values = tensors.get("b.weight").toFloats();
        values[530_000] = Float.NEGATIVE_INFINITY;
        values[530_007] = Float.NaN;
        tensors.put("b.weight", StoredTensor.ofF32(values, 240, 250, 3, 3));
        WeightFiles weights = file(tensors);
        Parameters parameters = network();
        try (ParameterStore store = new ParameterStore(device, parameters, DType.BF16, ParameterPlan.inference())) {
            WeightFiles checked = ModelWeights.read(parameters, weights);
            assertThatThrownBy(() -> ModelWeights.into(store, checked)).isInstanceOf(BadFileException.class)
                    .hasMessageContaining("'b.weight' holds NaN or infinity at element 530000 and 1 elsewhere");
        }
    }

    @Test
    void tensorsAreReadByStretches() throws IOException {
        Map<String, StoredTensor> tensors = stored("F32");
        MappedTensor mapped = file(tensors).mapped("a.weight");
        assertThat(mapped.size()).isEqualTo(660_000);
        assertThat(mapped.shape()).containsExactly(1100, 600);
        float[] all = tensors.get("a.weight").toFloats();
        assertThat(mapped.stretch(777, 3).toFloats()).containsExactly(all[777], all[778], all[779]);
        assertThatThrownBy(() -> mapped.stretch(659_999, 2)).hasMessageContaining("which has 660000");
        Path path = folder.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(path);
        Files.write(path, java.util.Arrays.copyOf(bytes, 4000));
        assertThatThrownBy(() -> mapped.stretch(0, 660_000)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("become shorter");
    }

    @Test
    void aMissingShardIsNamed() throws IOException {
        Files.createDirectories(folder.resolve("unet"));
        Files.writeString(folder.resolve("model_index.json"),
                "{\"_class_name\": \"P\", \"unet\": [\"zoetrope\", \"N\"]}");
        Files.writeString(folder.resolve("unet/diffusion_pytorch_model.safetensors.index.json"),
                "{\"weight_map\": {\"a.weight\": \"diffusion_pytorch_model-00002-of-00002.safetensors\"}}");
        assertThatThrownBy(() -> ModelFolder.open(folder).weights("unet")).isInstanceOf(BadFileException.class)
                .hasMessageContaining("diffusion_pytorch_model-00002-of-00002.safetensors: does not exist");
    }
}
