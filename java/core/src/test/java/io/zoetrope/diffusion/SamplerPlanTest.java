package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SamplerPlanTest {
    @Test
    void tableHoldsTheStepsInTheDocumentedOrder() {
        Trajectory trajectory = Trajectory.of(NoiseSchedule.linear(1000), Spacing.TRAILING, 7);
        SamplerPlan plan = Sampler.dpmSolver2M().plan(trajectory, Prediction.V, 1);
        float[] table = plan.table();
        assertThat(table).hasSize(7 * SamplerPlan.COLUMNS);
        for (int i = 0; i < 7; i++) {
            SamplerPlan.Step step = plan.steps().get(i);
            assertThat(java.util.Arrays.copyOfRange(table, i * 8, i * 8 + 8)).containsExactly((float) step.cleanFromX(),
                    (float) step.cleanFromOutput(), (float) step.clipLow(), (float) step.clipHigh(),
                    (float) step.fromX(), (float) step.fromClean(), (float) step.fromPrevious(), (float) step.noise());
        }
        assertThat(plan.timesteps()).startsWith(999f).hasSize(7);
    }

    @Test
    void saysWhatItNeeds() {
        Trajectory trajectory = Trajectory.of(NoiseSchedule.linear(1000), Spacing.TRAILING, 5);
        assertThat(Sampler.ddim(0).plan(trajectory, Prediction.EPSILON).usesHistory()).isFalse();
        assertThat(Sampler.ddim(0).plan(trajectory, Prediction.EPSILON).isStochastic()).isFalse();
        assertThat(Sampler.ddpm().plan(trajectory, Prediction.EPSILON).isStochastic()).isTrue();
        assertThat(Sampler.dpmSolver2M().plan(trajectory, Prediction.EPSILON).usesHistory()).isTrue();
    }

    @Test
    void runLeavesTheStartUntouchedAndRepeats() {
        Trajectory trajectory = Trajectory.of(NoiseSchedule.linear(1000), Spacing.TRAILING, 9);
        SamplerPlan plan = Sampler.ddpm().plan(trajectory, Prediction.EPSILON);
        GaussianOracle oracle = new GaussianOracle(0, 1);
        double[] x = {1, -1};
        double[] first = plan.run(oracle.denoiser(Prediction.EPSILON), x, new SplittableRandom(4));
        double[] second = plan.run(oracle.denoiser(Prediction.EPSILON), x, new SplittableRandom(4));
        assertThat(x).containsExactly(1, -1);
        assertThat(first).containsExactly(second);
    }

    @Test
    void refusesNonsense() {
        NoiseSchedule schedule = NoiseSchedule.linear(1000);
        assertThatIllegalArgumentException().isThrownBy(() -> Trajectory.of(schedule, Spacing.TRAILING, 0))
                .withMessageContaining("between 1 and").withMessageContaining("not 0");
        assertThatIllegalArgumentException().isThrownBy(() -> Trajectory.of(schedule, Spacing.TRAILING, 1001));
        assertThatIllegalArgumentException().isThrownBy(() -> Trajectory.of(schedule, Spacing.TRAILING, -3));
        assertThatIllegalArgumentException().isThrownBy(() -> Trajectory.startingAt(schedule, 10, 10))
                .withMessageContaining("noise must fall");
        assertThatIllegalArgumentException().isThrownBy(() -> Sampler.named("euler2", 0))
                .withMessageContaining("euler2").withMessageContaining("dpm++2m");
        assertThatIllegalArgumentException().isThrownBy(() -> Sampler.named("ddpm", 0.5)).withMessageContaining("eta");
        assertThatIllegalArgumentException().isThrownBy(() -> Sampler.named("ddim", 1.5));
        assertThatIllegalArgumentException().isThrownBy(() -> Sampler.named("ddim", Double.NaN));
        Trajectory trajectory = Trajectory.of(schedule, Spacing.TRAILING, 5);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sampler.ddpm().plan(trajectory, Prediction.EPSILON, Double.NaN));
        Trajectory zeroTerminal = new Trajectory(new double[1], new double[] {0, 1}, new double[] {1, 0});
        assertThatIllegalArgumentException().isThrownBy(() -> Sampler.ddim(0).plan(zeroTerminal, Prediction.EPSILON))
                .withMessageContaining("v_prediction");
        assertThat(Sampler.ddim(0).plan(zeroTerminal, Prediction.V).steps()).hasSize(1);
    }
}
