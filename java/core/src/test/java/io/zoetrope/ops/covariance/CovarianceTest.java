package io.zoetrope.ops.covariance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CovarianceTest {
    record Case(int n, int d, DType dtype, double shift, int offset) {
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            cases.add(new Case(2, 1, dtype, 0, 0));
            cases.add(new Case(17, 3, dtype, 0, 0));
            cases.add(new Case(63, 65, dtype, 1, 0));
            cases.add(new Case(1100, 17, dtype, 0, 0));
            cases.add(new Case(1536, 6, dtype, 3, 1));
        }
        cases.add(new Case(700, 8, DType.F32, 100, 0)); // far from 0: one pass would lose all digits
        return cases.stream();
    }

    private static float[] rows(Case c) {
        float[] x = Values.uniform(c.n + c.d, (long) c.n * c.d);
        for (int i = 0; i < x.length; i++) {
            x[i] += (float) c.shift + (i % c.d > 0 ? 0.5f * x[i - 1] : 0);
        }
        return Values.stored(c.dtype, x);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void meanAndCovarianceAreThoseOfTheDefinition(Case c) {
        float[] x = rows(c);
        double[] mean = new double[c.d];
        for (int i = 0; i < x.length; i++) {
            mean[i % c.d] += (double) x[i] / c.n;
        }
        double[] expected = new double[c.d * c.d];
        for (int r = 0; r < c.n; r++) {
            for (int i = 0; i < c.d; i++) {
                for (int j = 0; j < c.d; j++) {
                    expected[i * c.d + j] += (x[r * c.d + i] - mean[i]) * (x[r * c.d + j] - mean[j]) / (c.n - 1);
                }
            }
        }
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor means = guarded.output("mean", DType.F32, c.d);
            Tensor covariance = guarded.output("covariance", DType.F32, c.d, c.d);
            Covariance.of(guarded.input("x", c.dtype, x, c.n, c.d), means, covariance);
            Tolerance.sum(DType.F32, c.n, (c.shift + 2) / c.n).check("mean", mean, means.toFloats());
            float[] found = covariance.toFloats();
            Tolerance.elementwise(DType.F32).times(4 + c.shift).check(c.toString(), expected, found);
            for (int i = 0; i < c.d; i++) {
                for (int j = 0; j < i; j++) {
                    assertThat(found[i * c.d + j]).isEqualTo(found[j * c.d + i]);
                }
            }
            Covariance.of(guarded.input("again", c.dtype, x, c.n, c.d), means, covariance);
            assertThat(covariance.toFloats()).isEqualTo(found);
        }
    }

    /** One part of 512 rows is large, the hundred after it are small: without compensation they would be lost. */
    @Test
    void smallContributionsAreNotLostInALargeSum() {
        int n = 512 * 101;
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (i % 2 == 0 ? 1 : -1) * (i < 512 ? 4096 : 0.11f);
        }
        double square = 512 * 4096.0 * 4096.0 + 512 * 100 * (double) 0.11f * 0.11f;
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor covariance = guarded.output("covariance", DType.F32, 1, 1);
            Covariance.of(guarded.input("x", DType.F32, x, n, 1), guarded.output("mean", DType.F32, 1), covariance);
            assertThat(covariance.toFloats()[0]).isEqualTo((float) (square / (n - 1)));
        }
    }

    @Test
    void oneRowHasNoCovariance() {
        try (Scope scope = Scope.open(Devices.shared())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Covariance.of(scope.zeros(DType.F32, 1, 2), scope.zeros(DType.F32, 2),
                            scope.zeros(DType.F32, 2, 2)))
                    .withMessage("covariance: x is F32[1, 2], expected two rows or more");
        }
    }
}
