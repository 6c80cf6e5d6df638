package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class SamplerPlanPropertiesTest {
    @Property(tries = 200)
    void everyPlanIsFiniteAndEndsOnItsOwnEstimate(@ForAll @IntRange(min = 1, max = 1000) int steps,
            @ForAll Spacing spacing, @ForAll NoiseSchedule.Kind kind, @ForAll Prediction prediction) {
        Assume.that(kind != NoiseSchedule.Kind.TABLE);
        Trajectory trajectory = Trajectory.of(NoiseSchedule.of(kind, 1000), spacing, steps);
        for (Sampler sampler : Stream.concat(Sampler.all().stream(), Stream.of(Sampler.ddim(1), new UnclippedDdim(1)))
                .toList()) {
            SamplerPlan plan = sampler.plan(trajectory, prediction, 1);
            for (SamplerPlan.Step step : plan.steps()) {
                assertThat(step.fromX() + step.fromClean() + step.fromOutput() + step.fromPrevious() + step.fromOlder()
                        + step.noise() + step.cleanFromX() + step.cleanFromOutput()).isFinite();
            }
            // The last level is the clean sample, so the last update must return x̂_0 and nothing else.
            SamplerPlan.Step last = plan.steps().get(plan.steps().size() - 1);
            assertThat(last.fromX()).isCloseTo(0, within(1e-12));
            assertThat(last.fromClean()).isCloseTo(1, within(1e-12));
            assertThat(last.fromPrevious()).isZero();
            assertThat(last.fromOlder()).isZero();
            assertThat(last.fromOutput()).isCloseTo(0, within(1e-12));
            assertThat(last.noise()).isZero();
            assertThat(plan.steps().get(0).fromPrevious()).isZero();
        }
    }

    @Property(tries = 100)
    void anUpdateKeepsAKnownSampleOnItsTrajectory(@ForAll @IntRange(min = 2, max = 200) int steps,
            @ForAll Spacing spacing, @ForAll NoiseSchedule.Kind kind) {
        // If x̂_0 is right and x_t = α x_0 + σ ε, deterministic samplers must land on α' x_0 + σ' ε for the same ε.
        Assume.that(kind != NoiseSchedule.Kind.TABLE);
        Trajectory trajectory = Trajectory.of(NoiseSchedule.of(kind, 1000), spacing, steps);
        for (Sampler sampler : new Sampler[] {Sampler.ddim(0), new UnclippedDdim(), Sampler.dpmSolver2M(), new Heun(),
                new Euler(), new FlowEuler(), new FlowHeun(), new UniPc()}) {
            for (int i = 0; i < steps; i++) {
                Sampler.Update update = sampler.update(trajectory, i);
                double clean = 0.6;
                double noise = -1.3;
                double x = trajectory.alpha(i) * clean + trajectory.sigma(i) * noise;
                double next = update.fromX() * x
                        + (update.fromClean() + update.fromUnclipped() + update.fromPrevious() + update.fromOlder())
                                * clean;
                assertThat(next).isCloseTo(trajectory.alpha(i + 1) * clean + trajectory.sigma(i + 1) * noise,
                        within(1e-9));
            }
        }
    }
}
