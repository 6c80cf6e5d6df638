package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Straight paths and the methods that follow them, against Gaussian data. */
class FlowTest {
    private static final GaussianOracle ORACLE = new GaussianOracle(0.3, 0.5);

    private static double error(Sampler sampler, Trajectory trajectory) {
        double end = sampler.plan(trajectory, Prediction.FLOW).run(ORACLE.denoiser(Prediction.FLOW), new double[] {1.2},
                new SplittableRandom(1))[0];
        return Math.abs(end - ORACLE.flowToEnd(1.2, trajectory));
    }

    @ParameterizedTest
    @CsvSource({"flow-euler, 1, 0.9, 1.1", "flow-euler, 3, 0.9, 1.1", "flow-heun, 1, 1.8, 2.2",
            "flow-heun, 3, 1.8, 2.2"})
    void hasItsOrderFromPureNoiseToTheSample(String name, double shift, double least, double most) {
        Sampler sampler = Sampler.named(name, 0);
        double before = error(sampler, Trajectory.flow(1, 40, shift));
        for (int n = 80; n <= 640; n *= 2) {
            double now = error(sampler, Trajectory.flow(1, n, shift));
            assertThat(Math.log(before / now) / Math.log(2)).as("order of %s from %d to %d steps", name, n / 2, n)
                    .isBetween(least, most);
            before = now;
        }
    }

    /** In the flow's own terms: x' = x + (t' − t) v, and the mean of two velocities. */
    @Test
    void stepsAreThoseOfTheVelocity() {
        Trajectory trajectory = Trajectory.flowThrough(1, 0.8, 0.5);
        SamplerPlan.Denoiser network = (x, step) -> new double[] {0.3 * x[0] - 0.7 * step.timestep()};
        double[] start = {1.1};
        double v = 0.3 * 1.1 - 0.7 * 0.8;
        double euler = 1.1 - 0.3 * v;
        double last = 0.3 * euler - 0.7 * 0.5;
        assertThat(new FlowEuler().plan(trajectory, Prediction.FLOW).run(network, start, new SplittableRandom(1))[0])
                .isCloseTo(euler - 0.5 * last, within(1e-12));
        double heun = 1.1 - 0.3 * (v + last) / 2;
        assertThat(new FlowHeun().plan(trajectory, Prediction.FLOW).run(network, start, new SplittableRandom(1))[0])
                .isCloseTo(heun - 0.5 * (0.3 * heun - 0.7 * 0.5), within(1e-12));
    }

    @Test
    void shiftSpendsStepsNearTheNoise() {
        Trajectory even = Trajectory.flow(1000, 4, 1);
        Trajectory shifted = Trajectory.flow(1000, 4, 3);
        for (int i = 0; i < 4; i++) {
            double t = 1 - i / 4.0;
            assertThat(even.timestep(i)).isCloseTo(1000 * t, within(1e-9));
            assertThat(even.sigma(i)).isCloseTo(t, within(1e-15));
            assertThat(even.alpha(i)).isCloseTo(1 - t, within(1e-15));
            assertThat(shifted.sigma(i)).isCloseTo(3 * t / (1 + 2 * t), within(1e-15));
        }
        assertThat(even.sigma(4)).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> Trajectory.flow(1, 0, 1))
                .withMessageContaining("0 steps");
        assertThatIllegalArgumentException().isThrownBy(() -> Trajectory.flow(1, 4, 0)).withMessageContaining("0.0");
        assertThatIllegalArgumentException().isThrownBy(() -> Trajectory.flowThrough(1, 0.5, 0.5));
    }

    /** The same model behind another schedule: the flow's coordinates are found from any pair of scales. */
    @Test
    void heunIsTheSameOnARescaledPath() {
        int n = 9;
        Trajectory flow = Trajectory.flow(1, n, 1);
        double[] alphas = new double[n + 1];
        double[] sigmas = new double[n + 1];
        for (int i = 0; i <= n; i++) {
            double norm = Math.hypot(flow.alpha(i), flow.sigma(i));
            alphas[i] = flow.alpha(i) / norm;
            sigmas[i] = flow.sigma(i) / norm;
        }
        Trajectory preserving = new Trajectory(new double[n], alphas, sigmas);
        double[] x = {0.9};
        double expected = new FlowHeun().plan(flow, Prediction.SAMPLE).run(ORACLE.denoiser(Prediction.SAMPLE), x,
                new SplittableRandom(1))[0];
        double actual = new FlowHeun().plan(preserving, Prediction.SAMPLE).run(ORACLE.denoiser(Prediction.SAMPLE), x,
                new SplittableRandom(1))[0];
        assertThat(actual).isCloseTo(expected, within(1e-12));
    }
}
