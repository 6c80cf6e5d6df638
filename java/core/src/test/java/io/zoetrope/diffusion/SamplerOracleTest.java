package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Samplers against Gaussian data, where the exact answer is known. */
class SamplerOracleTest {
    private static final GaussianOracle ORACLE = new GaussianOracle(0, 0.5);

    private static double relativeError(Sampler sampler, int n) {
        Trajectory trajectory = GaussianOracle.karras(n);
        double start = 80;
        double end = sampler.plan(trajectory, Prediction.EPSILON).run(ORACLE.denoiser(Prediction.EPSILON),
                new double[] {start}, new SplittableRandom(0))[0];
        double exact = ORACLE.flowToEnd(start, trajectory);
        return Math.abs(end - exact) / Math.abs(exact);
    }

    private static void hasOrder(String name, double least, double most, int steps) {
        Sampler sampler = Sampler.named(name, 0);
        double before = relativeError(sampler, 80);
        for (int n = 160; n <= steps; n *= 2) {
            double now = relativeError(sampler, n);
            assertThat(Math.log(before / now) / Math.log(2)).as("order of %s from %d to %d steps", name, n / 2, n)
                    .isBetween(least, most);
            before = now;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ddim", "ddim-unclipped", "euler", "flow-euler"})
    void isFirstOrder(String name) {
        hasOrder(name, 0.9, 1.1, 1280);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dpm++2m", "heun", "flow-heun"})
    void isSecondOrder(String name) {
        hasOrder(name, 1.8, 2.25, 1280);
    }

    /** Second order as a predictor; its corrector gains one. */
    @Test
    void uniPcIsThirdOrder() {
        hasOrder("unipc", 2.7, 3.3, 640);
    }

    @Test
    void secondOrderPaysAtEqualCost() {
        assertThat(relativeError(Sampler.dpmSolver2M(), 40)).isLessThan(0.02);
        assertThat(relativeError(Sampler.ddim(0), 40)).isBetween(0.04, 0.12);
    }

    /** All but LCM, which asks for a consistency model: see {@link SamplerNoiseTest}. */
    static List<String> ofDenoisers() {
        return Sampler.names().stream().filter(name -> !name.equals("lcm")).toList();
    }

    @ParameterizedTest
    @MethodSource("io.zoetrope.diffusion.SamplerOracleTest#ofDenoisers")
    void reachesMeanAndVarianceOnRealSchedules(String name) {
        GaussianOracle oracle = new GaussianOracle(0.3, 0.4);
        for (NoiseSchedule schedule : new NoiseSchedule[] {NoiseSchedule.linear(1000), NoiseSchedule.cosine(1000)}) {
            Trajectory trajectory = Trajectory.of(schedule, Spacing.TRAILING, 250);
            SplittableRandom random = new SplittableRandom(11);
            double[] x = random.doubles(20_000).map(u -> random.nextGaussian()).toArray();
            double[] end = Sampler.named(name, 0).plan(trajectory, Prediction.EPSILON)
                    .run(oracle.denoiser(Prediction.EPSILON), x, random);
            double mean = mean(end);
            double deviation = deviation(end, mean);
            // 20,000 samples: standard error of the mean 0.0028, of the deviation 0.002; plus discretisation.
            assertThat(mean).as("%s on %s: mean", name, schedule).isCloseTo(0.3, within(0.015));
            assertThat(deviation).as("%s on %s: deviation", name, schedule).isCloseTo(0.4, within(0.015));
        }
    }

    @Test
    void ancestralSamplingOverAllStepsIsExactInDistribution() {
        // For Gaussian data the update is affine, so the variance can be followed without sampling.
        for (int steps : new int[] {1000, 100}) {
            Trajectory trajectory = Trajectory.of(NoiseSchedule.linear(1000), Spacing.TRAILING, steps);
            double variance = 1;
            double[] zero = {0};
            double[] one = {1};
            for (SamplerPlan.Step step : Sampler.ddpm().plan(trajectory, Prediction.EPSILON).steps()) {
                SamplerPlan single = new SamplerPlan(List.of(new SamplerPlan.Step(0, step.timestep(), step.alpha(),
                        step.sigma(), step.cleanFromX(), step.cleanFromOutput(), step.clipLow(), step.clipHigh(),
                        step.fromX(), step.fromClean(), 0, 0, 0, 0)));
                double slope = single.run(ORACLE.denoiser(Prediction.EPSILON), one, new SplittableRandom(0))[0]
                        - single.run(ORACLE.denoiser(Prediction.EPSILON), zero, new SplittableRandom(0))[0];
                variance = slope * slope * variance + step.noise() * step.noise();
            }
            assertThat(Math.sqrt(variance)).as("deviation after %d steps", steps).isCloseTo(0.5,
                    within(steps == 1000 ? 0.005 : 0.05));
        }
    }

    @Test
    void ddimWithFullEtaIsAncestralSampling() {
        Trajectory trajectory = Trajectory.of(NoiseSchedule.cosine(1000), Spacing.LEADING, 37);
        for (int i = 0; i < trajectory.steps(); i++) {
            Sampler.Update ddim = Sampler.ddim(1).update(trajectory, i);
            Sampler.Update ddpm = Sampler.ddpm().update(trajectory, i);
            assertThat(ddim.fromX()).isCloseTo(ddpm.fromX(), within(1e-9));
            assertThat(ddim.fromClean()).isCloseTo(ddpm.fromClean(), within(1e-9));
            assertThat(ddim.noise()).isCloseTo(ddpm.noise(), within(1e-9));
        }
    }

    @ParameterizedTest
    @EnumSource(Prediction.class)
    void predictionTypesAreEquivalent(Prediction prediction) {
        GaussianOracle oracle = new GaussianOracle(-0.2, 0.7);
        Trajectory trajectory = Trajectory.of(NoiseSchedule.linear(1000), Spacing.TRAILING, 30);
        double[] x = {-2.5, -0.1, 0, 0.7, 3};
        for (Sampler sampler : Sampler.all()) {
            double[] expected = sampler.plan(trajectory, Prediction.EPSILON, 1).run(oracle.denoiser(Prediction.EPSILON),
                    x, new SplittableRandom(3));
            double[] actual = sampler.plan(trajectory, prediction, 1).run(oracle.denoiser(prediction), x,
                    new SplittableRandom(3));
            assertThat(actual).as(sampler.name()).containsExactly(expected, within(1e-8));
        }
    }

    @Test
    void clippingBoundsTheEstimateAndTheResult() {
        Trajectory trajectory = Trajectory.of(NoiseSchedule.linear(1000), Spacing.TRAILING, 20);
        SamplerPlan.Denoiser wild = (x, step) -> new double[] {-50 * x[0] - 100};
        for (String name : Sampler.names()) {
            double end = Sampler.named(name, 0).plan(trajectory, Prediction.EPSILON, 1).run(wild, new double[] {1.5},
                    new SplittableRandom(5))[0];
            assertThat(end).as(name).isBetween(-1.0, 1.0);
        }
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    private static double deviation(double[] values, double mean) {
        double sum = 0;
        for (double value : values) {
            sum += (value - mean) * (value - mean);
        }
        return Math.sqrt(sum / values.length);
    }
}
