package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.diffusion.Heun;
import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.diffusion.SamplerPlan;
import io.zoetrope.diffusion.SamplingLoop;
import io.zoetrope.diffusion.Spacing;
import io.zoetrope.diffusion.Trajectory;
import io.zoetrope.diffusion.UniPc;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SamplingTraceTest {
    private static final int T = 1000;

    private final Device device = Devices.shared();

    private static SamplerPlan plan(Sampler sampler, int steps) {
        return sampler.plan(Trajectory.of(NoiseSchedule.cosine(T), Spacing.TRAILING, steps), Prediction.V, 1);
    }

    private SamplingLoop loop(SamplerPlan plan, Shape shape) {
        return new SamplingLoop(device, plan, DType.F32, shape, (x, time, use) -> {
            try (Scope scope = Scope.open(device)) {
                Tensor output = scope.emptyLike(x);
                Pointwise.scale(x, 0.5f, output);
                use.accept(output);
            }
        });
    }

    private List<NoisePredictionReport> traced(SamplerPlan plan, Shape shape, float[][] end) {
        List<NoisePredictionReport> curves = new ArrayList<>();
        SamplingTrace trace = new SamplingTrace(plan, T, curves::add);
        try (SamplingLoop loop = loop(plan, shape)) {
            loop.start(5);
            for (int step = 0; step < loop.steps(); step++) {
                trace.step(loop);
            }
            end[0] = loop.batch().toFloats();
        }
        assertThat(trace.note()).isEqualTo(curves.get(curves.size() - 1).line());
        return curves;
    }

    @Test
    void tracingLeavesTheBits() {
        for (Sampler sampler : List.of(Sampler.ddim(0), Sampler.ddpm(), new Heun(), new UniPc())) {
            SamplerPlan plan = plan(sampler, 5);
            float[][] end = new float[1][];
            assertThat(traced(plan, Shape.of(2, 5, 5, 1), end)).as("a curve a step").hasSize(5);
            try (SamplingLoop loop = loop(plan, Shape.of(2, 5, 5, 1))) {
                loop.start(5);
                loop.all();
                assertThat(end[0]).as(sampler.name()).isEqualTo(loop.batch().toFloats());
            }
        }
    }

    /** A denoiser that knows the sample from the start predicts the noise that the result implies. */
    @Test
    void aRightEstimatePredictsAllOfTheNoise() {
        SamplerPlan plan = plan(Sampler.ddim(0), 4);
        SamplingTrace trace = new SamplingTrace(plan, T, curve -> {});
        SplittableRandom random = new SplittableRandom(1);
        float[] clean = new float[400];
        for (int i = 0; i < clean.length; i++) {
            clean[i] = (float) random.nextDouble(-1, 1);
        }
        for (SamplerPlan.Step row : plan.steps()) {
            trace.add(row, noised(clean, row, random), clean);
        }
        assertThat(trace.report().overall().r2()).isCloseTo(1, within(1e-6));
        assertThat(trace.report().overall().samples()).isEqualTo(4);
    }

    /** One that is off by an error e is off by α e/σ in the noise: R² = 1 − α² mean(e²)/(σ² variance). */
    @Test
    void anEstimateThatChangesItsMindWasWrongBefore() {
        SamplerPlan plan = plan(Sampler.ddim(0), 3);
        SamplingTrace trace = new SamplingTrace(plan, T, curve -> {});
        SplittableRandom random = new SplittableRandom(2);
        float[] wrong = new float[4000];
        float[] right = new float[4000];
        for (int i = 0; i < right.length; i++) {
            right[i] = i % 2 == 0 ? 0.3f : -0.3f;
        }
        SamplerPlan.Step middle = plan.steps().get(1);
        SamplerPlan.Step last = plan.steps().get(2);
        trace.add(middle, noised(right, middle, random), wrong);
        assertThat(r2(trace, middle)).as("nothing better is known yet").isCloseTo(1, within(1e-6));
        trace.add(last, noised(right, last, random), right);
        assertThat(r2(trace, last)).isCloseTo(1, within(1e-6));
        double ratio = middle.alpha() / middle.sigma();
        assertThat(r2(trace, middle)).isCloseTo(1 - 0.09 * ratio * ratio, within(0.01));
    }

    private static double r2(SamplingTrace trace, SamplerPlan.Step row) {
        return trace.report().bins().get((int) row.timestep() * 20 / T).r2();
    }

    private static float[] noised(float[] clean, SamplerPlan.Step row, SplittableRandom random) {
        float[] x = new float[clean.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (row.alpha() * clean[i] + row.sigma() * random.nextGaussian());
        }
        return x;
    }

    @Test
    void longRunsAndLargeBatchesAreSampled() {
        float[][] end = new float[1][];
        List<NoisePredictionReport> curves = traced(plan(Sampler.ddim(0), 250), Shape.of(3, 60, 60, 1), end);
        assertThat(curves).hasSizeBetween(80, 100);
        NoisePredictionReport last = curves.get(curves.size() - 1);
        assertThat(last.bins()).hasSize(20).allSatisfy(bin -> assertThat(bin.samples()).isPositive());
        assertThat(last.overall().r2()).isBetween(-100.0, 1.0);
    }
}
