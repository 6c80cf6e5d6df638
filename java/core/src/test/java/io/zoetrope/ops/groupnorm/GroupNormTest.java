package io.zoetrope.ops.groupnorm;

import static io.zoetrope.reference.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.reference.FiniteDifferences;
import io.zoetrope.reference.ReferenceGroupNorm;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GroupNormTest {
    private static final Device DEVICE = Devices.shared();
    private static final float EPS = 1e-5f;

    /** x [n, h, w, c] in {@code groups} groups; values are {@code spread} · normal + {@code mean}. */
    record Case(int n, int h, int w, int c, int groups, double mean, int offset) {
        Case(int n, int h, int w, int c, int groups) {
            this(n, h, w, c, groups, 0.5, 0);
        }

        ReferenceGroupNorm reference(boolean silu) {
            return new ReferenceGroupNorm(n, h * w, c, groups, EPS, silu);
        }

        long[] shape() {
            return new long[] {n, h, w, c};
        }
    }

    private static final List<Case> CASES = List.of(new Case(1, 1, 1, 1, 1), new Case(2, 1, 1, 32, 8),
            new Case(3, 3, 3, 3, 3), new Case(1, 1, 17, 63, 7), new Case(2, 5, 5, 24, 8), // packs straddle groups of 3
            new Case(2, 7, 7, 64, 8), new Case(3, 1, 3, 65, 5), new Case(2, 28, 28, 32, 8), new Case(1, 63, 65, 16, 4),
            new Case(2, 3, 5, 8, 2, 0.5, 1), // misaligned
            new Case(2, 9, 7, 48, 6, 1000, 0), // a mean far from zero
            new Case(1, 64, 64, 64, 2), // a group exceeds shared memory
            new Case(2, 100, 101, 3, 1), // so here, with odd channels
            new Case(2, 3, 5, 1024, 1), // a group wider than a block
            new Case(1, 2, 2, 600, 2), new Case(1, 2, 2, 602, 2), // both, with odd groups
            new Case(1, 1, 1, 25_000, 1), new Case(1, 1, 1, 25_001, 1)); // more parts than three times a warp's lanes
    /** From here on the checkers take a second for a case: SiLU is asked of half of them, of each type and residue. */
    private static final int DEAR_CHANNELS = 25_000;

    static Stream<Arguments> cases() {
        return CASES.stream().flatMap(c -> Stream.of(DType.F32, DType.BF16)
                .flatMap(dtype -> Stream.of(false, true)
                        .filter(silu -> c.c < DEAR_CHANNELS || silu == (dtype == DType.F32 ^ c.c == DEAR_CHANNELS))
                        .map(silu -> Arguments.of(c, dtype, silu))));
    }

    private static final class Data {
        final float[] x;
        final float[] dy;
        final float[] gamma;
        final float[] beta;

        Data(Case c, DType dtype) {
            int size = c.reference(false).size();
            float[] values = Values.normal(41, size, 1);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (values[i] * (1 + i % c.c % 3) + c.mean);
            }
            x = Values.stored(dtype, values);
            dy = Values.stored(dtype, Values.uniform(42, size));
            gamma = Values.uniform(43, c.c);
            beta = Values.uniform(44, c.c);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardMatchesReference(Case c, DType dtype, boolean silu) {
        Data data = new Data(c, dtype);
        ReferenceGroupNorm reference = c.reference(silu);
        double[] x = Values.doubles(data.x);
        double[] rstd = reference.rstds(x);
        double[] expected = reference.output(x, Values.doubles(data.gamma), Values.doubles(data.beta));
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor y = guarded.output("y", dtype, c.shape());
            Tensor mean = guarded.output("mean", DType.F32, c.n, c.groups);
            Tensor rstds = guarded.output("rstd", DType.F32, c.n, c.groups);
            GroupNorm.forward(guarded.input("x", dtype, data.x, c.shape()),
                    guarded.input("gamma", DType.F32, data.gamma, c.c),
                    guarded.input("beta", DType.F32, data.beta, c.c), y, mean, rstds, c.groups, EPS, silu);
            new Tolerance(0, 0x1p-21 * (1 + Values.largest(x))).check("mean", reference.means(x), mean.toFloats());
            new Tolerance(0x1p-16, 0).check("rstd", rstd, rstds.toFloats());
            Tolerance.normed(dtype, x, rstd, 2).check("y", expected, y.toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backwardMatchesReference(Case c, DType dtype, boolean silu) {
        Data data = new Data(c, dtype);
        ReferenceGroupNorm reference = c.reference(silu);
        double[] x = Values.doubles(data.x);
        double[] rstd = reference.rstds(x);
        ReferenceGroupNorm.Gradients expected = reference.gradients(Values.doubles(data.dy), x,
                Values.doubles(data.gamma), Values.doubles(data.beta));
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor dx = guarded.output("dx", dtype, c.shape());
            Tensor dgamma = guarded.output("dgamma", DType.F32, c.c);
            Tensor dbeta = guarded.output("dbeta", DType.F32, c.c);
            Tensor dy = guarded.input("dy", dtype, data.dy, c.shape());
            Tensor xs = guarded.input("x", dtype, data.x, c.shape());
            Tensor gamma = guarded.input("gamma", DType.F32, data.gamma, c.c);
            Tensor beta = guarded.input("beta", DType.F32, data.beta, c.c);
            Tensor mean = guarded.input("mean", DType.F32, Values.floats(reference.means(x)), c.n, c.groups);
            Tensor rstds = guarded.input("rstd", DType.F32, Values.floats(rstd), c.n, c.groups);
            GroupNorm.backward(dy, xs, gamma, beta, mean, rstds, dx, dgamma, dbeta, c.groups, silu, false);
            double terms = (double) c.n * c.h * c.w;
            Tolerance.normed(dtype, x, rstd, 8 * Values.largest(rstd)).check("dx", expected.x(), dx.toFloats());
            Tolerance sums = Tolerance.normed(DType.F32, x, rstd, 4 * terms);
            sums.check("dgamma", expected.gamma(), dgamma.toFloats());
            sums.check("dbeta", expected.beta(), dbeta.toFloats());

            GroupNorm.backward(dy, xs, gamma, beta, mean, rstds, dx, dgamma, dbeta, c.groups, silu, true);
            sums.times(2).check("dgamma added", doubled(expected.gamma()), dgamma.toFloats());
            sums.times(2).check("dbeta added", doubled(expected.beta()), dbeta.toFloats());
        }
    }

    @Test
    void referenceGradientsAreSlopes() {
        for (boolean silu : new boolean[] {false, true}) {
            ReferenceGroupNorm reference = new ReferenceGroupNorm(2, 5, 6, 3, EPS, silu);
            double[] x = Values.doubles(Values.normal(51, reference.size(), 1));
            double[] dy = Values.doubles(Values.uniform(52, reference.size()));
            double[] gamma = Values.doubles(Values.uniform(53, 6));
            double[] beta = Values.doubles(Values.uniform(54, 6));
            ReferenceGroupNorm.Gradients g = reference.gradients(dy, x, gamma, beta);
            FiniteDifferences.check("dx", v -> dot(reference.output(v, gamma, beta), dy), x, g.x(), 1);
            FiniteDifferences.check("dgamma", v -> dot(reference.output(x, v, beta), dy), gamma, g.gamma(), 2);
            FiniteDifferences.check("dbeta", v -> dot(reference.output(x, gamma, v), dy), beta, g.beta(), 3);
        }
    }

    static Stream<Arguments> repeated() {
        return Stream.of(new Case(2, 28, 28, 32, 8), new Case(1, 64, 64, 64, 2))
                .flatMap(c -> Stream.of(DType.F32, DType.BF16).map(dtype -> Arguments.of(c, dtype)));
    }

    @ParameterizedTest
    @MethodSource("repeated")
    void sameInputGivesSameBits(Case c, DType dtype) {
        Data data = new Data(c, dtype);
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor x = guarded.input("x", dtype, data.x, c.shape());
            Tensor dy = guarded.input("dy", dtype, data.dy, c.shape());
            Tensor gamma = guarded.input("gamma", DType.F32, data.gamma, c.c);
            Tensor beta = guarded.input("beta", DType.F32, data.beta, c.c);
            byte[][] first = null;
            for (int run = 0; run < 2; run++) {
                Tensor y = guarded.output("y", dtype, c.shape());
                Tensor mean = guarded.output("mean", DType.F32, c.n, c.groups);
                Tensor rstd = guarded.output("rstd", DType.F32, c.n, c.groups);
                Tensor dx = guarded.output("dx", dtype, c.shape());
                Tensor dgamma = guarded.output("dgamma", DType.F32, c.c);
                Tensor dbeta = guarded.output("dbeta", DType.F32, c.c);
                GroupNorm.forward(x, gamma, beta, y, mean, rstd, c.groups, EPS, true);
                GroupNorm.backward(dy, x, gamma, beta, mean, rstd, dx, dgamma, dbeta, c.groups, true, false);
                byte[][] bits = {y.toBytes(), mean.toBytes(), rstd.toBytes(), dx.toBytes(), dgamma.toBytes(),
                        dbeta.toBytes()};
                if (first == null) {
                    first = bits;
                } else {
                    assertThat(bits).isDeepEqualTo(first);
                }
            }
        }
    }

    /**
     * Every plan covers each position and channel once and keeps to the device's limits, on small and large devices.
     */
    @Test
    void plansCoverTheTensorAndFit() {
        int threads = 256;
        int maxSlice = 256;
        int budget = 88 * 1024;
        for (int multiprocessors : new int[] {1, 4, 132}) {
            for (int bytes : new int[] {2, 4}) {
                for (int tiles : new int[] {1, 2}) {
                    for (Case c : CASES) {
                        GroupNormPlan plan = GroupNormPlan.of(threads, maxSlice, multiprocessors, budget, c.n,
                                (long) c.h * c.w, c.c, c.groups, bytes, tiles, c.offset == 0);
                        int perGroup = c.c / c.groups;
                        assertThat(plan.cacheBytes()).as("%s: %s", c, plan).isBetween(1, budget);
                        assertThat(plan.slice()).isBetween(1, maxSlice);
                        assertThat((long) plan.chunk() * plan.chunks()).isGreaterThanOrEqualTo(plan.positions());
                        assertThat((long) plan.chunk() * (plan.chunks() - 1)).isLessThan(plan.positions());
                        if (plan.parts() == 1) {
                            assertThat(plan.slice() % perGroup).isZero();
                        } else {
                            assertThat(plan.slice() * plan.parts()).isGreaterThanOrEqualTo(perGroup);
                            assertThat(plan.slice() * (plan.parts() - 1)).isLessThan(perGroup);
                        }
                        if (plan.wide() == 1) {
                            assertThat(plan.slice() * bytes % 16).isZero();
                            assertThat(c.c * bytes % 16).isZero();
                            assertThat(plan.parts() == 1 || perGroup * bytes % 16 == 0).isTrue();
                        }
                    }
                }
            }
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(DType.F32, 2, 3, 3, 6);
            Tensor parameter = scope.zeros(DType.F32, 6);
            Tensor statistic = scope.zeros(DType.F32, 2, 3);
            assertThatThrownBy(() -> GroupNorm.forward(x, parameter, parameter, x, statistic, statistic, 4, EPS, false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("group norm forward", "4 groups", "6 channels", "divisor");
            assertThatThrownBy(() -> GroupNorm.forward(x, scope.zeros(DType.F32, 5), parameter, x, statistic, statistic,
                    3, EPS, false)).hasMessageContainingAll("gamma is F32[5]", "F32[6]");
            assertThatThrownBy(() -> GroupNorm.forward(x, parameter, parameter, scope.zeros(DType.BF16, 2, 3, 3, 6),
                    statistic, statistic, 3, EPS, false)).hasMessageContainingAll("y is BF16[2, 3, 3, 6]", "like x");
            assertThatThrownBy(() -> GroupNorm.forward(x, parameter, parameter, x, statistic,
                    scope.zeros(DType.F32, 2, 2), 3, EPS, false))
                    .hasMessageContainingAll("rstd is F32[2, 2]", "F32[2, 3]");
            assertThatThrownBy(
                    () -> GroupNorm.forward(x, parameter, parameter, x, statistic, statistic, 3, Float.NaN, false))
                    .hasMessageContaining("eps is NaN");
            assertThatThrownBy(
                    () -> GroupNorm.forward(null, parameter, parameter, x, statistic, statistic, 3, EPS, false))
                    .hasMessageContaining("x is null");
            assertThatThrownBy(() -> GroupNorm.backward(x, x, parameter, parameter, statistic, statistic, x,
                    scope.zeros(DType.BF16, 6), parameter, 3, false, false))
                    .hasMessageContainingAll("group norm backward", "dgamma is BF16[6]", "F32[6]");
        }
    }

    private static double[] doubled(double[] values) {
        return Arrays.stream(values).map(v -> 2 * v).toArray();
    }
}
