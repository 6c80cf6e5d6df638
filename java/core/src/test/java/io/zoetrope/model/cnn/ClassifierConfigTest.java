package io.zoetrope.model.cnn;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.io.Config;
import io.zoetrope.train.TrainRequest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers that are in range for Java and make no sense for pictures. */
class ClassifierConfigTest {
    private static ClassifierConfig config(double mean, double deviation) {
        return new ClassifierConfig(ConvNetConfig.small(8, 8, 1, 2), List.of("lying", "standing"), List.of(mean),
                List.of(deviation), false, false);
    }

    @ParameterizedTest
    @CsvSource({"1e300, 1", "-1, 1", "255.1, 1", "NaN, 1", "100, 1e-300", "100, 0", "100, -1", "100, 256",
            "100, Infinity", "1e300, 1e-300"})
    void meansAndDeviationsAreThoseOfBytes(double mean, double deviation) {
        assertThatIllegalArgumentException().isThrownBy(() -> config(mean, deviation))
                .withMessageContaining("in bytes");
        assertThatNoException().isThrownBy(() -> config(0, 0.001));
        assertThatNoException().isThrownBy(() -> config(255, 255));
    }

    @ParameterizedTest
    @CsvSource({"16000, 64, 256, 512, -Infinity", "16000, 64, 256, 512, -1e30", "16000, 64, 256, 512, -1e-30",
            "16000, 64, 256, 512, NaN", "2000000000, 64, 256, 512, -80", "16000, 2000000000, 256, 512, -80",
            "16000, 64, 2000000000, 512, -80"})
    void spectrogramsAreOfSounds(int rate, int bands, int hop, int window, float floor) {
        assertThatIllegalArgumentException().isThrownBy(() -> new MelSpectrogram(rate, bands, hop, window, floor))
                .withMessageContaining("a mel spectrogram needs");
    }

    @Test
    void picturesToPrepareFitInMemory() {
        assertThatIllegalArgumentException().isThrownBy(() -> new PicturePreparation(100_000, 100_000, 3, false))
                .withMessageContaining("100000");
    }

    @Test
    void oneClassIsNothingToTell() {
        ImageDataset.Part part = new ImageDataset.Part(new Images(4, 8, 8, 1, new byte[256]), new int[4]);
        TrainRequest request = new TrainRequest(new ImageDataset("flat", List.of("all"), part, part), 1, 1, 7,
                Path.of("run"), false, 1, 0, Config.empty());
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> new CnnFamily().settings(request))
                .withMessageContaining("flat has one class");
    }
}
