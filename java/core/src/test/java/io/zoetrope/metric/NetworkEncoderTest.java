package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.SoundPreparation;
import io.zoetrope.model.cnn.ClassifierConfig;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.cnn.ConvNetConfig;
import io.zoetrope.model.cnn.ConvNetModel;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkEncoderTest {
    private final Device device = Devices.shared();

    private static ClassifierConfig config(double mean) {
        return new ClassifierConfig(new ConvNetConfig(8, 8, 1, 2, 8, 2, List.of(8, 16), List.of(1, 1), 0),
                List.of("this", "that"), List.of(mean), List.of(50.0), true, false);
    }

    private CnnPipeline classifier(double mean, DType compute, long seed) {
        return new CnnPipeline(new ConvNetModel(device, config(mean), compute, seed));
    }

    private String hash(double mean, DType compute, long seed) {
        try (CnnPipeline classifier = classifier(mean, compute, seed)) {
            return classifier.encoder("x").hash();
        }
    }

    @Test
    void featuresAreTheClassifiers() {
        byte[] pixels = new byte[5 * 64];
        new SplittableRandom(1).nextBytes(pixels);
        Images pictures = new Images(5, 8, 8, 1, pixels);
        try (CnnPipeline classifier = classifier(100, DType.F32, 3); Scope scope = Scope.open(device)) {
            float[] features = classifier.encoder("x").features(scope, pictures).toFloats();
            float[][] rows = classifier.features(pictures);
            assertThat(features).hasSize(5 * 16);
            for (int i = 0; i < features.length; i++) {
                assertThat(features[i]).isEqualTo(rows[i / 16][i % 16]);
            }
        }
    }

    /** Figures that were published with this hash must go on comparing. */
    @Test
    void theHashOfTheShippedClassifierStays() throws IOException {
        try (CnnPipeline shipped = CnnPipeline.fromPretrained(device, CnnPipeline.FASHION_CNN)) {
            assertThat(shipped.encoder("x").hash()).startsWith("6ad51eb218cc");
        }
    }

    @Test
    void howSoundsAreSeenIsPartOfTheHash() {
        ConvNetConfig network = new ConvNetConfig(8, 8, 1, 2, 8, 2, List.of(8, 16), List.of(1, 1), 0);
        List<String> hashes = new ArrayList<>();
        for (float floor : new float[] {-80, -60}) {
            SoundPreparation sounds = new SoundPreparation(new MelSpectrogram(16_000, 8, 32, 64, floor), 256, 0);
            try (CnnPipeline classifier = new CnnPipeline(
                    new ConvNetModel(device, new ClassifierConfig(network, List.of("this", "that"), List.of(100.0),
                            List.of(50.0), true, false, Optional.of(sounds)), DType.BF16, 3))) {
                hashes.add(classifier.encoder("x").hash());
            }
        }
        assertThat(hashes).doesNotContain(hash(100, DType.BF16, 3)).doesNotHaveDuplicates();
    }

    @Test
    void theHashIsThatOfWhatDeterminesTheFeatures(@TempDir Path folder) throws IOException {
        String hash = hash(100, DType.BF16, 3);
        assertThat(hash).hasSize(64).isEqualTo(hash(100, DType.BF16, 3));
        assertThat(List.of(hash(100, DType.BF16, 4), hash(101, DType.BF16, 3), hash(100, DType.F32, 3)))
                .doesNotContain(hash).doesNotHaveDuplicates();
        // Saved weights are rounded once; from then on the hash stays.
        try (CnnPipeline fresh = classifier(100, DType.BF16, 3)) {
            fresh.model().save(folder, Map.of());
        }
        String saved;
        try (CnnPipeline loaded = CnnPipeline.fromPretrained(device, folder)) {
            saved = loaded.encoder("x").hash();
            loaded.model().save(folder.resolve("again"), Map.of("other", "text"));
        }
        try (CnnPipeline loaded = CnnPipeline.fromPretrained(device, folder.resolve("again"))) {
            assertThat(loaded.encoder("y").hash()).isEqualTo(saved);
        }
    }
}
