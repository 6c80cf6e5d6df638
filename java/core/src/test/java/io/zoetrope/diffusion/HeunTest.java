package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HeunTest {
    private static final int STEPS = 10;

    /** What diffusers makes of a denoiser that both know, call by call. */
    private static List<double[]> reference(Spacing spacing) throws IOException {
        try (InputStream in = HeunTest.class
                .getResourceAsStream("heun-" + spacing.name().toLowerCase(Locale.ROOT) + ".txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.startsWith("#"))
                    .map(line -> Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray()).toList();
        }
    }

    @ParameterizedTest
    @EnumSource(value = Spacing.class, names = {"LEADING", "TRAILING", "LINSPACE"})
    void everyCallOfTheDenoiserLeavesWhatDiffusersGets(Spacing spacing) throws IOException {
        List<double[]> expected = reference(spacing);
        Trajectory trajectory = Trajectory.of(NoiseSchedule.linear(1000), spacing, STEPS);
        SamplerPlan plan = new Heun().plan(trajectory, Prediction.EPSILON);
        assertThat(plan.steps()).hasSize(2 * STEPS - 1).hasSize(expected.size() - 1);
        double largest = Arrays.stream(expected.get(0)).map(Math::abs).max().orElseThrow();
        double[] x = scaled(expected.get(0), trajectory.alpha(0));
        double[] estimate = new double[x.length];
        int level = 0;
        for (int row = 0; row < plan.steps().size(); row++) {
            SamplerPlan.Step step = plan.steps().get(row);
            level += step.stage() == 0 ? 1 : 0;
            for (int i = 0; i < x.length; i++) {
                double output = 0.1 * x[i] + 5e-5 * step.timestep();
                double clean = step.cleanFromX() * x[i] + step.cleanFromOutput() * output;
                x[i] = step.fromX() * x[i] + step.fromClean() * clean + step.fromPrevious() * estimate[i];
                estimate[i] = clean;
            }
            assertThat(scaled(x, 1 / trajectory.alpha(level))).as("after call %d", row + 1)
                    .containsExactly(expected.get(row + 1), within(1e-7 * largest));
        }
        assertThat(
                plan.run((now, step) -> Arrays.stream(now).map(value -> 0.1 * value + 5e-5 * step.timestep()).toArray(),
                        scaled(expected.get(0), trajectory.alpha(0)), new SplittableRandom(1)))
                .containsExactly(x, within(1e-12));
    }

    private static double[] scaled(double[] values, double factor) {
        return Arrays.stream(values).map(value -> factor * value).toArray();
    }

    @Test
    void stepsThatCannotBeCorrectedAreEulers() {
        Trajectory zeroTerminal = new Trajectory(new double[] {2, 1}, new double[] {0, 0.6, 1},
                new double[] {1, 0.8, 0});
        SamplerPlan plan = new Heun().plan(zeroTerminal, Prediction.V, 1);
        assertThat(plan.steps()).as("neither from pure noise nor to the clean sample").hasSize(2);
        for (float value : plan.table()) {
            assertThat(value).isFinite();
        }
        assertThat(new Heun().update(zeroTerminal, 0)).isEqualTo(new Ddim(0).update(zeroTerminal, 0));
    }

    /** Its first step falls from s = 2e4 to a few: corrected, the result would be nothing but the correction. */
    @Test
    void fewStepsOfACosineScheduleStayNearTheExactFlow() {
        GaussianOracle oracle = new GaussianOracle(0.3, 0.4);
        for (int steps : new int[] {4, 8, 16, 50}) {
            Trajectory trajectory = Trajectory.of(NoiseSchedule.cosine(1000), Spacing.TRAILING, steps);
            assertThat(error(new Heun(), oracle, trajectory)).as("%d steps", steps)
                    .isLessThan(error(new Ddim(0), oracle, trajectory));
        }
    }

    private static double error(Sampler sampler, GaussianOracle oracle, Trajectory trajectory) {
        double end = sampler.plan(trajectory, Prediction.V).run(oracle.denoiser(Prediction.V), new double[] {1.3},
                new SplittableRandom(1))[0];
        return Math.abs(end - oracle.flowToEnd(1.3, trajectory));
    }

    @Test
    void usersFindItByItsName() {
        assertThat(Sampler.names()).containsExactly("ddim", "ddim-unclipped", "ddpm", "dpm++2m", "dpm++2m-sde", "euler",
                "euler-ancestral", "flow-euler", "flow-heun", "heun", "lcm", "unipc");
        assertThat(Sampler.named("HEUN", 0)).isEqualTo(new Heun());
    }
}
