package io.zoetrope.model.ddpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.Edit;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Pictures of the shipped model that begin with one of its own. */
class EditedPicturesTest {
    private static final Sampling REQUEST = Sampling.count(2).steps(10).seed(5);

    private static double distance(Images a, Images b, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += Math.abs((a.pixels()[i] & 0xff) - (b.pixels()[i] & 0xff));
        }
        return sum / (to - from);
    }

    @Test
    void changeAsMuchAsAsked() throws IOException {
        try (DdpmPipeline pipeline = DdpmPipeline.fromPretrained(Devices.shared(), DdpmPipeline.FASHION_DDPM)) {
            Images given = pipeline.generate(Sampling.count(1).steps(10).seed(1), Progress.none());
            int size = given.stride();
            double[] distances = new double[3];
            double[] strengths = {0.1, 0.5, 1};
            for (int i = 0; i < strengths.length; i++) {
                Images made = pipeline.generate(REQUEST.edit(new Edit(given, strengths[i], Optional.empty())),
                        Progress.none());
                distances[i] = distance(made.slice(0, 1), given, 0, size);
                assertThat(made.slice(0, 1)).as("pictures have noise of their own").isNotEqualTo(made.slice(1, 2));
            }
            assertThat(distances[0]).isLessThan(8);
            assertThat(distances).isSorted();
            assertThat(distances[2]).isGreaterThan(3 * distances[0]);

            byte[] upper = new byte[size];
            Arrays.fill(upper, 0, size / 2, (byte) 255);
            Images kept = new Images(1, given.height(), given.width(), 1, upper);
            Images made = pipeline.generate(REQUEST.edit(new Edit(given, 1, Optional.of(kept))), Progress.none());
            for (int i = 0; i < 2; i++) {
                assertThat(distance(made.slice(i, i + 1), given, 0, size / 2)).as("kept").isLessThan(0.01);
                assertThat(distance(made.slice(i, i + 1), given, size / 2, size)).as("new").isGreaterThan(4);
            }
            assertThatThrownBy(
                    () -> pipeline.generate(REQUEST.edit(new Edit(given.enlarged(2), 1, Optional.empty())), null))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("28 × 28");
        }
    }
}
