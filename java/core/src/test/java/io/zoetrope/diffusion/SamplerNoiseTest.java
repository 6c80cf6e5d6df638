package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Samplers that add noise, against Gaussian data: all their updates are linear there, so that the spread of what they
 * end on is known without drawing a number.
 */
class SamplerNoiseTest {
    private static final GaussianOracle ORACLE = new GaussianOracle(0, 0.5);

    /** Standard deviation of what the plan ends on, from the exact one at its start. */
    private static double deviationAtEnd(Sampler sampler, Trajectory trajectory) {
        double start = ORACLE.deviationAt(trajectory.alpha(0), trajectory.sigma(0));
        // Of x, of the estimate before, and of both.
        double spread = start * start;
        double history = 0;
        double shared = 0;
        for (SamplerPlan.Step step : sampler.plan(trajectory, Prediction.V).steps()) {
            double k = ORACLE.clean(1, step.alpha(), step.sigma());
            double a = step.fromX() + step.fromClean() * k;
            double d = step.fromPrevious();
            double next = a * a * spread + 2 * a * d * shared + d * d * history + step.noise() * step.noise();
            shared = k * (a * spread + d * shared);
            history = k * k * spread;
            spread = next;
        }
        return Math.sqrt(spread);
    }

    /** The order in which the spread becomes right as the steps become more. */
    @ParameterizedTest
    @CsvSource({"ddpm, 0.9, 1.1", "euler-ancestral, 0.9, 1.1", "dpm++2m-sde, 1.8, 2.25"})
    void spreadConverges(String name, double least, double most) {
        double before = 0;
        for (int n = 160; n <= 1280; n *= 2) {
            Trajectory trajectory = GaussianOracle.karras(n);
            double exact = ORACLE.deviationAt(1, trajectory.sigma(n));
            double now = Math.abs(deviationAtEnd(Sampler.named(name, 0), trajectory) - exact);
            if (before > 0) {
                assertThat(Math.log(before / now) / Math.log(2)).as("order of %s from %d to %d steps", name, n / 2, n)
                        .isBetween(least, most);
            }
            before = now;
        }
    }

    @Test
    void eulerAncestralIsAncestralSampling() {
        for (Trajectory trajectory : new Trajectory[] {Trajectory.of(NoiseSchedule.cosine(1000), Spacing.LEADING, 37),
                GaussianOracle.karras(20), Trajectory.flow(1000, 9, 3)}) {
            for (int i = 0; i < trajectory.steps(); i++) {
                Sampler.Update euler = new EulerAncestral().update(trajectory, i);
                Sampler.Update ddpm = new Ddpm().update(trajectory, i);
                assertThat(euler.fromX()).isCloseTo(ddpm.fromX(), within(1e-9));
                assertThat(euler.fromClean()).isCloseTo(ddpm.fromClean(), within(1e-9));
                assertThat(euler.noise()).isCloseTo(ddpm.noise(), within(1e-9));
            }
        }
    }

    @Test
    void withoutHistoryTheSdeSolverIsAncestralSampling() {
        Trajectory trajectory = Trajectory.of(NoiseSchedule.cosine(1000), Spacing.TRAILING, 12);
        for (int i : new int[] {0, 11}) {
            Sampler.Update sde = new DpmSolver2MSde().update(trajectory, i);
            Sampler.Update ddpm = new Ddpm().update(trajectory, i);
            assertThat(sde.fromX()).isCloseTo(ddpm.fromX(), within(1e-12));
            assertThat(sde.fromClean()).isCloseTo(ddpm.fromClean(), within(1e-12));
            assertThat(sde.fromPrevious()).isZero();
            assertThat(sde.noise()).isCloseTo(ddpm.noise(), within(1e-12));
        }
        assertThat(new DpmSolver2MSde().update(trajectory, 5).fromPrevious()).isNegative();
    }

    /**
     * A consistency model names the end of the flow through x: then LCM is exact in distribution in any number of
     * steps.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 30})
    void lcmIsExactForAConsistencyModel(int steps) {
        GaussianOracle oracle = new GaussianOracle(0.3, 0.4);
        Trajectory trajectory = Trajectory.of(NoiseSchedule.linear(1000).endingInNoise(), Spacing.TRAILING, steps);
        SamplerPlan.Denoiser consistency = (x, step) -> {
            double[] output = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                double z = (x[i] - step.alpha() * oracle.mean()) / oracle.deviationAt(step.alpha(), step.sigma());
                output[i] = oracle.mean() + oracle.deviation() * z;
            }
            return output;
        };
        SplittableRandom random = new SplittableRandom(5);
        double[] x = random.doubles(40_000).map(u -> random.nextGaussian()).toArray();
        double[] end = new Lcm().plan(trajectory, Prediction.SAMPLE).run(consistency, x, random);
        double mean = java.util.Arrays.stream(end).average().orElseThrow();
        double square = java.util.Arrays.stream(end).map(value -> (value - mean) * (value - mean)).average()
                .orElseThrow();
        assertThat(mean).isCloseTo(0.3, within(0.008));
        assertThat(Math.sqrt(square)).isCloseTo(0.4, within(0.006));
    }

    @Test
    void lcmNoisesTheEstimateAfreshAtEveryStepButTheLast() {
        Trajectory trajectory = Trajectory.of(NoiseSchedule.cosine(1000), Spacing.TRAILING, 3);
        for (int i = 0; i < 3; i++) {
            Sampler.Update update = new Lcm().update(trajectory, i);
            assertThat(update.fromX()).isZero();
            assertThat(update.fromClean()).isEqualTo(trajectory.alpha(i + 1));
            assertThat(update.noise()).isEqualTo(trajectory.sigma(i + 1));
        }
    }

    @Test
    void onlyDdimsHaveEta() {
        assertThat(Sampler.named("ddim-unclipped", 0.5)).isEqualTo(new UnclippedDdim(0.5));
        assertThatIllegalArgumentException().isThrownBy(() -> new UnclippedDdim(1.5)).withMessageContaining("1.5");
        assertThatIllegalArgumentException().isThrownBy(() -> Sampler.named("unipc", 0.5)).withMessageContaining("eta");
    }
}
