package io.zoetrope.ops.pairwise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
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

@SuppressWarnings("try")
class PolynomialKernelTest {
    record Case(int n, int m, int d, int degree, DType dtype, Tier tier, int offset) {
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            for (Tier tier : Tier.PORTABLE) {
                cases.add(new Case(1, 1, 1, 3, dtype, tier, 0));
                cases.add(new Case(17, 3, 63, 3, dtype, tier, 0));
                cases.add(new Case(63, 65, 17, 1, dtype, tier, 0));
                cases.add(new Case(40, 70, 24, 2, dtype, tier, 1));
                cases.add(new Case(66, 66, 8, 3, dtype, tier, 0));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void rowsOfTheKernelAreSummed(Case c) {
        float[] a = Values.stored(c.dtype, Values.uniform(1, (long) c.n * c.d));
        float[] b = Values.stored(c.dtype, Values.uniform(2, (long) c.m * c.d));
        float scale = 1f / c.d;
        for (boolean distinct : c.n == c.m ? new boolean[] {false, true} : new boolean[] {false}) {
            double[] expected = new double[c.n];
            for (int i = 0; i < c.n; i++) {
                for (int j = 0; j < c.m; j++) {
                    double product = 0;
                    for (int k = 0; k < c.d; k++) {
                        product += (double) a[i * c.d + k] * b[j * c.d + k];
                    }
                    expected[i] += distinct && i == j ? 0 : Math.pow(scale * product + 0.75, c.degree);
                }
            }
            Tolerance tolerance = c.tier == Tier.SM80 && c.dtype == DType.F32 ? Tolerance.tf32Sum(c.m, 8)
                    : Tolerance.sum(DType.F32, c.m, 8);
            for (Pairs.Part part : List.of(Pairs.Part.of(c.n, c.m), new Pairs.Part(25, 17))) {
                try (Guarded guarded = new Guarded(Devices.shared(), c.offset);
                        Tiers.Forced forced = Tiers.force(c.tier)) {
                    Tensor sums = guarded.output("sums", DType.F32, c.n);
                    PolynomialKernel.rowSums(guarded.input("a", c.dtype, a, c.n, c.d),
                            guarded.input("b", c.dtype, b, c.m, c.d), c.degree, scale, 0.75f, distinct, sums, part);
                    float[] found = sums.toFloats();
                    tolerance.check(c + (distinct ? " distinct" : ""), expected, found);
                    PolynomialKernel.rowSums(guarded.input("a", c.dtype, a, c.n, c.d),
                            guarded.input("b", c.dtype, b, c.m, c.d), c.degree, scale, 0.75f, distinct, sums, part);
                    assertThat(sums.toFloats()).isEqualTo(found);
                }
            }
        }
    }

    @Test
    void onlyASetWithItselfCanLeaveOutItsRows() {
        try (Scope scope = Scope.open(Devices.shared())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> PolynomialKernel.rowSums(scope.zeros(DType.F32, 2, 2),
                            scope.zeros(DType.F32, 3, 2), 3, 1, 1, true, scope.zeros(DType.F32, 2)))
                    .withMessageContaining("F32[3, 2]").withMessageContaining("as many rows");
        }
    }
}
