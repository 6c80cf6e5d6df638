package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class RecognitionReportTest {
    private static final List<String> NAMES = List.of("zero", "one", "two");
    private static final float[][] HEARD = {{0.9f, 0.1f, 0}, {0.2f, 0.7f, 0.1f}, {0.6f, 0.3f, 0.1f},
            {0.8f, 0.1f, 0.1f}};

    @Test
    void eachClassIsCountedAsHeardAndAsAskedFor() {
        RecognitionReport report = RecognitionReport.of(NAMES, HEARD, new int[] {0, 1, 2, 0});
        assertThat(report.classes()).containsExactly(new RecognitionReport.Row("zero", 3, 2, 2),
                new RecognitionReport.Row("one", 1, 1, 1), new RecognitionReport.Row("two", 0, 1, 0));
        assertThat(report.accuracy()).isEqualTo(0.75);
        assertThat(report.confidence()).isCloseTo(0.75, within(1e-6));
        assertThat(report.labels().covered(0.1)).isEqualTo(2);
        assertThat(report.table()).contains("4 samples: recognised are 2 of 3 classes")
                .contains("mean confidence 75.0 %").contains("asked for is the one recognised in 75.0 %")
                .contains("zero", "75.0 %", "100.0 %");
        assertThat(report.json().get("accuracy").getAsDouble()).isEqualTo(0.75);
        assertThat(report.json().getAsJsonArray("classes").get(1).toString())
                .isEqualTo("{\"name\":\"one\",\"recognised\":1,\"asked\":1,\"as_asked\":1}");
    }

    @Test
    void whereNothingWasAskedForThereIsNoAccuracy() {
        RecognitionReport report = RecognitionReport.of(NAMES, HEARD, null);
        assertThat(report.accuracy()).isNaN();
        assertThat(report.table()).contains("2 of 3 classes").doesNotContain("asked");
        assertThat(report.json().get("accuracy").isJsonNull()).isTrue();
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> RecognitionReport.of(NAMES, HEARD, new int[3]))
                .withMessageContaining("4 predictions for 3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecognitionReport.of(NAMES, HEARD, new int[] {0, 1, 2, 3}))
                .withMessageContaining("class 3");
        assertThatIllegalArgumentException().isThrownBy(() -> RecognitionReport.of(List.of("a"), HEARD, null));
        assertThatIllegalArgumentException().isThrownBy(() -> RecognitionReport.of(NAMES, new float[0][], null));
    }
}
