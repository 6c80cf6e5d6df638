package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.tensor.Scope;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import org.junit.jupiter.api.Test;

class TwoSampleTestTest {
    private static TwoSampleTest test(float shift, long seed) {
        float[] first = Values.normal(100 + seed, 400 * 6, 1);
        float[] second = Values.normal(200 + seed, 300 * 6, 1);
        for (int i = 0; i < second.length; i++) {
            second[i] += shift;
        }
        try (Scope scope = Scope.open(Devices.shared())) {
            return TwoSampleTest.of(scope.of(first, 400, 6), scope.of(second, 300, 6), 5, seed);
        }
    }

    @Test
    void setsOfOneDistributionAreNotToldApart() {
        double accuracy = 0;
        int rejected = 0;
        for (int seed = 0; seed < 20; seed++) {
            TwoSampleTest result = test(0, seed);
            assertThat(result.heldOut()).isEqualTo(300);
            accuracy += result.accuracy() / 20;
            rejected += result.pValue() < 0.05 ? 1 : 0;
        }
        assertThat(accuracy).isCloseTo(0.5, within(0.03));
        assertThat(rejected).isLessThanOrEqualTo(4);
    }

    @Test
    void aShiftIsFound() {
        assertThat(test(0.7f, 1).pValue()).isLessThan(1e-6);
        assertThat(test(50, 1).accuracy()).isEqualTo(1);
    }

    @Test
    void theTailOfACoinIsThatOfTheBinomial() {
        assertThat(TwoSampleTest.tail(4, 3)).isCloseTo(5.0 / 16, within(1e-12));
        assertThat(TwoSampleTest.tail(4, 0)).isCloseTo(1, within(1e-12));
        assertThat(TwoSampleTest.tail(20_000, 10_000)).isCloseTo(0.5028, within(1e-3));
    }

    @Test
    void anEvenNumberOfNeighboursIsRefused() {
        try (Scope scope = Scope.open(Devices.shared())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> TwoSampleTest.of(scope.of(new float[8], 4, 2), scope.of(new float[8], 4, 2), 2, 0))
                    .withMessageContaining("neighbours is 2");
        }
    }
}
