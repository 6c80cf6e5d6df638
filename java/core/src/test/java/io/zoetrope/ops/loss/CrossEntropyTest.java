package io.zoetrope.ops.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.reference.FiniteDifferences;
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

class CrossEntropyTest {
    private static double[] softmax(double[] z, int classes) {
        double[] p = new double[z.length];
        for (int begin = 0; begin < z.length; begin += classes) {
            double top = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                top = Math.max(top, z[begin + c]);
            }
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                sum += Math.exp(z[begin + c] - top);
            }
            for (int c = 0; c < classes; c++) {
                p[begin + c] = Math.exp(z[begin + c] - top) / sum;
            }
        }
        return p;
    }

    private static double[] losses(double[] z, int[] labels, double smoothing) {
        int classes = z.length / labels.length;
        double[] p = softmax(z, classes);
        double[] losses = new double[labels.length];
        for (int i = 0; i < z.length; i++) {
            double q = (i % classes == labels[i / classes] ? 1 - smoothing : 0) + smoothing / classes;
            losses[i / classes] -= q * Math.log(p[i]);
        }
        return losses;
    }

    private static double loss(double[] z, int[] labels, double[] weight, double smoothing) {
        return FiniteDifferences.dot(losses(z, labels, smoothing), weight) / labels.length;
    }

    private static double[] gradient(double[] z, int[] labels, double[] weight, double smoothing, double scale) {
        int classes = z.length / labels.length;
        double[] d = softmax(z, classes);
        for (int i = 0; i < z.length; i++) {
            double q = (i % classes == labels[i / classes] ? 1 - smoothing : 0) + smoothing / classes;
            d[i] = scale * weight[i / classes] / labels.length * (d[i] - q);
        }
        return d;
    }

    private static int[] labels(int samples, int classes) {
        int[] labels = new int[samples];
        for (int i = 0; i < samples; i++) {
            labels[i] = i * 7 % classes;
        }
        return labels;
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 1, 0, 0", "F32, 3, 17, 0, 0.1", "BF16, 3, 17, 1, 0.1", "F32, 65, 10, 0, 0",
            "BF16, 128, 10, 0, 0.1", "F32, 17, 63, 1, 0.3", "F32, 5, 1000, 0, 0.1", "BF16, 600, 33, 0, 0",
            "BF16, 3, 300, 1, 0.1", "F32, 1300, 5, 0, 0"})
    void lossGradientAndProbabilitiesMatchTheReference(DType dtype, int samples, int classes, int offset,
            float smoothing) {
        float[] values = Values.stored(dtype, Values.normal(3, (long) samples * classes, 3));
        double[] z = Values.doubles(values);
        int[] labels = labels(samples, classes);
        float[] weight = new float[samples];
        int expectedHits = 0;
        for (int i = 0; i < samples; i++) {
            weight[i] = 0.25f + i % 5;
            int best = 0;
            for (int c = 1; c < classes; c++) {
                best = values[i * classes + c] > values[i * classes + best] ? c : best;
            }
            expectedHits += best == labels[i] ? 1 : 0;
        }
        double[] weights = Values.doubles(weight);
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor logits = guarded.input("logits", dtype, values, samples, classes);
            Tensor ids = guarded.input("labels", labels, samples);
            Tensor loss = guarded.output("loss", DType.F32, 1);
            Tensor each = guarded.output("per sample", DType.F32, samples);
            Tensor gradient = guarded.output("gradient", dtype, samples, classes);
            Tensor correct = guarded.input("correct", new int[] {1000}, 1);
            Tensor flag = guarded.input("flag", new int[] {0}, 1);
            CrossEntropy.run(logits, ids, loss,
                    CrossEntropy.Outputs.NONE.weight(guarded.input("weight", DType.F32, weight, samples))
                            .perSample(each).gradient(gradient, 3).correct(correct).notFinite(flag)
                            .smoothing(smoothing));
            Tolerance tolerance = new Tolerance(4e-6, 2e-6);
            tolerance.check("per sample", losses(z, labels, smoothing), each.toFloats());
            tolerance.check("loss", new double[] {loss(z, labels, weights, smoothing)}, loss.toFloats());
            new Tolerance(dtype == DType.BF16 ? 1.0 / 256 : 1e-5, 1e-7).check("gradient",
                    gradient(z, labels, weights, smoothing, 3), gradient.toFloats());
            assertThat(correct.toInts()).containsExactly(1000 + expectedHits);
            assertThat(flag.toInts()).containsExactly(0);

            Tensor probabilities = guarded.output("probabilities", DType.F32, samples, classes);
            CrossEntropy.softmax(logits, probabilities);
            new Tolerance(1e-5, 1e-9).check("probabilities", softmax(z, classes), probabilities.toFloats());

            CrossEntropy.run(logits, ids, loss, CrossEntropy.Outputs.NONE.gradient(logits).smoothing(smoothing));
            double[] ones = new double[samples];
            java.util.Arrays.fill(ones, 1);
            tolerance.check("loss without weights", new double[] {loss(z, labels, ones, smoothing)}, loss.toFloats());
            new Tolerance(dtype == DType.BF16 ? 1.0 / 256 : 1e-5, 1e-7).check("gradient in place",
                    gradient(z, labels, ones, smoothing, 1), logits.toFloats());
        }
    }

    @Test
    void theReferencesGradientIsTheDifferenceQuotient() {
        double[] z = Values.doubles(Values.normal(1, 20, 2));
        double[] weight = {0.5, 1, 2, 3};
        int[] labels = {0, 4, 2, 2};
        FiniteDifferences.check("logits", v -> loss(v, labels, weight, 0.1), z, gradient(z, labels, weight, 0.1, 1), 5);
    }

    @Test
    void hugeScoresStayExactAndMaskedOnesAreAllowed() {
        float far = Float.NEGATIVE_INFINITY;
        float[] z = {80_000, 80_000, 80_000, 80_000, 0, far, 0, far, 500, -500, 0, 0};
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor loss = guarded.output("loss", DType.F32, 1);
            Tensor each = guarded.output("per sample", DType.F32, 3);
            Tensor gradient = guarded.output("gradient", DType.F32, 3, 4);
            CrossEntropy.run(guarded.input("logits", DType.F32, z, 3, 4),
                    guarded.input("labels", new int[] {2, 0, 1}, 3), loss,
                    CrossEntropy.Outputs.NONE.perSample(each).gradient(gradient));
            new Tolerance(1e-6, 0).check("losses", new double[] {Math.log(4), Math.log(2), 1000}, each.toFloats());
            assertThat(gradient.toFloats()).doesNotContain(Float.NaN);
            assertThat(gradient.toFloats()[5]).isZero();
        }
    }

    @Test
    void equalScoresCountForTheFirstAndNaNForNobody() {
        float[] z = {1, 1, 0, 0, 1, 1, Float.NaN, 0, 5};
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor correct = scope.zeros(DType.I32, 1);
            Tensor flag = scope.zeros(DType.I32, 1);
            CrossEntropy.run(scope.of(z, 3, 3), scope.of(new int[] {0, 2, 2}, 3), scope.empty(DType.F32, 1),
                    CrossEntropy.Outputs.NONE.correct(correct).notFinite(flag));
            assertThat(correct.toInts()).as("the first row's label is the first of equals").containsExactly(1);
            assertThat(flag.toInts()).containsExactly(1);
        }
    }

    @Test
    void aLabelThatIsNoClassGivesNaN() {
        try (Guarded guarded = new Guarded(Devices.shared())) {
            for (int bad : new int[] {-1, 2, Integer.MIN_VALUE}) {
                Tensor each = guarded.output("per sample", DType.F32, 2);
                Tensor gradient = guarded.output("gradient", DType.F32, 2, 2);
                Tensor flag = guarded.input("flag", new int[] {0}, 1);
                CrossEntropy.run(guarded.input("z", DType.F32, new float[] {1, 2, 3, 4}, 2, 2),
                        guarded.input("labels", new int[] {1, bad}, 2), guarded.output("loss", DType.F32, 1),
                        CrossEntropy.Outputs.NONE.perSample(each).gradient(gradient).notFinite(flag));
                assertThat(each.toFloats()[0]).isFinite();
                assertThat(each.toFloats()[1]).isNaN();
                assertThat(gradient.toFloats()[1]).isFinite();
                assertThat(gradient.toFloats()[2]).isNaN();
                assertThat(flag.toInts()).containsExactly(1);
            }
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor z = scope.zeros(DType.F32, 4, 3);
            Tensor loss = scope.zeros(DType.F32, 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CrossEntropy.run(z, scope.zeros(DType.I32, 3), loss, CrossEntropy.Outputs.NONE))
                    .withMessage("softmax cross-entropy: labels is I32[3], expected I32 of 4 elements");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CrossEntropy.run(z, scope.zeros(DType.I32, 4), loss,
                            CrossEntropy.Outputs.NONE.smoothing(1.5f)))
                    .withMessageContaining("smoothing is 1.5, expected 0 to 1");
            assertThatIllegalArgumentException().isThrownBy(() -> CrossEntropy.softmax(z, scope.zeros(DType.F32, 3, 4)))
                    .withMessage("softmax: probabilities is F32[3, 4], expected F32[4, 3]");
        }
    }
}
