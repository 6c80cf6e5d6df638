package io.zoetrope.ops.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.ops.optim.OptimizerStep.Segment;
import io.zoetrope.reference.ReferenceAdamW;
import io.zoetrope.tensor.Bfloat16;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SgdTest {
    private static final int SIZE = 5000;
    /** Decayed and not, a gap at 301 … 303, an odd begin, one longer than a chunk. */
    private static final List<Segment> SEGMENTS = List.of(new Segment(0, 100, true), new Segment(100, 17, false),
            new Segment(121, 180, false), new Segment(304, SIZE - 304, true));
    private static final Hyper HYPER = Sgd.hyper(0.05f, 0.9).withWeightDecay(5e-3f).withMaxNorm(60)
            .withGradientScale(0.5f).withEma(0.95f, 10).withSchedule(8, 40, 1e-3f);

    /** The rule in double precision; schedule, clipping and average are AdamW's reference's. */
    private static final class Reference {
        private final double[] master;
        private final double[] momentum = new double[SIZE];
        private final double[] ema;
        private final ReferenceAdamW shared = new ReferenceAdamW(new double[SIZE], covered(), new boolean[SIZE]);
        private int step;

        private Reference(float[] start) {
            master = Values.doubles(start);
            ema = master.clone();
            shared.rate = HYPER.learningRate().peak();
            shared.gradientScale = HYPER.gradientScale();
            shared.warmUpSteps = HYPER.learningRate().warmUpSteps();
            shared.totalSteps = HYPER.learningRate().totalSteps();
            shared.finalRate = HYPER.learningRate().last();
        }

        private void step(double[] gradient) {
            step++;
            double norm = shared.norm(gradient);
            double factor = HYPER.gradientScale() * Math.min(1, HYPER.maxNorm() / norm);
            double rate = shared.rateAt(step);
            double share = 1 - Math.min(HYPER.emaDecay(), (1.0 + step) / (HYPER.emaWarmUp() + step));
            for (Segment segment : SEGMENTS) {
                for (int i = (int) segment.begin(); i < segment.begin() + segment.count(); i++) {
                    double g = gradient[i] * factor + (segment.decay() ? HYPER.weightDecay() * master[i] : 0);
                    momentum[i] = HYPER.beta1() * momentum[i] + g;
                    master[i] -= rate * (g + HYPER.beta1() * momentum[i]);
                    ema[i] += share * (master[i] - ema[i]);
                }
            }
        }
    }

    private static boolean[] covered() {
        boolean[] covered = new boolean[SIZE];
        for (Segment segment : SEGMENTS) {
            Arrays.fill(covered, (int) segment.begin(), (int) (segment.begin() + segment.count()), true);
        }
        return covered;
    }

    private record Run(Sgd.FlatParameters flat, Tensor segments, Tensor hyper, Tensor state, Tensor control) {
        static Run of(Guarded guarded, Scope scope, float[] master) {
            Sgd.FlatParameters flat = new Sgd.FlatParameters(guarded.input("master", DType.F32, master, SIZE),
                    guarded.output("gradient", DType.F32, SIZE), guarded.input("m", DType.F32, new float[SIZE], SIZE),
                    guarded.input("ema", DType.F32, master, SIZE), guarded.output("copy", DType.BF16, SIZE));
            return new Run(flat, OptimizerStep.segments(scope, SIZE, SEGMENTS), OptimizerStep.hyper(scope, HYPER),
                    OptimizerStep.state(scope), OptimizerStep.control(scope));
        }

        void step(boolean clear) {
            Sgd.step(flat, segments, hyper, state, control, clear);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void fiftyStepsFollowTheReference(int offset) {
        float[] master = Values.normal(1, SIZE, 0.5);
        Reference reference = new Reference(master);
        try (Guarded guarded = new Guarded(Devices.shared(), offset); Scope scope = Scope.open(Devices.shared())) {
            Run run = Run.of(guarded, scope, master);
            for (int step = 1; step <= 50; step++) {
                float[] gradient = Values.normal(100 + step, SIZE, 0.1 + 0.05 * step);
                run.flat.gradient().copyFrom(gradient);
                run.step(step % 2 == 0);
                reference.step(Values.doubles(gradient));
                assertThat(run.flat.gradient().toFloats()[500]).isEqualTo(step % 2 == 0 ? 0 : gradient[500]);
            }
            Tolerance tolerance = new Tolerance(1e-5, 2e-6);
            tolerance.check("master", reference.master, run.flat.master().toFloats());
            tolerance.check("momentum", reference.momentum, run.flat.momentum().toFloats());
            tolerance.check("ema", reference.ema, run.flat.ema().toFloats());
            float[] weights = run.flat.master().toFloats();
            float[] copy = run.flat.copy().toFloats();
            float[] rounded = new float[SIZE];
            for (int i = 0; i < SIZE; i++) {
                rounded[i] = covered()[i] ? Bfloat16.round(weights[i]) : Float.NaN;
            }
            assertThat(copy).isEqualTo(rounded);
            assertThat(run.state.toInts()).containsExactly(50, 0, 0, 0);
        }
    }

    @Test
    void aNormThatIsNotFiniteLeavesEverythingAndAReplayIsBitForBitTheSame() {
        float[] master = Values.normal(1, SIZE, 0.5);
        float[] gradient = Values.normal(2, SIZE, 1);
        try (Guarded guarded = new Guarded(Devices.shared()); Scope scope = Scope.open(Devices.shared())) {
            Run eager = Run.of(guarded, scope, master);
            Run replayed = Run.of(guarded, scope, master);
            eager.flat.gradient().copyFrom(gradient);
            replayed.flat.gradient().copyFrom(gradient);
            eager.step(false);
            replayed.step(false);
            try (CapturedGraph graph = CapturedGraph.record(Devices.shared(), () -> replayed.step(false))) {
                for (int step = 0; step < 5; step++) {
                    eager.step(false);
                    graph.launch();
                }
            }
            float[] weights = replayed.flat.master().toFloats();
            assertThat(weights).isEqualTo(eager.flat.master().toFloats()).isNotEqualTo(master);
            float[] momentum = replayed.flat.momentum().toFloats();
            gradient[400] = Float.NaN;
            replayed.flat.gradient().copyFrom(gradient);
            replayed.step(true);
            assertThat(replayed.flat.master().toFloats()).isEqualTo(weights);
            assertThat(replayed.flat.momentum().toFloats()).isEqualTo(momentum);
            assertThat(replayed.flat.gradient().toFloats()[400]).isZero();
            assertThat(replayed.state.toInts()).containsExactly(6, 1, 1, 0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void averageAndCopyMayBeLeftOutWithoutChangingTheWeights(int offset) {
        float[] master = Values.normal(1, SIZE, 0.5);
        float[] gradient = Values.normal(2, SIZE, 1);
        try (Guarded guarded = new Guarded(Devices.shared(), offset); Scope scope = Scope.open(Devices.shared())) {
            Run full = Run.of(guarded, scope, master);
            Run bare = Run.of(guarded, scope, master);
            for (Run run : List.of(full, bare)) {
                run.flat.gradient().copyFrom(gradient);
            }
            Sgd.FlatParameters flat = new Sgd.FlatParameters(bare.flat.master(), bare.flat.gradient(),
                    bare.flat.momentum(), null, null);
            for (boolean clear : new boolean[] {false, true}) {
                full.step(clear);
                Sgd.step(flat, bare.segments, bare.hyper, bare.state, bare.control, clear);
            }
            assertThat(bare.flat.master().toFloats()).isEqualTo(full.flat.master().toFloats()).isNotEqualTo(master);
            assertThat(bare.flat.momentum().toFloats()).isEqualTo(full.flat.momentum().toFloats());
        }
    }

    @Test
    void aMomentumOutOfRangeIsNamedAsSuch() {
        for (double momentum : new double[] {-0.1, 1, Double.NaN}) {
            assertThatIllegalArgumentException().isThrownBy(() -> Sgd.hyper(0.1f, momentum))
                    .withMessage("optimizer: momentum is " + momentum + ", expected 0 <= momentum < 1");
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor store = scope.zeros(DType.F32, 4);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Sgd.FlatParameters(store, store, scope.zeros(DType.F32, 5), null, null))
                    .withMessage("sgd: momentum is F32[5], expected F32 of 4 elements");
            Sgd.FlatParameters flat = new Sgd.FlatParameters(store, scope.zeros(DType.F32, 4),
                    scope.zeros(DType.F32, 4), null, null);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Sgd.step(flat, scope.zeros(DType.I64, 3), store, store, store, false))
                    .withMessageContaining("sgd: segments is I64[3]");
        }
    }
}
