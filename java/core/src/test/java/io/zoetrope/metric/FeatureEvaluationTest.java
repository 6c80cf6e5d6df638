package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureEvaluationTest {
    private static final String HASH = "0123456789abcdef".repeat(4);

    /** The pixels themselves as features. */
    private static final FeatureEncoder PIXELS = new FeatureEncoder() {
        @Override
        public Tensor features(Scope scope, Images pictures) {
            return scope.of(pictures.toFloats(0, pictures.count()), pictures.count(), pictures.stride());
        }

        @Override
        public String name() {
            return "pixels";
        }

        @Override
        public String hash() {
            return HASH;
        }
    };

    /** Noise of this mean and half-width. */
    private static Images pictures(int count, int mean, int width, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] pixels = new byte[count * 12];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (mean + random.nextInt(-width, width + 1));
        }
        return new Images(count, 2, 2, 3, pixels);
    }

    private static ImageDataset data() {
        return new ImageDataset("noise", List.of("noise"),
                new ImageDataset.Part(pictures(500, 128, 100, 1), new int[500]),
                new ImageDataset.Part(pictures(200, 128, 100, 2), new int[200]));
    }

    private static FeatureReport measure(Images generated) {
        return FeatureEvaluation.measure(Devices.shared(), PIXELS, generated, data(), 4, Progress.none());
    }

    @Test
    void aPerfectGeneratorIsAtTheFloorAndAPoorOneIsNot() {
        FeatureReport perfect = measure(pictures(300, 128, 100, 3));
        assertThat(perfect.floor()).hasSize(3).doesNotHaveDuplicates();
        double floor = perfect.floor().stream().mapToDouble(FeatureReport.Figures::frechet).average().orElseThrow();
        assertThat(perfect.generated().frechet()).isCloseTo(floor, within(0.5 * floor));
        FeatureReport narrow = measure(pictures(300, 128, 30, 3));
        assertThat(narrow.generated().frechet()).isGreaterThan(5 * floor);
        assertThat(narrow.generated().neighbourhoods().recall())
                .isLessThan(perfect.generated().neighbourhoods().recall());
        assertThat(narrow.generated().neighbourhoods().precision()).isGreaterThan(0.9);
        assertThat(narrow.floor()).isEqualTo(perfect.floor());
    }

    /** The same figures where only the distance is asked for. */
    @Test
    void theDistanceAloneIsThatOfTheReport() {
        Images generated = pictures(60, 120, 90, 3);
        FeatureReport report = measure(generated);
        FeatureDistance distance = FeatureDistance.to(data().test().images(), Devices.shared(), PIXELS);
        assertThat(distance.of(generated)).isEqualTo(report.generated().frechet());
        assertThat(distance.floor(data().train().images(), 60, 3, 4))
                .containsExactly(report.floor().stream().mapToDouble(FeatureReport.Figures::frechet).toArray());
        assertThatIllegalArgumentException().isThrownBy(() -> distance.of(pictures(1, 128, 100, 1)))
                .withMessageContaining("2 or more");
    }

    @Test
    void theReportNamesWhatItsFiguresDependOn(@TempDir Path folder) throws IOException {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            FeatureReport report = measure(pictures(60, 120, 90, 3));
            String table = report.table();
            assertThat(table).contains("60 generated against 200 real", "k = 5", "pixels, 12 features", "0123456789ab",
                    "C-FD", "precision", "recall", "density", "coverage", "KID", "real (60 of training)",
                    "± over 3 draws");
            assertThat(table).contains(String.format(Locale.ROOT, "%.3f", report.generated().frechet()));
            Path file = folder.resolve("report.json");
            report.writeJson(file);
            String text = Files.readString(file);
            JsonObject json = JsonParser.parseString(text).getAsJsonObject();
            assertThat(json.get("encoder_sha256").getAsString()).isEqualTo(HASH);
            assertThat(json.getAsJsonObject("generated").get("c_fd").getAsDouble())
                    .isEqualTo(report.generated().frechet());
            assertThat(json.getAsJsonArray("floor")).hasSize(3);
            // That name belongs to another encoder's features.
            assertThat(table + text).doesNotContainIgnoringCase("fid");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void drawsTakeNoPictureTwice() {
        Images all = pictures(50, 128, 100, 5);
        Images drawn = FeatureEvaluation.drawn(all, 50, 6);
        assertThat(rows(drawn)).containsExactlyInAnyOrderElementsOf(rows(all)).isNotEqualTo(rows(all));
        assertThat(FeatureEvaluation.drawn(all, 20, 6)).isEqualTo(drawn.slice(0, 20));
        assertThat(FeatureEvaluation.drawn(all, 20, 7)).isNotEqualTo(drawn.slice(0, 20));
    }

    private static List<String> rows(Images images) {
        return java.util.stream.IntStream.range(0, images.count())
                .mapToObj(i -> Arrays.toString(images.slice(i, i + 1).pixels())).toList();
    }

    @Test
    void picturesThatCannotBeComparedAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> measure(new Images(9, 2, 2, 1, new byte[36])))
                .withMessageContaining("noise");
        assertThatIllegalArgumentException().isThrownBy(() -> measure(pictures(5, 128, 9, 1)))
                .withMessageContaining("5 generated").withMessageContaining("more than 5");
    }
}
