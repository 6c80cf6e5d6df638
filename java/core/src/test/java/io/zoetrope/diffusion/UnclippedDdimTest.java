package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnclippedDdimTest {
    private static final Trajectory LEVELS = new Trajectory(new double[] {1, 0}, new double[] {0.6, 0.8, 1},
            new double[] {0.8, 0.6, 0});

    /** The estimate is clipped, the direction is the network's own: x' = α' clip(x̃) + σ' ε̂. */
    @ParameterizedTest
    @EnumSource(Prediction.class)
    void theDirectionIsTheNetworks(Prediction prediction) {
        double x = 2.3;
        double clean = 1.9;
        double noise = (x - 0.6 * clean) / 0.8;
        SamplerPlan.Denoiser network = (now, step) -> new double[] {step.timestep() == 1
                ? prediction.target(clean, noise, 0.6, 0.8) : prediction.target(0, now[0] / 0.6, 0.8, 0.6)};
        double[] second = new double[1];
        SamplerPlan plan = new UnclippedDdim().plan(LEVELS, prediction, 1);
        plan.run((now, step) -> {
            second[0] = now[0];
            return network.predict(now, step);
        }, new double[] {x}, new SplittableRandom(1));
        assertThat(second[0]).isCloseTo(0.8 * 1 + 0.6 * noise, within(1e-12));
        assertThat(plan.usesOutput()).isTrue();
        assertThat(plan.isFused()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Prediction.class)
    void withoutABoundItIsDdim(Prediction prediction) {
        for (double eta : new double[] {0, 0.5, 1}) {
            SamplerPlan plan = new UnclippedDdim(eta).plan(LEVELS, prediction);
            assertThat(plan.isFused()).isTrue();
            assertThat(plan.table()).isEqualTo(new Ddim(eta).plan(LEVELS, prediction).table());
        }
    }
}
