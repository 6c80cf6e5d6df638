package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.metric.FrechetDistance.Moments;
import io.zoetrope.tensor.Scope;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import org.junit.jupiter.api.Test;

class FrechetDistanceTest {
    /** Variances along the axes, turned in every plane of neighbouring axes by the angle. */
    private static Moments turned(double[] mean, double[] variances, double angle) {
        int d = mean.length;
        double[] c = new double[d * d];
        for (int i = 0; i < d; i++) {
            c[i * d + i] = variances[i];
        }
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        for (int p = 0; p + 1 < d; p++) {
            for (int k = 0; k < d; k++) {
                double a = c[k * d + p];
                double b = c[k * d + p + 1];
                c[k * d + p] = cos * a - sin * b;
                c[k * d + p + 1] = sin * a + cos * b;
            }
            for (int k = 0; k < d; k++) {
                double a = c[p * d + k];
                double b = c[(p + 1) * d + k];
                c[p * d + k] = cos * a - sin * b;
                c[(p + 1) * d + k] = sin * a + cos * b;
            }
        }
        return new Moments(mean, c);
    }

    @Test
    void alongOneSetOfAxesItIsTheDistanceOfMeansAndDeviations() {
        double[] first = {4, 1, 9, 0.25, 0};
        double[] second = {1, 1, 4, 4, 0.01};
        double expected = 3 * 3 + 4 * 4;
        for (int i = 0; i < 5; i++) {
            expected += Math.pow(Math.sqrt(first[i]) - Math.sqrt(second[i]), 2);
        }
        for (double angle : new double[] {0, 0.3, 1.1}) {
            assertThat(FrechetDistance.between(turned(new double[] {0, 3, 0, 0, 1}, first, angle),
                    turned(new double[] {0, 0, 0, 4, 1}, second, angle))).isCloseTo(expected, within(1e-6));
        }
    }

    /** In the plane tr (AB)^½ = √(tr AB + 2 √det AB), whether or not A and B commute. */
    @Test
    void acrossDifferentAxesItFollowsTheClosedFormOfThePlane() {
        Moments a = turned(new double[2], new double[] {5, 0.5}, 0.4);
        Moments b = turned(new double[2], new double[] {1, 3}, 1.3);
        double trace = 0;
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                trace += a.covariance()[2 * i + j] * b.covariance()[2 * j + i];
            }
        }
        double root = Math.sqrt(trace + 2 * Math.sqrt(2.5 * 3));
        assertThat(FrechetDistance.between(a, b)).isCloseTo(5.5 + 4 - 2 * root, within(1e-12));
        assertThat(FrechetDistance.between(b, a)).isCloseTo(5.5 + 4 - 2 * root, within(1e-12));
    }

    @Test
    void samplesGiveTheDistanceOfTheirDistributions() {
        int n = 20_000;
        int d = 6;
        float[] first = Values.normal(1, (long) n * d, 1);
        float[] second = Values.normal(2, (long) n * d, 2);
        for (int i = 0; i < n * d; i++) {
            second[i] += i % d == 2 ? 3 : 0;
        }
        try (Scope scope = Scope.open(Devices.shared())) {
            double distance = FrechetDistance.between(scope.of(first, n, d), scope.of(second, n, d));
            assertThat(distance).isCloseTo(9 + d * 1.0, within(0.2));
        }
    }

    @Test
    void aSetIsAtNoDistanceFromItself() {
        try (Scope scope = Scope.open(Devices.shared())) {
            for (int n : new int[] {10, 500}) { // fewer samples than dimensions: no full rank
                float[] x = Values.normal(3, n * 40L, 3);
                assertThat(FrechetDistance.between(scope.of(x, n, 40), scope.of(x, n, 40))).isBetween(0.0, 1e-4);
            }
        }
    }

    @Test
    void whatCannotBeComparedIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> FrechetDistance
                .between(new Moments(new double[2], new double[4]), new Moments(new double[1], new double[1])))
                .withMessageContaining("of 2 and of 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FrechetDistance.between(new Moments(new double[1], new double[] {Double.NaN}),
                        new Moments(new double[1], new double[1])))
                .withMessageContaining("NaN");
        assertThatIllegalArgumentException().isThrownBy(() -> new Moments(new double[2], new double[3]));
    }
}
