package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.tensor.Scope;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import org.junit.jupiter.api.Test;

class KernelDistanceTest {
    private static KernelDistance measure(float[] a, float[] b, int d, int subsets, int size, long seed) {
        try (Scope scope = Scope.open(Devices.shared())) {
            return KernelDistance.between(scope.of(a, a.length / d, d), scope.of(b, b.length / d, d), subsets, size,
                    seed);
        }
    }

    private static double mean(float[] a, float[] b, int d, boolean distinct) {
        int n = a.length / d;
        int m = b.length / d;
        double sum = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < m; j++) {
                double product = 0;
                for (int k = 0; k < d; k++) {
                    product += (double) a[i * d + k] * b[j * d + k];
                }
                sum += distinct && i == j ? 0 : Math.pow(product / d + 1, 3);
            }
        }
        return sum / (distinct ? (double) n * (n - 1) : (double) n * m);
    }

    @Test
    void wholeSetsGiveTheUnbiasedEstimate() {
        int d = 9;
        float[] a = Values.normal(1, 120L * d, 1);
        float[] b = Values.normal(2, 120L * d, 1.3);
        double expected = mean(a, a, d, true) + mean(b, b, d, true) - 2 * mean(a, b, d, false);
        KernelDistance found = measure(a, b, d, 1, 120, 5);
        assertThat(found.mean()).isCloseTo(expected, within(1e-5));
        assertThat(found.deviation()).isNaN();
    }

    @Test
    void oneDistributionIsAtZeroAndAShiftIsNot() {
        int d = 4;
        float[] a = Values.normal(3, 3000L * d, 1);
        float[] b = Values.normal(4, 3000L * d, 1);
        KernelDistance same = measure(a, b, d, 30, 200, 1);
        assertThat(same.mean()).isCloseTo(0, within(4 * same.deviation() / Math.sqrt(30)));
        assertThat(same.deviation()).isGreaterThan(0);
        for (int i = 0; i < b.length; i++) {
            b[i] += 1;
        }
        KernelDistance shifted = measure(a, b, d, 30, 200, 1);
        assertThat(shifted.mean()).isGreaterThan(20 * same.deviation());
    }

    @Test
    void aSeedGivesTheSameSubsets() {
        float[] a = Values.normal(6, 300 * 3, 1);
        float[] b = Values.normal(7, 200 * 3, 1);
        assertThat(measure(a, b, 3, 4, 50, 8)).isEqualTo(measure(a, b, 3, 4, 50, 8));
        assertThat(measure(a, b, 3, 4, 50, 8)).isNotEqualTo(measure(a, b, 3, 4, 50, 9));
    }

    @Test
    void subsetsLargerThanASetAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> measure(new float[30], new float[20], 1, 3, 21, 0))
                .withMessageContaining("21").withMessageContaining("30 and 20");
    }
}
