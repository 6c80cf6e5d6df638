package io.zoetrope.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.model.gan.GanPipeline;
import io.zoetrope.model.patches.PatchesPipeline;
import io.zoetrope.model.tokens.TokenSampling;
import io.zoetrope.model.wavegan.WaveGanPipeline;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PretrainedModelsTest {
    private static final long MOST_BYTES = 12L << 20;

    @Test
    void theShippedModelMakesPicturesThatAreDarkOutsideAndBrightInside() throws IOException {
        try (DdpmPipeline ddpm = DdpmPipeline.fromPretrained(Devices.shared(), DdpmPipeline.FASHION_DDPM)) {
            assertThat(ddpm.model().network().parameters().count()).isEqualTo(1_623_169);
            Images images = ddpm.generate(Sampling.count(8).steps(8).seed(5), Progress.none());
            // Garments lie in the middle of a black square: an untrained model's grey noise does neither.
            assertThat(mean(images, 0, 2, 0, 28)).isLessThan(60);
            assertThat(mean(images, 8, 20, 8, 20)).isGreaterThan(60);
        }
    }

    @Test
    void theWeightsAreSmall() throws IOException {
        for (String name : PretrainedModels.names()) {
            long bytes = PretrainedModels.load(name, folder -> {
                try (Stream<Path> files = Files.walk(folder)) {
                    return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
                }
            });
            assertThat(bytes).as(name).isBetween(100_000L, MOST_BYTES);
        }
    }

    @ParameterizedTest
    @EnumSource(TokenSampling.Decode.class)
    void theClassifierSeesTheClassesThatPatchesWereAskedFor(TokenSampling.Decode decode) throws IOException {
        try (PatchesPipeline patches = PatchesPipeline.fromPretrained(Devices.shared(),
                PatchesPipeline.FASHION_PATCHES);
                CnnPipeline classifier = CnnPipeline.fromPretrained(Devices.shared(), CnnPipeline.FASHION_CNN)) {
            int[] seen = classifier
                    .labels(patches.generate(TokenSampling.count(40).decode(decode).seed(2), Progress.none()));
            assertThat(asAskedInTurn(seen)).as("of 40 pictures of the classes in turn").isGreaterThanOrEqualTo(28);
        }
    }

    @Test
    void theClassifierSeesTheClassesThatTheGeneratorWasAskedFor() throws IOException {
        try (GanPipeline gan = GanPipeline.fromPretrained(Devices.shared(), GanPipeline.FASHION_GAN);
                CnnPipeline classifier = CnnPipeline.fromPretrained(Devices.shared(), CnnPipeline.FASHION_CNN)) {
            assertThat(asAskedInTurn(classifier.labels(gan.generate(100, 3)))).as("of 100 pictures")
                    .isGreaterThanOrEqualTo(80);
        }
    }

    @Test
    void theClassifierHearsTheDigitsThatTheGeneratorWasAskedFor() throws IOException {
        try (WaveGanPipeline gan = WaveGanPipeline.fromPretrained(Devices.shared(), WaveGanPipeline.DIGITS_WAVEGAN);
                CnnPipeline classifier = CnnPipeline.fromPretrained(Devices.shared(), CnnPipeline.DIGITS_CNN)) {
            Images heard = gan.model().config().recognition().images(gan.generate(40, 3));
            assertThat(asAskedInTurn(classifier.labels(heard))).as("of 40 digits").isGreaterThanOrEqualTo(20);
        }
    }

    /** How many of samples of ten classes in turn are taken for what was asked. */
    private static int asAskedInTurn(int[] seen) {
        return (int) IntStream.range(0, seen.length).filter(i -> seen[i] == i % 10).count();
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        assertThatThrownBy(() -> DdpmPipeline.fromPretrained(Devices.shared(), "mona-lisa"))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("mona-lisa")
                .hasMessageContaining("fashion-ddpm");
    }

    /** Mean brightness over the rows and columns of all pictures, 0 to 255. */
    private static double mean(Images images, int top, int bottom, int left, int right) {
        double sum = 0;
        for (int n = 0; n < images.count(); n++) {
            for (int y = top; y < bottom; y++) {
                for (int x = left; x < right; x++) {
                    sum += images.pixels()[(n * images.height() + y) * images.width() + x] & 0xff;
                }
            }
        }
        return sum / ((long) images.count() * (bottom - top) * (right - left));
    }
}
