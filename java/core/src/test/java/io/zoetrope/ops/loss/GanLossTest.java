package io.zoetrope.ops.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.ops.random.RandomKey;
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

class GanLossTest {
    private static final GanLoss.Pairing NOTHING = new GanLoss.Pairing(null, null, null, null, null);

    private static double softplus(double u) {
        return Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
    }

    private static double sigmoid(double u) {
        return 1 / (1 + Math.exp(-u));
    }

    private static double loss(double[] winner, double[] loser) {
        double sum = 0;
        for (int i = 0; i < winner.length; i++) {
            sum += softplus(loser[i] - winner[i]) / winner.length;
        }
        return sum;
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 0", "F32, 3, 1", "BF16, 17, 0", "BF16, 63, 1", "F32, 65, 0", "F32, 600, 0", "F32, 1300, 0",
            "BF16, 1300, 1"})
    void thePairingLossMatchesTheReference(DType dtype, int pairs, int offset) {
        float[] winner = Values.stored(dtype, Values.normal(1, pairs, 3));
        float[] loser = Values.stored(dtype, Values.normal(2, pairs, 3));
        double[] each = new double[pairs];
        double[] slope = new double[pairs];
        double[] opposite = new double[pairs];
        for (int i = 0; i < pairs; i++) {
            double u = (double) loser[i] - winner[i];
            each[i] = softplus(u);
            slope[i] = -sigmoid(u) / pairs;
            opposite[i] = -slope[i];
        }
        FiniteDifferences.check("the reference itself", w -> loss(w, Values.doubles(loser)), Values.doubles(winner),
                slope, 3);
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor value = guarded.output("loss", DType.F32, 1);
            Tensor flag = guarded.input("flag", new int[] {0}, 1);
            GanLoss.Pairing out = new GanLoss.Pairing(guarded.output("per pair", DType.F32, pairs),
                    guarded.output("dwinner", DType.F32, pairs), guarded.output("dloser", DType.F32, pairs),
                    guarded.output("mean winner", DType.F32, 1), guarded.output("mean loser", DType.F32, 1));
            Tensor winners = guarded.input("winner", dtype, winner, pairs);
            Tensor losers = guarded.input("loser", dtype, loser, pairs);
            GanLoss.relativistic(winners, losers, value, out, flag);
            Tolerance tolerance = new Tolerance(2e-6, 1e-6);
            double[] expected = {loss(Values.doubles(winner), Values.doubles(loser))};
            tolerance.check("loss", expected, value.toFloats());
            tolerance.check("per pair", each, out.perPair().toFloats());
            tolerance.check("dwinner", slope, out.dwinner().toFloats());
            tolerance.check("dloser", opposite, out.dloser().toFloats());
            tolerance.check("mean winner", new double[] {mean(winner)}, out.meanWinner().toFloats());
            tolerance.check("mean loser", new double[] {mean(loser)}, out.meanLoser().toFloats());
            assertThat(flag.toInts()).containsExactly(0);

            Tensor alone = guarded.output("dwinner alone", DType.F32, pairs);
            Tensor without = guarded.output("loss without the pairs' own", DType.F32, 1);
            GanLoss.relativistic(winners, losers, without, new GanLoss.Pairing(null, alone, null, null, null), flag);
            tolerance.check("loss without the pairs' own", expected, without.toFloats());
            tolerance.check("dwinner alone", slope, alone.toFloats());
        }
    }

    @Test
    void hugeDifferencesStayFiniteAndNaNRaisesTheFlag() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor loss = scope.empty(DType.F32, 1);
            Tensor flag = scope.zeros(DType.I32, 1);
            Tensor slope = scope.empty(DType.F32, 2);
            GanLoss.relativistic(scope.of(new float[] {-500, 500}, 2), scope.of(new float[] {500, -500}, 2), loss,
                    new GanLoss.Pairing(null, slope, null, null, null), flag);
            assertThat(loss.toFloats()).containsExactly(500);
            assertThat(slope.toFloats()).containsExactly(-0.5f, -0f);
            assertThat(flag.toInts()).containsExactly(0);
            for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
                flag.zero();
                GanLoss.relativistic(scope.of(new float[] {1, bad}, 2), scope.of(new float[] {0, 0}, 2), loss, NOTHING,
                        flag);
                assertThat(flag.toInts()).as("a score of %s", bad).containsExactly(1);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 1, 0", "F32, 6, 17, 0", "BF16, 4, 63, 1", "F32, 4, 784, 0", "BF16, 4, 784, 0",
            "BF16, 2, 3001, 0", "F32, 3, 64, 1"})
    void thePenaltyPassMixesPicturesAndGradients(DType dtype, int samples, int size, int offset) {
        int n = samples * size;
        float[] x = Values.stored(dtype, Values.normal(1, n, 1));
        float[] v = Values.stored(dtype, Values.normal(2, n, 1));
        float[] scale = Values.uniform(3, samples);
        double[] squares = new double[samples];
        double[] mixed = new double[n];
        for (int i = 0; i < n; i++) {
            squares[i / size] += (double) v[i] * v[i];
            mixed[i] = (double) scale[i / size] * x[i] + 0.7 / 5 * v[i];
        }
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor input = guarded.output("input", dtype, samples, size);
            Tensor square = guarded.output("squares", DType.F32, samples);
            Tensor tv = guarded.input("v", dtype, v, samples, size);
            Tensor ts = guarded.input("scale", DType.F32, scale, samples);
            Tensor tx = guarded.input("x", dtype, x, samples, size);
            GanLoss.penaltyPass(tx, tv, ts, input, square, 5, GanLoss.PenaltyWeight.constant(0.7f), null);
            Tolerance.elementwise(dtype).times(2).check("input", mixed, input.toFloats());
            Tolerance.sum(DType.F32, size, 4).check("squares", squares, square.toFloats());
            GanLoss.penaltyPass(tx, tv, ts, tv, square, 5, GanLoss.PenaltyWeight.constant(0.7f), null);
            assertThat(tv.toFloats()).as("in place").isEqualTo(input.toFloats());
        }
    }

    @Test
    void theWeightFollowsItsScheduleOnTheDevice() {
        GanLoss.PenaltyWeight falling = new GanLoss.PenaltyWeight(0.8f, 0.2f, 100);
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.zeros(DType.F32, 1, 4);
            Tensor ones = scope.of(new float[] {1, 1, 1, 1}, 1, 4);
            Tensor input = scope.emptyLike(x);
            Tensor state = RandomKey.state(scope, 1, 0);
            for (long step : new long[] {0, 25, 50, 100, 1000}) {
                state.copyFrom(new long[] {1, step});
                GanLoss.penaltyPass(x, ones, scope.zeros(DType.F32, 1), input, scope.empty(DType.F32, 1), 1, falling,
                        state);
                double done = Math.min(1, step / 100.0);
                double expected = 0.2 + 0.6 * 0.5 * (1 + Math.cos(Math.PI * done));
                assertThat((double) input.toFloats()[3]).as("step %d", step).isCloseTo(expected, within(1e-6));
            }
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor scores = scope.zeros(DType.F32, 4);
            Tensor loss = scope.zeros(DType.F32, 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> GanLoss.relativistic(scores, scope.zeros(DType.F32, 3), loss, NOTHING, null))
                    .withMessage("relativistic loss: loser is F32[3], expected F32[4] like winner");
            Tensor x = scope.zeros(DType.F32, 4, 5);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> GanLoss.penaltyPass(x, x, scope.zeros(DType.F32, 3), x, scores, 2,
                            GanLoss.PenaltyWeight.constant(1), null))
                    .withMessage("gradient penalty: scale is F32[3], expected F32 of 4 elements");
            assertThatIllegalArgumentException().isThrownBy(() -> new GanLoss.PenaltyWeight(-1, 0, 5))
                    .withMessageContaining("from -1.0 to 0.0");
        }
    }
}
