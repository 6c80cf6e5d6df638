package io.zoetrope.ops.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

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
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdamWTest {
    private static final int SIZE = 9007;
    /** Neighbours that join, gaps, an odd begin, one shorter than a pack and one longer than a chunk. */
    private static final List<Segment> SEGMENTS = List.of(new Segment(0, 64, true), new Segment(64, 32, true),
            new Segment(96, 17, false), new Segment(116, 3, false), new Segment(121, 300, true),
            new Segment(500, 8500, true));
    private static final Hyper HYPER = Hyper.of(3e-3f).withBetas(0.9, 0.99).withWeightDecay(0.1f).withMaxNorm(20)
            .withGradientScale(0.5f).withEma(0.95f, 10).withSchedule(8, 40, 1e-4f);

    private static ReferenceAdamW reference(float[] master) {
        boolean[] covered = new boolean[SIZE];
        boolean[] decays = new boolean[SIZE];
        for (Segment segment : SEGMENTS) {
            for (long i = segment.begin(); i < segment.begin() + segment.count(); i++) {
                covered[(int) i] = true;
                decays[(int) i] = segment.decay();
            }
        }
        ReferenceAdamW reference = new ReferenceAdamW(Values.doubles(master), covered, decays);
        reference.rate = HYPER.learningRate().peak();
        reference.beta1 = HYPER.beta1();
        reference.beta2 = HYPER.beta2();
        reference.epsilon = HYPER.epsilon();
        reference.weightDecay = HYPER.weightDecay();
        reference.maxNorm = HYPER.maxNorm();
        reference.gradientScale = HYPER.gradientScale();
        reference.emaDecay = HYPER.emaDecay();
        reference.emaWarmUp = HYPER.emaWarmUp();
        reference.warmUpSteps = HYPER.learningRate().warmUpSteps();
        reference.totalSteps = HYPER.learningRate().totalSteps();
        reference.finalRate = HYPER.learningRate().last();
        return reference;
    }

    private static boolean covered(int i) {
        return SEGMENTS.stream().anyMatch(s -> i >= s.begin() && i < s.begin() + s.count());
    }

    /** NaN where no segment lies, so that touching or counting a gap shows. */
    private static float[] withGaps(float[] values) {
        float[] result = values.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] = covered(i) ? result[i] : Float.NaN;
        }
        return result;
    }

    private static void check(String what, double[] expected, float[] actual, Tolerance tolerance) {
        float[] inside = actual.clone();
        for (int i = 0; i < inside.length; i++) {
            if (!covered(i)) {
                assertThat(actual[i]).as("%s: gap at %d", what, i).isNaN();
                inside[i] = (float) expected[i];
            }
        }
        tolerance.check(what, expected, inside);
    }

    /** The small device tensors and the flat ones of one run. */
    private static final class Run {
        private final AdamW.FlatParameters flat;
        private final Tensor segments;
        private final Tensor hyper;
        private final Tensor state;
        private final Tensor control;

        private Run(Guarded guarded, Scope scope, float[] master) {
            flat = new AdamW.FlatParameters(guarded.input("master", DType.F32, withGaps(master), SIZE),
                    guarded.output("gradient", DType.F32, SIZE),
                    guarded.input("m", DType.F32, withGaps(new float[SIZE]), SIZE),
                    guarded.input("v", DType.F32, withGaps(new float[SIZE]), SIZE),
                    guarded.input("ema", DType.F32, withGaps(master), SIZE), guarded.output("copy", DType.BF16, SIZE));
            segments = OptimizerStep.segments(scope, SIZE, SEGMENTS);
            hyper = OptimizerStep.hyper(scope, HYPER);
            state = OptimizerStep.state(scope);
            control = OptimizerStep.control(scope);
        }

        private void step(boolean clear) {
            AdamW.step(flat, segments, hyper, state, control, clear);
        }
    }

    /** One less β has all its digits: as f32, 0.999 would make it wrong by 1.3e-5 of itself, and 0.9999 by 1.2e-4. */
    @ParameterizedTest
    @ValueSource(doubles = {0.9, 0.99, 0.999, 0.9999})
    void momentsHaveTheirDigits(double beta) {
        try (Guarded guarded = new Guarded(Devices.shared()); Scope scope = Scope.open(Devices.shared())) {
            Run run = new Run(guarded, scope, new float[SIZE]);
            OptimizerStep.set(run.hyper, Hyper.of(1).withBetas(beta, beta));
            run.flat.gradient().copyFrom(withGaps(Values.floats(DoubleStream.generate(() -> 1).limit(SIZE).toArray())));
            run.step(false);
            assertThat((double) run.flat.m().toFloats()[0]).isCloseTo(1 - beta, withinPercentage(1e-5));
            assertThat((double) run.flat.v().toFloats()[0]).isCloseTo(1 - beta, withinPercentage(1e-5));
            // The first step is the rate itself, whatever β: the corrections cancel the moments.
            assertThat((double) run.flat.master().toFloats()[0]).isCloseTo(-1, withinPercentage(2e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void fiftyStepsFollowTheReference(int offset) {
        float[] master = Values.normal(1, SIZE, 0.5);
        ReferenceAdamW reference = reference(master);
        try (Guarded guarded = new Guarded(Devices.shared(), offset); Scope scope = Scope.open(Devices.shared())) {
            Run run = new Run(guarded, scope, master);
            for (int step = 1; step <= 50; step++) {
                // Norms from below to far above the limit.
                float[] gradient = Values.normal(100 + step, SIZE, 0.1 + 0.05 * step);
                run.flat.gradient().copyFrom(withGaps(gradient));
                run.step(step % 2 == 0);
                double[] exact = Values.doubles(gradient);
                reference.step(exact);
                float[] control = run.control.toFloats();
                assertThat((double) control[OptimizerStep.NORM]).isCloseTo(reference.norm(exact),
                        org.assertj.core.data.Percentage.withPercentage(1e-3));
                assertThat((double) control[OptimizerStep.RATE]).isCloseTo(reference.rateAt(step),
                        org.assertj.core.data.Percentage.withPercentage(1e-3));
                if (step == 1 || step == 50) {
                    Tolerance tolerance = new Tolerance(1e-5, 2e-6);
                    check("master", reference.master, run.flat.master().toFloats(), tolerance);
                    check("m", reference.m, run.flat.m().toFloats(), tolerance);
                    check("v", reference.v, run.flat.v().toFloats(), tolerance);
                    check("ema", reference.ema, run.flat.ema().toFloats(), tolerance);
                }
                float[] left = run.flat.gradient().toFloats();
                assertThat(left[0]).isEqualTo(step % 2 == 0 ? 0 : gradient[0]);
                assertThat(left[SIZE - 8]).isEqualTo(step % 2 == 0 ? 0 : gradient[SIZE - 8]);
            }
            float[] weights = run.flat.master().toFloats();
            float[] copy = run.flat.copy().toFloats();
            float[] rounded = new float[SIZE];
            for (int i = 0; i < SIZE; i++) {
                rounded[i] = covered(i) ? Bfloat16.round(weights[i]) : Float.NaN;
            }
            assertThat(copy).isEqualTo(rounded);
            assertThat(run.state.toInts()).containsExactly(50, 0, 0, 0);
        }
    }

    @Test
    void aNormThatIsNotFiniteLeavesEverythingAndIsCounted() {
        float[] master = Values.normal(1, SIZE, 0.5);
        try (Guarded guarded = new Guarded(Devices.shared()); Scope scope = Scope.open(Devices.shared())) {
            Run run = new Run(guarded, scope, master);
            float[] good = withGaps(Values.normal(2, SIZE, 1));
            run.flat.gradient().copyFrom(good);
            run.step(false);
            float[] weights = run.flat.master().toFloats();
            float[] m = run.flat.m().toFloats();
            float[] v = run.flat.v().toFloats();
            float[] ema = run.flat.ema().toFloats();
            int skipped = 0;
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 1e30f}) {
                float[] gradient = good.clone();
                gradient[8000] = bad;
                run.flat.gradient().copyFrom(gradient);
                run.step(true);
                assertThat(run.flat.master().toFloats()).isEqualTo(weights);
                assertThat(run.flat.m().toFloats()).isEqualTo(m);
                assertThat(run.flat.v().toFloats()).isEqualTo(v);
                assertThat(run.flat.ema().toFloats()).isEqualTo(ema);
                assertThat(run.flat.gradient().toFloats()[8000]).as("the bad gradient is cleared").isZero();
                assertThat(run.state.toInts()).containsExactly(1, ++skipped, 1, 0);
            }
            run.flat.gradient().copyFrom(good);
            run.step(true);
            assertThat(run.state.toInts()).containsExactly(2, skipped, 0, 0);
            assertThat(run.flat.master().toFloats()).isNotEqualTo(weights);
        }
    }

    @Test
    void averageAndCopyMayBeLeftOutWithoutChangingTheWeights() {
        float[] master = Values.normal(1, SIZE, 0.5);
        float[] gradient = withGaps(Values.normal(2, SIZE, 1));
        try (Guarded guarded = new Guarded(Devices.shared()); Scope scope = Scope.open(Devices.shared())) {
            Run full = new Run(guarded, scope, master);
            full.flat.gradient().copyFrom(gradient);
            full.step(false);
            Run bare = new Run(guarded, scope, master);
            bare.flat.gradient().copyFrom(gradient);
            AdamW.FlatParameters flat = new AdamW.FlatParameters(bare.flat.master(), bare.flat.gradient(),
                    bare.flat.m(), bare.flat.v(), null, null);
            AdamW.step(flat, bare.segments, bare.hyper, bare.state, bare.control, false);
            assertThat(flat.master().toFloats()).isEqualTo(full.flat.master().toFloats());
        }
    }

    @Test
    void aRecordedStepReplaysTheScheduleBitForBit() {
        float[] master = Values.normal(1, SIZE, 0.5);
        float[] gradient = withGaps(Values.normal(2, SIZE, 1));
        try (Guarded guarded = new Guarded(Devices.shared()); Scope scope = Scope.open(Devices.shared())) {
            Run eager = new Run(guarded, scope, master);
            Run replayed = new Run(guarded, scope, master);
            eager.flat.gradient().copyFrom(gradient);
            replayed.flat.gradient().copyFrom(gradient);
            eager.step(false);
            replayed.step(false);
            try (CapturedGraph graph = CapturedGraph.record(Devices.shared(), () -> replayed.step(false))) {
                for (int step = 0; step < 12; step++) {
                    eager.step(false);
                    graph.launch();
                }
                assertThat(replayed.flat.master().toFloats()).isEqualTo(eager.flat.master().toFloats());
                assertThat(replayed.flat.ema().toFloats()).isEqualTo(eager.flat.ema().toFloats());
                assertThat(replayed.state.toInts()).containsExactly(13, 0, 0, 0);
            }
        }
    }

    @Test
    void segmentsAndHyperParametersAreChecked() {
        try (Scope scope = Scope.open(Devices.shared())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> OptimizerStep.segments(scope, 100, List.of(new Segment(90, 11, true))))
                    .withMessageContaining("reaches beyond the parameters of 100 elements");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> OptimizerStep.segments(scope, 100,
                            List.of(new Segment(0, 10, true), new Segment(9, 5, true))))
                    .withMessageContaining("overlaps or precedes");
            assertThatIllegalArgumentException().isThrownBy(() -> OptimizerStep.segments(scope, 100, List.of()))
                    .withMessageContaining("at least one segment");
            assertThatIllegalArgumentException().isThrownBy(() -> Hyper.of(Float.NaN))
                    .withMessage("optimizer: rate is NaN, expected a finite number, 0 or more");
            assertThatIllegalArgumentException().isThrownBy(() -> Hyper.of(1).withBetas(1, 0))
                    .withMessage("optimizer: beta1 is 1.0, expected 0 <= beta1 < 1");
            Tensor store = scope.zeros(DType.F32, 4);
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> new AdamW.FlatParameters(store, store, store, scope.zeros(DType.F32, 5), null, null))
                    .withMessage("adamw: v is F32[5], expected F32 of 4 elements");
        }
    }
}
