package io.zoetrope.ops.batchnorm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.reference.FiniteDifferences;
import io.zoetrope.reference.ReferenceBatchNorm;
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

class BatchNormTest {
    private static final Device DEVICE = Devices.shared();
    private static final float EPS = 1e-5f;
    private static final float MOMENTUM = 0.1f;

    /** @param mean of x; @param offset elements off alignment */
    record Case(int rows, int channels, boolean relu, double mean, int offset) {
        ReferenceBatchNorm reference() {
            return new ReferenceBatchNorm(rows, channels, EPS, relu);
        }
    }

    /** Rows of one, few and many pieces; channels of one pack, of several blocks of packs, and of no whole pack. */
    private static final List<Case> CASES = List.of(new Case(1, 1, false, 0.5, 0), new Case(3, 17, true, 0.5, 0),
            new Case(17, 63, false, 0.5, 0), new Case(65, 64, true, 0.5, 0), new Case(63, 65, true, 0.5, 1),
            new Case(5000, 8, true, 0.5, 0), new Case(4099, 3, false, 0.5, 0), new Case(1025, 32, true, 0.5, 0),
            new Case(70, 2056, true, 0.5, 0), new Case(33, 300, false, 0.5, 1), new Case(3000, 16, true, 200, 0),
            new Case(300, 16, false, 0.5, 1));

    static Stream<Arguments> cases() {
        return CASES.stream().flatMap(c -> Stream.of(DType.F32, DType.BF16).map(dtype -> Arguments.of(c, dtype)));
    }

    private static final class Data {
        final float[] x;
        final float[] dy;
        final float[] gamma;
        final float[] beta;
        final float[] runningMean;
        final float[] runningVar;

        Data(Case c, DType dtype) {
            float[] values = Values.normal(61, (long) c.rows * c.channels, 2);
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) c.mean * (1 + i % c.channels % 3);
            }
            x = Values.stored(dtype, values);
            dy = Values.stored(dtype, Values.uniform(62, values.length));
            gamma = Values.uniform(63, c.channels);
            beta = Values.uniform(64, c.channels);
            runningMean = Values.uniform(65, c.channels);
            runningVar = Values.uniform(66, c.channels);
            for (int i = 0; i < runningVar.length; i++) {
                runningVar[i] = 1.5f + runningVar[i];
            }
        }

        /** With ReLU, dy is 0 where the sign of z hangs on rounding: there any slope from 0 to 1 is right. */
        float[] steady(Case c, double[] z) {
            float[] result = dy.clone();
            for (int i = 0; i < result.length; i++) {
                result[i] = c.relu && Math.abs(z[i]) < 1e-3 ? 0 : result[i];
            }
            return result;
        }
    }

    private static double[] z(Case c, Data data, double[] mean, double[] variance) {
        return new ReferenceBatchNorm(c.rows, c.channels, EPS, false).output(Values.doubles(data.x),
                Values.doubles(data.gamma), Values.doubles(data.beta), mean, variance);
    }

    private static double[] rstds(double[] variances) {
        return Arrays.stream(variances).map(v -> 1 / Math.sqrt(v + EPS)).toArray();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void trainingForwardMatchesReference(Case c, DType dtype) {
        Data data = new Data(c, dtype);
        double[] x = Values.doubles(data.x);
        double[] mean = c.reference().means(x);
        double[] variance = c.reference().variances(x);
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor y = guarded.output("y", dtype, c.rows, c.channels);
            Tensor means = guarded.output("mean", DType.F32, c.channels);
            Tensor rstd = guarded.output("rstd", DType.F32, c.channels);
            Tensor runningMean = guarded.input("running mean", DType.F32, data.runningMean, c.channels);
            Tensor runningVar = guarded.input("running var", DType.F32, data.runningVar, c.channels);
            Tensor input = guarded.input("x", dtype, data.x, c.rows, c.channels);
            BatchNorm.forward(input, guarded.input("gamma", DType.F32, data.gamma, c.channels),
                    guarded.input("beta", DType.F32, data.beta, c.channels), runningMean, runningVar, MOMENTUM, y,
                    means, rstd, EPS, c.relu);
            new Tolerance(0, 0x1p-21 * (1 + Values.largest(x))).check("mean", mean, means.toFloats());
            new Tolerance(0x1p-15, 0).check("rstd", rstds(variance), rstd.toFloats());
            Tolerance.normed(dtype, x, rstds(variance), 2).check("y",
                    c.reference().output(x, Values.doubles(data.gamma), Values.doubles(data.beta)), y.toFloats());
            double[] movedMean = new double[c.channels];
            double[] movedVar = new double[c.channels];
            for (int i = 0; i < c.channels; i++) {
                double unbiased = c.rows > 1 ? variance[i] * c.rows / (c.rows - 1) : variance[i];
                movedMean[i] = 0.9 * data.runningMean[i] + 0.1 * mean[i];
                movedVar[i] = 0.9 * data.runningVar[i] + 0.1 * unbiased;
            }
            new Tolerance(1e-5, 1e-6).check("running mean", movedMean, runningMean.toFloats());
            new Tolerance(1e-4, 1e-6).check("running var", movedVar, runningVar.toFloats());
            assertThat(input.toFloats()).as("x is left").isEqualTo(data.x);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void inferenceMatchesReference(Case c, DType dtype) {
        Data data = new Data(c, dtype);
        double[] mean = Values.doubles(data.runningMean);
        double[] variance = Values.doubles(data.runningVar);
        double[] x = Values.doubles(data.x);
        double[] gamma = Values.doubles(data.gamma);
        double[] beta = Values.doubles(data.beta);
        float[] steady = data.steady(c, z(c, data, mean, variance));
        ReferenceBatchNorm.Gradients expected = c.reference().gradients(Values.doubles(steady), x, gamma, beta, mean,
                variance, false);
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor input = guarded.input("x", dtype, data.x, c.rows, c.channels);
            Tensor gammas = guarded.input("gamma", DType.F32, data.gamma, c.channels);
            Tensor betas = guarded.input("beta", DType.F32, data.beta, c.channels);
            Tensor means = guarded.input("mean", DType.F32, data.runningMean, c.channels);
            Tensor variances = guarded.input("variance", DType.F32, data.runningVar, c.channels);
            Tensor dy = guarded.input("dy", dtype, steady, c.rows, c.channels);
            Tensor dx = guarded.output("dx", dtype, c.rows, c.channels);
            Tensor dgamma = guarded.output("dgamma", DType.F32, c.channels);
            Tensor dbeta = guarded.output("dbeta", DType.F32, c.channels);
            Tolerance tolerance = Tolerance.normed(dtype, x, rstds(variance), 8);
            Tolerance sums = Tolerance.normed(DType.F32, x, rstds(variance), 4.0 * c.rows);
            BatchNorm.inferenceBackward(dy, input, gammas, betas, means, variances, EPS, dx, dgamma, dbeta, c.relu,
                    false);
            tolerance.check("dx", expected.x(), dx.toFloats());
            sums.check("dgamma", expected.gamma(), dgamma.toFloats());
            sums.check("dbeta", expected.beta(), dbeta.toFloats());
            BatchNorm.inferenceBackward(dy, input, gammas, betas, means, variances, EPS, dx, null, null, c.relu, false);
            tolerance.check("dx alone", expected.x(), dx.toFloats());
            BatchNorm.inference(input, gammas, betas, means, variances, input, EPS, c.relu);
            tolerance.check("y in place", c.reference().output(x, gamma, beta, mean, variance), input.toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void trainingBackwardMatchesReference(Case c, DType dtype) {
        Data data = new Data(c, dtype);
        ReferenceBatchNorm reference = c.reference();
        double[] x = Values.doubles(data.x);
        double[] variance = reference.variances(x);
        float[] steady = data.steady(c, z(c, data, reference.means(x), variance));
        ReferenceBatchNorm.Gradients expected = reference.gradients(Values.doubles(steady), x,
                Values.doubles(data.gamma), Values.doubles(data.beta));
        double[] rstd = rstds(variance);
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor input = guarded.input("x", dtype, data.x, c.rows, c.channels);
            Tensor dy = guarded.input("dy", dtype, steady, c.rows, c.channels);
            Tensor gamma = guarded.input("gamma", DType.F32, data.gamma, c.channels);
            Tensor beta = guarded.input("beta", DType.F32, data.beta, c.channels);
            Tensor mean = guarded.input("mean", DType.F32, Values.floats(reference.means(x)), c.channels);
            Tensor rstds = guarded.input("rstd", DType.F32, Values.floats(rstd), c.channels);
            Tensor dx = guarded.output("dx", dtype, c.rows, c.channels);
            Tensor dgamma = guarded.output("dgamma", DType.F32, c.channels);
            Tensor dbeta = guarded.output("dbeta", DType.F32, c.channels);
            BatchNorm.backward(dy, input, gamma, beta, mean, rstds, dx, dgamma, dbeta, c.relu, false);
            Tolerance.normed(dtype, x, rstd, 16 * Values.largest(rstd)).check("dx", expected.x(), dx.toFloats());
            Tolerance sums = Tolerance.normed(DType.F32, x, rstd, 4.0 * c.rows);
            sums.check("dgamma", expected.gamma(), dgamma.toFloats());
            sums.check("dbeta", expected.beta(), dbeta.toFloats());
            byte[] first = dgamma.toBytes();
            byte[] firstX = dx.toBytes();
            BatchNorm.backward(dy, input, gamma, beta, mean, rstds, dy, dgamma, dbeta, c.relu, false);
            assertThat(dgamma.toBytes()).as("the same bits every time").isEqualTo(first);
            assertThat(dy.toBytes()).as("in place").isEqualTo(firstX);
        }
    }

    @Test
    void parameterGradientsAddUpWhereAsked() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.of(Values.normal(1, 40, 1), 10, 4);
            Tensor ones = scope.of(new float[] {1, 1, 1, 1}, 4);
            Tensor zeros = scope.zeros(DType.F32, 4);
            Tensor dx = scope.emptyLike(x);
            Tensor once = scope.zeros(DType.F32, 2, 4);
            Tensor twice = scope.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 4);
            BatchNorm.backward(x, x, ones, zeros, zeros, ones, dx, once.slice(0, 1), once.slice(1, 2), false, false);
            float[] plain = dx.toFloats();
            BatchNorm.backward(x, x, ones, zeros, zeros, ones, dx, twice.slice(0, 1), twice.slice(1, 2), false, true);
            float[] sum = twice.toFloats();
            for (int i = 0; i < 8; i++) {
                assertThat(sum[i]).isEqualTo(i + 1 + once.toFloats()[i]);
            }
            assertThat(dx.toFloats()).as("dx knows only this batch's sums").isEqualTo(plain);
        }
    }

    @Test
    void theReferencesGradientsAreDifferenceQuotients() {
        for (boolean relu : new boolean[] {false, true}) {
            ReferenceBatchNorm reference = new ReferenceBatchNorm(7, 3, EPS, relu);
            double[] x = Values.doubles(Values.normal(1, 21, 2));
            double[] dy = Values.doubles(Values.uniform(2, 21));
            double[] gamma = {0.5, -1, 2};
            double[] beta = {0.1, 0.2, -0.3};
            ReferenceBatchNorm.Gradients gradients = reference.gradients(dy, x, gamma, beta);
            FiniteDifferences.check("x", v -> FiniteDifferences.dot(reference.output(v, gamma, beta), dy), x,
                    gradients.x(), 3);
            FiniteDifferences.check("gamma", v -> FiniteDifferences.dot(reference.output(x, v, beta), dy), gamma,
                    gradients.gamma(), 4);
            FiniteDifferences.check("beta", v -> FiniteDifferences.dot(reference.output(x, gamma, v), dy), beta,
                    gradients.beta(), 5);
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(DType.F32, 5, 4);
            Tensor c = scope.zeros(DType.F32, 4);
            Tensor wrong = scope.zeros(DType.F32, 5);
            assertThatIllegalArgumentException().isThrownBy(() -> BatchNorm.inference(x, wrong, c, c, c, x, EPS, false))
                    .withMessage("batch norm inference: gamma is F32[5], expected F32 of 4 elements");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> BatchNorm.forward(x, c, c, c, null, 0.1f, scope.emptyLike(x), c, c, EPS, false))
                    .withMessageContaining("both or neither");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> BatchNorm.forward(x, c, c, null, null, 0.1f, x, c, c, EPS, false))
                    .withMessageContaining("y overlaps x");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> BatchNorm.forward(x, c, c, null, null, 2, scope.emptyLike(x), c, c, EPS, false))
                    .withMessageContaining("momentum is 2.0, expected 0 to 1");
        }
    }
}
