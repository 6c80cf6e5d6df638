package io.zoetrope.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.model.wavegan.WaveGanConfig;
import io.zoetrope.model.wavegan.WaveGanModel;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the pipelines of all families share. */
class ModelPipelineTest {
    private static final WaveGanConfig SMALL = new WaveGanConfig(64, 16_000, 3, 2, 25, 4, 2, 5, 4, List.of());

    @Test
    void rowsStandInTheOrderOfTheSamplesAndTheLastBatchMayBeSmaller() {
        float[] values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        List<Integer> done = new ArrayList<>();
        try (ModelPipeline<WaveGanModel> pipeline = new ModelPipeline<>(
                new WaveGanModel(Devices.shared(), SMALL, DType.F32, 4)) {}) {
            float[][] rows = pipeline.rows(5, 2, 2,
                    (scope, tape, from, to, out) -> out.copyFrom(Arrays.copyOfRange(values, 2 * from, 2 * to)),
                    done::add);
            assertThat(rows).isDeepEqualTo(new float[][] {{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}});
        }
        assertThat(done).containsExactly(2, 4, 5);
    }

    @Test
    void whatNoArrayHoldsIsRefused() {
        assertThat(ModelPipeline.arrayLength(1, Integer.MAX_VALUE - 8, "pictures", "bytes"))
                .isEqualTo(Integer.MAX_VALUE - 8);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ModelPipeline.arrayLength(3, 1 << 30, "pictures", "bytes"))
                .withMessageContaining("count 3").withMessageContaining("these pictures have 3221225472 bytes");
    }
}
