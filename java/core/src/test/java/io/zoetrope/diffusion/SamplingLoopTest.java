package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The device's loop against the host's run of the same plan, with a denoiser both can compute: m = x/2. */
class SamplingLoopTest {
    private static final Shape BATCH = Shape.of(3, 5, 7, 1);
    private final Device device = Devices.shared();

    private SamplingLoop loop(SamplerPlan plan) {
        return new SamplingLoop(device, plan, DType.F32, BATCH, (x, time, use) -> {
            try (Scope scope = Scope.open(device)) {
                Tensor output = scope.emptyLike(x);
                Pointwise.scale(x, 0.5f, output);
                use.accept(output);
            }
        });
    }

    private static SamplerPlan plan(Sampler sampler, int steps) {
        return sampler.plan(Trajectory.of(NoiseSchedule.cosine(1000), Spacing.TRAILING, steps), Prediction.V, 1);
    }

    @TestFactory
    List<DynamicTest> matchesTheHost() {
        return List
                .of(Sampler.ddim(0), new UnclippedDdim(), Sampler.dpmSolver2M(), new Heun(), new Euler(),
                        new FlowEuler(), new FlowHeun(), new UniPc())
                .stream().map(sampler -> DynamicTest.dynamicTest(sampler.name(), () -> {
                    SamplerPlan plan = plan(sampler, 8);
                    try (SamplingLoop loop = loop(plan)) {
                        loop.start(3);
                        float[] start = loop.batch().toFloats();
                        double[] x = new double[start.length];
                        for (int i = 0; i < x.length; i++) {
                            x[i] = start[i];
                        }
                        double[] expected = plan.run((now, step) -> {
                            double[] output = new double[now.length];
                            for (int i = 0; i < output.length; i++) {
                                output[i] = now[i] / 2;
                            }
                            return output;
                        }, x, new SplittableRandom(1));
                        for (int step = 0; step < loop.steps(); step++) {
                            loop.step();
                        }
                        float[] actual = loop.batch().toFloats();
                        for (int i = 0; i < actual.length; i++) {
                            assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-4));
                        }
                    }
                })).toList();
    }

    @TestFactory
    List<DynamicTest> stepByStepAndAllAtOnceGiveTheSameBits() {
        return Sampler.all().stream()
                .map(sampler -> DynamicTest.dynamicTest(sampler.name(), () -> stepwiseAndWhole(sampler))).toList();
    }

    private void stepwiseAndWhole(Sampler sampler) {
        SamplerPlan plan = plan(sampler, 6);
        try (SamplingLoop loop = loop(plan)) {
            assertThat(loop.steps()).isEqualTo(6);
            loop.start(11);
            for (int step = 0; step < loop.steps(); step++) {
                loop.step();
            }
            float[] stepwise = loop.batch().toFloats();
            loop.start(11);
            loop.all();
            assertThat(loop.batch().toFloats()).isEqualTo(stepwise);
            loop.start(11);
            loop.all();
            assertThat(loop.batch().toFloats()).isEqualTo(stepwise);
            loop.start(12);
            loop.all();
            assertThat(loop.batch().toFloats()).isNotEqualTo(stepwise);
        }
    }

    @Test
    void theStartIsStandardNormal() {
        try (SamplingLoop loop = new SamplingLoop(device, plan(Sampler.ddim(0), 2), DType.F32, Shape.of(100, 100),
                (x, time, use) -> use.accept(x))) {
            loop.start(1);
            double sum = 0;
            double squares = 0;
            for (float value : loop.batch().toFloats()) {
                sum += value;
                squares += (double) value * value;
            }
            assertThat(sum / 10_000).isCloseTo(0, within(0.05));
            assertThat(squares / 10_000).isCloseTo(1, within(0.06));
        }
    }
}
