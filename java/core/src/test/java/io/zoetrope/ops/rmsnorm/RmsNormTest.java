package io.zoetrope.ops.rmsnorm;

import static io.zoetrope.reference.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.reference.FiniteDifferences;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Slopes;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RmsNormTest {
    private static final Device DEVICE = Devices.shared();
    private static final float EPS = 1e-6f;

    record Case(int rows, int channels, boolean gamma, int offset) {
        int size() {
            return rows * channels;
        }
    }

    static Stream<Arguments> cases() {
        Stream<Case> awkward = Stream.of(new Case(1, 1, true, 0), new Case(5, 64, true, 0), new Case(65, 512, true, 0),
                new Case(65, 1024, true, 0), new Case(3, 1025, true, 0), new Case(2, 4096, false, 0),
                new Case(130, 8, true, 0), new Case(5, 96, true, 1));
        Stream<Case> residues = IntStream.rangeClosed(2, 33).mapToObj(c -> new Case(67 - c, c, c % 3 != 0, 0));
        return Stream.concat(awkward, residues)
                .flatMap(c -> Stream.of(DType.F32, DType.BF16).map(type -> Arguments.of(c, type)));
    }

    private static double[] rstds(Case c, double[] x) {
        double[] rstd = new double[c.rows];
        for (int r = 0; r < c.rows; r++) {
            double squares = 0;
            for (int i = 0; i < c.channels; i++) {
                squares += x[r * c.channels + i] * x[r * c.channels + i];
            }
            rstd[r] = 1 / Math.sqrt(squares / c.channels + EPS);
        }
        return rstd;
    }

    private static double[] output(Case c, double[] x, double[] gamma) {
        double[] rstd = rstds(c, x);
        double[] y = new double[c.size()];
        for (int i = 0; i < y.length; i++) {
            y[i] = x[i] * rstd[i / c.channels] * gamma[i % c.channels];
        }
        return y;
    }

    /** {dx, dgamma}. */
    private static double[][] gradients(Case c, double[] dy, double[] x, double[] gamma) {
        double[] rstd = rstds(c, x);
        double[][] out = {new double[c.size()], new double[c.channels]};
        for (int r = 0; r < c.rows; r++) {
            double product = 0;
            for (int i = 0; i < c.channels; i++) {
                int at = r * c.channels + i;
                product += dy[at] * gamma[i] * x[at] * rstd[r] / c.channels;
                out[1][i] += dy[at] * x[at] * rstd[r];
            }
            for (int i = 0; i < c.channels; i++) {
                int at = r * c.channels + i;
                out[0][at] = rstd[r] * (dy[at] * gamma[i] - x[at] * rstd[r] * product);
            }
        }
        return out;
    }

    private static float[] gamma(Case c) {
        float[] gamma = Values.uniform(63, c.channels);
        if (!c.gamma) {
            java.util.Arrays.fill(gamma, 1);
        }
        return gamma;
    }

    /** One rounding of the result, and those of C products whose signs differ. */
    private static Tolerance tolerance(DType type, double terms) {
        return new Tolerance(type == DType.BF16 ? 0x1p-8 : 0x1p-18, 0x1p-20 * (4 + terms));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardMatchesReference(Case c, DType type) {
        float[] x = Values.stored(type, Values.normal(61, c.size(), 2));
        double[] exact = Values.doubles(x);
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor y = guarded.output("y", type, c.rows, c.channels);
            Tensor rstd = guarded.output("rstd", DType.F32, c.rows);
            RmsNorm.forward(guarded.input("x", type, x, c.rows, c.channels),
                    c.gamma ? guarded.input("gamma", DType.F32, gamma(c), c.channels) : null, y, rstd, EPS);
            new Tolerance(0x1p-18, 0).check("rstd", rstds(c, exact), rstd.toFloats());
            tolerance(type, 0).check("y", output(c, exact, Values.doubles(gamma(c))), y.toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backwardMatchesReference(Case c, DType type) {
        float[] x = Values.stored(type, Values.normal(61, c.size(), 2));
        float[] dy = Values.stored(type, Values.uniform(62, c.size()));
        double[] rstd = rstds(c, Values.doubles(x));
        float[] kept = new float[c.rows];
        IntStream.range(0, c.rows).forEach(r -> kept[r] = (float) rstd[r]);
        double[][] expected = gradients(c, Values.doubles(dy), Values.doubles(x), Values.doubles(gamma(c)));
        double largest = java.util.Arrays.stream(rstd).max().orElseThrow();
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor dx = guarded.output("dx", type, c.rows, c.channels);
            Tensor dgamma = c.gamma ? guarded.output("dgamma", DType.F32, c.channels) : null;
            RmsNorm.backward(guarded.input("dy", type, dy, c.rows, c.channels),
                    guarded.input("x", type, x, c.rows, c.channels),
                    c.gamma ? guarded.input("gamma", DType.F32, gamma(c), c.channels) : null,
                    guarded.input("rstd", DType.F32, kept, c.rows), dx, dgamma, false);
            tolerance(type, 4 * largest).check("dx", expected[0], dx.toFloats());
            if (c.gamma) {
                Tolerance.sum(DType.F32, c.rows, 4).check("dgamma", expected[1], dgamma.toFloats());
            }
        }
    }

    @Test
    void referenceGradientsAreSlopes() {
        for (Case c : List.of(new Case(3, 5, true, 0), new Case(2, 7, false, 0))) {
            double[] x = Values.doubles(Values.normal(21, c.size(), 1));
            double[] gamma = Values.doubles(gamma(c));
            double[] dy = Values.doubles(Values.uniform(24, c.size()));
            double[][] g = gradients(c, dy, x, gamma);
            FiniteDifferences.check("dx", v -> dot(output(c, v, gamma), dy), x, g[0], 1);
            FiniteDifferences.check("dgamma", v -> dot(output(c, x, v), dy), gamma, g[1], 2);
        }
    }

    @Test
    void aTapeDifferentiatesItAndAddsToAParameterUsedTwice() {
        Slopes.check((tape, x) -> RmsNormFunctions.rmsNorm(tape, x, null, EPS), Values.normal(5, 24, 1), 1e-2, 4, 6);
        try (Scope scope = Scope.open(DEVICE); Tape tape = Tape.forTraining(DEVICE)) {
            Case c = new Case(3, 4, true, 0);
            float[] x = Values.normal(5, 12, 1);
            Tensor gradient = scope.zeros(DType.F32, 4);
            Variable gamma = Variable.parameter(scope.of(new float[] {1, 1, 1, 1}, 4), gradient);
            Variable once = RmsNormFunctions.rmsNorm(tape, Variable.constant(scope.of(x, 3, 4)), gamma, EPS);
            Variable twice = RmsNormFunctions.rmsNorm(tape, once, gamma, EPS);
            float[] dy = Values.uniform(6, 12);
            tape.backward(twice, scope.of(dy, 3, 4));
            double[] ones = {1, 1, 1, 1};
            double[] middle = output(c, Values.doubles(x), ones);
            double[][] outer = gradients(c, Values.doubles(dy), middle, ones);
            double[][] inner = gradients(c, outer[0], Values.doubles(x), ones);
            double[] sum = new double[4];
            IntStream.range(0, 4).forEach(i -> sum[i] = outer[1][i] + inner[1][i]);
            new Tolerance(1e-4, 1e-5).check("dgamma", sum, gradient.toFloats());
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(DType.F32, 3, 4);
            assertThatIllegalArgumentException().isThrownBy(() -> RmsNorm.forward(x, scope.zeros(DType.F32, 5),
                    scope.emptyLike(x), scope.zeros(DType.F32, 3), EPS)).withMessageContaining("gamma is F32[5]");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> RmsNorm.forward(x, null, x, scope.zeros(DType.F32, 3), EPS))
                    .withMessageContaining("y overlaps x");
        }
    }
}
