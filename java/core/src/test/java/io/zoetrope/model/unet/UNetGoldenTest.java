package io.zoetrope.model.unet;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.ddpm.DdpmModel;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.NpyFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Networks of random weights, one for each setting, and the shipped one: what diffusers 0.30 with PyTorch 1.13 makes of
 * the same folder and input in double precision.
 */
class UNetGoldenTest {
    private static final double TOLERANCE = 1e-5;

    private final Device device = Devices.shared();

    static Stream<String> settings() throws IOException, URISyntaxException {
        try (Stream<Path> folders = Files.list(folder("/goldens/unet2d"))) {
            return folders.map(folder -> folder.getFileName().toString()).sorted().toList().stream();
        }
    }

    private static Path folder(String resource) throws URISyntaxException {
        return Path.of(UNetGoldenTest.class.getResource(resource).toURI());
    }

    @ParameterizedTest
    @MethodSource("settings")
    void outputsAreThoseOfDiffusers(String name) throws IOException, URISyntaxException {
        String golden = "/goldens/unet2d/" + name;
        NpyFile labels = UNetGoldenTest.class.getResource(golden + "/labels.npy") == null ? null
                : NpyFile.read(golden + "/labels.npy");
        try (DdpmModel model = DdpmModel.load(device, folder(golden), DType.F32)) {
            check(model, NpyFile.read(golden + "/x.npy").channelsLast(), NpyFile.read(golden + "/t.npy"), labels,
                    NpyFile.read(golden + "/y.npy").channelsLast());
        }
    }

    @Test
    void theShippedModelIsTheSameNetworkInDiffusers() throws IOException {
        String golden = "/goldens/fashion-ddpm";
        try (DdpmModel model = PretrainedModels.load(DdpmPipeline.FASHION_DDPM,
                folder -> DdpmModel.load(device, folder, DType.F32))) {
            check(model, NpyFile.read(golden + "/x.npy"), NpyFile.read(golden + "/t.npy"), null,
                    NpyFile.read(golden + "/y.npy"));
        }
    }

    private void check(DdpmModel model, NpyFile x, NpyFile t, NpyFile labels, NpyFile y) {
        try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            Tensor input = scope.of(x.floats(), x.shape());
            Tensor classes = labels == null ? null : scope.of(labels.ints(), labels.shape());
            float[] output = model.network()
                    .forward(tape, Variable.constant(input), scope.of(t.floats(), t.shape()), classes).value()
                    .toFloats();
            double worst = 0;
            for (int i = 0; i < output.length; i++) {
                worst = Math.max(worst, Math.abs(output[i] - y.values()[i]));
            }
            assertThat(output).hasSameSizeAs(y.values());
            assertThat(worst / y.peak()).as("largest error, in parts of the largest value").isLessThan(TOLERANCE);
        }
    }
}
