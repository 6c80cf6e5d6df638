package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.zoetrope.data.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassificationReportTest {
    @TempDir
    Path folder;

    /** Five pictures of a, three of b, none of c; one a is taken for b, one b for c. */
    private static ClassificationReport example() {
        float[][] p = {{0.9f, 0.1f, 0}, {0.8f, 0.1f, 0.1f}, {0.7f, 0.2f, 0.1f}, {0.6f, 0.4f, 0}, {0.3f, 0.5f, 0.2f},
                {0.1f, 0.9f, 0}, {0, 1, 0}, {0.1f, 0.2f, 0.7f}};
        return ClassificationReport.of(List.of("a", "b", "c"), p, new int[] {0, 0, 0, 0, 0, 1, 1, 1});
    }

    @Test
    void figuresFollowFromTheCounts() {
        ClassificationReport report = example();
        assertThat(report.samples()).isEqualTo(8);
        assertThat(report.accuracy()).isEqualTo(0.75);
        assertThat(report.confusion()).isEqualTo(new int[][] {{4, 1, 0}, {0, 2, 1}, {0, 0, 0}});
        assertThat(report.precision(0)).isEqualTo(1);
        assertThat(report.recall(0)).isEqualTo(0.8);
        assertThat(report.f1(0)).isCloseTo(8.0 / 9, within(1e-12));
        assertThat(report.precision(1)).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(report.recall(2)).as("a class without pictures").isNaN();
        assertThat(report.precision(2)).isZero();
        double logLoss = -(Math.log(0.9) + Math.log(0.8) + Math.log(0.7) + Math.log(0.6) + Math.log(0.3) + Math.log(0.9)
                + Math.log(1) + Math.log(0.2)) / 8;
        assertThat(report.logLoss()).isCloseTo(logLoss, within(1e-6));
        assertThat(report.table()).contains("accuracy 75.00 % of 8 samples").contains("b (1)").contains("c (1)");
    }

    @Test
    void calibrationComparesConfidenceWithAccuracyStepByStep() {
        // Bins of a fifteenth: 0.9 twice right, 0.8 right, 0.7 once right and once wrong, 0.6 right, 0.5 wrong, 1
        // right.
        double expected = (2 * 0.1 + 0.2 + Math.abs(2 * 0.7 - 1) + 0.4 + 0.5 + 0) / 8;
        assertThat(example().calibrationError()).isCloseTo(expected, within(1e-6));
    }

    @Test
    void aClassifierThatMeansWhatItSaysHasNoError() {
        SplittableRandom random = new SplittableRandom(5);
        int count = 40_000;
        float[][] p = new float[count][];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            float sure = 0.5f + 0.5f * (float) random.nextDouble();
            p[i] = new float[] {sure, 1 - sure};
            labels[i] = random.nextDouble() < sure ? 0 : 1;
        }
        assertThat(ClassificationReport.of(List.of("x", "y"), p, labels).calibrationError()).isLessThan(0.01);
        for (int i = 0; i < count; i++) {
            labels[i] = 0;
        }
        assertThat(ClassificationReport.of(List.of("x", "y"), p, labels).calibrationError()).isCloseTo(0.25,
                within(0.01));
    }

    @Test
    void filesHoldWhatTheReportSays() throws IOException {
        Path json = folder.resolve("report.json");
        example().writeJson(json);
        JsonObject read = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(read.get("accuracy").getAsDouble()).isEqualTo(0.75);
        assertThat(read.getAsJsonArray("classes").get(2).getAsJsonObject().get("recall").isJsonNull()).isTrue();
        assertThat(read.getAsJsonArray("classes").get(0).getAsJsonObject().get("taken_for").toString())
                .isEqualTo("[4,1,0]");
        assertThat(read.getAsJsonArray("calibration")).hasSize(15);
        ClassificationPlots.confusion(example(), folder.resolve("confusion.png"));
        ClassificationPlots.reliability(example(), folder.resolve("reliability.png"));
        assertThat(Images.read(folder.resolve("confusion.png")).channels()).isEqualTo(3);
        assertThat(Images.read(folder.resolve("reliability.png")).width()).isGreaterThan(400);
    }

    @Test
    void predictionsThatDoNotFitAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassificationReport.of(List.of("a", "b"), new float[][] {{1, 0}}, new int[] {0, 1}))
                .withMessageContaining("1 predictions for 2 labels");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassificationReport.of(List.of("a", "b"), new float[][] {{1, 0}}, new int[] {2}))
                .withMessageContaining("label 2, expected 2 classes");
    }
}
