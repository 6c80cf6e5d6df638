package io.zoetrope.ops.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.offset;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LossTest {
    /** Mean squared error of each sample. */
    private static double[] perSample(float[] pred, float[] target, int samples) {
        double[] losses = new double[samples];
        int size = pred.length / samples;
        for (int i = 0; i < pred.length; i++) {
            double d = (double) pred[i] - target[i];
            losses[i / size] += d * d / size;
        }
        return losses;
    }

    private static double loss(float[] pred, float[] target, float[] weight) {
        double[] losses = perSample(pred, target, weight.length);
        double sum = 0;
        for (int i = 0; i < losses.length; i++) {
            sum += weight[i] * losses[i] / losses.length;
        }
        return sum;
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 1, 0", "F32, 3, 17, 0", "F32, 65, 63, 0", "BF16, 65, 63, 0", "F32, 4, 784, 0",
            "BF16, 4, 784, 0", "F32, 2, 9001, 0", "BF16, 3, 8192, 0", "F32, 4, 784, 1", "BF16, 5, 16, 1",
            "F32, 600, 3, 0", "F32, 1300, 3, 0", "F32, 4, 40000, 0"})
    void lossAndGradientMatchTheReference(DType dtype, int samples, int size, int shift) {
        int n = samples * size;
        float[] pred = Values.stored(dtype, Values.normal(n, n, 1));
        float[] target = Values.stored(dtype, Values.normal(n + 1, n, 1));
        float[] weight = new float[samples];
        for (int i = 0; i < samples; i++) {
            weight[i] = 0.25f + i % 5;
        }
        try (Guarded guarded = new Guarded(Devices.shared(), shift)) {
            Tensor p = guarded.input("pred", dtype, pred, samples, size);
            Tensor t = guarded.input("target", dtype, target, samples, size);
            Tensor w = guarded.input("weight", DType.F32, weight, samples);
            Tensor value = guarded.output("loss", DType.F32, 1);
            Tensor each = guarded.output("per sample", DType.F32, samples);
            Tensor gradient = guarded.output("dpred", dtype, samples, size);
            Tensor flag = guarded.input("flag", new int[] {0}, 1);
            Loss.weightedMse(p, t, w, value, each, gradient, flag, 3);
            Tolerance tolerance = new Tolerance(2e-6, 1e-7);
            tolerance.check("per sample", perSample(pred, target, samples), each.toFloats());
            tolerance.check("loss", new double[] {loss(pred, target, weight)}, value.toFloats());
            double[] slope = new double[n];
            for (int i = 0; i < n; i++) {
                slope[i] = 3 * 2.0 * weight[i / size] / n * ((double) pred[i] - target[i]);
            }
            Tolerance.elementwise(dtype).check("gradient", slope, gradient.toFloats());
            assertThat(flag.toInts()).containsExactly(0);

            Loss.weightedMse(p, t, null, value, null, null);
            float[] ones = new float[samples];
            java.util.Arrays.fill(ones, 1);
            tolerance.check("loss without weights", new double[] {loss(pred, target, ones)}, value.toFloats());
        }
    }

    @Test
    void theGradientIsTheDifferenceQuotientOfTheLoss() {
        float[] pred = Values.normal(1, 12, 1);
        float[] target = Values.normal(2, 12, 1);
        float[] weight = {0.5f, 1, 2};
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor dpred = scope.empty(DType.F32, 3, 4);
            Loss.weightedMse(scope.of(pred, 3, 4), scope.of(target, 3, 4), scope.of(weight, 3),
                    scope.empty(DType.F32, 1), null, dpred);
            float[] gradient = dpred.toFloats();
            for (int i = 0; i < pred.length; i++) {
                float[] up = pred.clone();
                float[] down = pred.clone();
                up[i] += 0.01f;
                down[i] -= 0.01f;
                double quotient = (loss(up, target, weight) - loss(down, target, weight)) / ((double) up[i] - down[i]);
                assertThat((double) gradient[i]).isCloseTo(quotient, offset(1e-5));
            }
        }
    }

    @Test
    void aLossThatIsNotFiniteRaisesTheFlagAndLeavesItUp() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor flag = scope.zeros(DType.I32, 1);
            Tensor loss = scope.empty(DType.F32, 1);
            Tensor target = scope.zeros(DType.F32, 2, 5);
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                flag.copyFrom(new int[] {0});
                float[] pred = new float[10];
                pred[7] = bad;
                Loss.weightedMse(scope.of(pred, 2, 5), target, null, loss, null, null, flag, 1);
                assertThat(flag.toInts()).containsExactly(1);
                Loss.weightedMse(target, target, null, loss, null, null, flag, 1);
                assertThat(loss.toFloats()).containsExactly(0);
                assertThat(flag.toInts()).as("a later good loss does not hide the bad one").containsExactly(1);
            }
        }
    }

    @Test
    void theGradientMayReplaceThePrediction() {
        float[] pred = Values.normal(1, 5000, 1);
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor p = scope.of(pred, 1, 5000);
            Loss.weightedMse(p, scope.zeros(DType.F32, 1, 5000), null, scope.empty(DType.F32, 1), null, p);
            double[] expected = Values.doubles(pred);
            for (int i = 0; i < expected.length; i++) {
                expected[i] *= 2.0 / 5000;
            }
            Tolerance.elementwise(DType.F32).check("gradient in place", expected, p.toFloats());
        }
    }

    @Test
    void theSameBitsEveryTime() {
        float[] pred = Values.normal(1, 64 * 784, 1);
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor p = scope.of(pred, 64, 784);
            Tensor t = scope.zeros(DType.F32, 64, 784);
            Tensor loss = scope.empty(DType.F32, 1);
            Loss.weightedMse(p, t, null, loss, null, null);
            float first = loss.toFloats()[0];
            for (int run = 0; run < 5; run++) {
                Loss.weightedMse(p, t, null, loss, null, null);
                assertThat(loss.toFloats()).containsExactly(first);
            }
        }
    }

    @Test
    void mismatchesNameTheShapes() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor pred = scope.zeros(DType.F32, 4, 8);
            Tensor loss = scope.zeros(DType.F32, 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Loss.weightedMse(pred, pred, scope.zeros(DType.F32, 3), loss, null, null))
                    .withMessage("weighted mse: weight is F32[3], expected F32 of 4 elements");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Loss.weightedMse(pred, scope.zeros(DType.BF16, 4, 8), null, loss, null, null))
                    .withMessage("weighted mse: target is BF16[4, 8], expected F32[4, 8] like pred");
        }
    }
}
