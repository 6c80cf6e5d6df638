package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Samplers against what diffusers 0.30 makes of a denoiser that both know, step by step. Where the two differ by
 * choice: its DDPM and DDIM step to t − T/n whatever the spacing, which is trailing's; UniPC's leading timesteps leave
 * out 0, so its own timesteps are taken; DPM-Solver rounds the timesteps of Karras' levels to whole ones.
 * {@link HeunTest} has Heun's. There is no golden for SDE-DPM-Solver++ and LCM: {@link SamplerNoiseTest} has their
 * formulas in others' notation.
 */
class SchedulerGoldensTest {
    private static final NoiseSchedule LINEAR = NoiseSchedule.linear(1000);
    /** Where diffusers kept its schedule in float32: that moves a step by so much of its largest value. */
    private static final double SINGLE = 1e-5;
    /** Where it was made to keep it in double. */
    private static final double DOUBLE = 1e-7;

    /** @param rows the timesteps, then x at the start and after each step */
    private record Golden(List<double[]> rows) {
        private static Golden read(String name) throws IOException {
            try (InputStream in = SchedulerGoldensTest.class.getResourceAsStream(name + ".txt")) {
                return new Golden(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
                        .filter(line -> !line.startsWith("#"))
                        .map(line -> Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray())
                        .toList());
            }
        }

        private double[] timesteps() {
            return rows.get(0);
        }

        private double[] x(int step) {
            return rows.get(step + 1);
        }

        private double largest(int step) {
            return Arrays.stream(x(step)).map(Math::abs).max().orElseThrow();
        }
    }

    /** Gives the numbers that diffusers was given, in order. */
    private static RandomGenerator noise() throws IOException {
        double[] values = Golden.read("noise").rows().stream().flatMapToDouble(Arrays::stream).toArray();
        return new RandomGenerator() {
            private int next;

            @Override
            public long nextLong() {
                throw new UnsupportedOperationException();
            }

            @Override
            public double nextGaussian() {
                return values[next++];
            }
        };
    }

    private static double[] denoise(double[] x, SamplerPlan.Step step) {
        return Arrays.stream(x).map(value -> 0.1 * value + 5e-5 * step.timestep()).toArray();
    }

    /** @param overAlpha whether diffusers keeps x/α */
    private static void agrees(Sampler sampler, Trajectory trajectory, Prediction prediction, double clip,
            boolean overAlpha, double tolerance, Golden golden) throws IOException {
        SamplerPlan plan = sampler.plan(trajectory, prediction, clip);
        double[] x = golden.x(0).clone();
        for (int i = 0; i < x.length; i++) {
            x[i] *= overAlpha ? trajectory.alpha(0) : 1;
        }
        List<double[]> seen = new ArrayList<>();
        double[] end = plan.run((now, step) -> {
            seen.add(now.clone());
            return denoise(now, step);
        }, x, noise());
        seen.add(end);
        assertThat(seen).hasSize(11);
        for (int step = 1; step <= 10; step++) {
            double factor = overAlpha ? 1 / trajectory.alpha(step) : 1;
            double[] actual = Arrays.stream(seen.get(step)).map(value -> factor * value).toArray();
            assertThat(actual).as("%s after step %d", sampler.name(), step).containsExactly(golden.x(step),
                    within(tolerance * golden.largest(step)));
        }
    }

    private static void agrees(Sampler sampler, String name, boolean overAlpha, double tolerance) throws IOException {
        Golden golden = Golden.read(name);
        agrees(sampler, Trajectory.startingAt(LINEAR, golden.timesteps()), Prediction.EPSILON, Double.POSITIVE_INFINITY,
                overAlpha, tolerance, golden);
    }

    @Test
    void euler() throws IOException {
        agrees(new Euler(), "euler-linspace", true, SINGLE);
        assertThat(Golden.read("euler-linspace").timesteps()).isEqualTo(Spacing.LINSPACE.timesteps(LINEAR, 10));
    }

    @Test
    void eulerAncestral() throws IOException {
        agrees(new EulerAncestral(), "euler-ancestral-linspace", true, SINGLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"unipc-leading", "unipc-linspace", "unipc-trailing"})
    void uniPc(String name) throws IOException {
        agrees(new UniPc(), name, false, SINGLE);
    }

    @Test
    void dpmSolver() throws IOException {
        agrees(new DpmSolver2M(), "dpm++2m-trailing", false, DOUBLE);
    }

    /** The levels are ours; what the denoiser is told is diffusers'. */
    @Test
    void dpmSolverOverKarrasLevels() throws IOException {
        Golden golden = Golden.read("dpm++2m-karras");
        Trajectory ours = Trajectory.of(LINEAR, Spacing.KARRAS, 10);
        double[] alphas = new double[11];
        double[] sigmas = new double[11];
        for (int i = 0; i <= 10; i++) {
            alphas[i] = ours.alpha(i);
            sigmas[i] = ours.sigma(i);
            if (i < 10) {
                assertThat(ours.timestep(i)).isCloseTo(golden.timesteps()[i], within(0.5));
            }
        }
        agrees(new DpmSolver2M(), new Trajectory(golden.timesteps(), alphas, sigmas), Prediction.EPSILON,
                Double.POSITIVE_INFINITY, false, 3e-5, golden); // levels from powers in float32
    }

    @Test
    void flowEuler() throws IOException {
        Golden golden = Golden.read("flow-euler");
        double[] times = Arrays.stream(golden.timesteps()).map(t -> t / 1000).toArray();
        Trajectory trajectory = Trajectory.flowThrough(1000, times);
        agrees(new FlowEuler(), trajectory, Prediction.FLOW, Double.POSITIVE_INFINITY, false, SINGLE, golden);
    }

    @Test
    void ddimWithNoise() throws IOException {
        agrees(new Ddim(0.5), "ddim-eta-trailing", false, DOUBLE);
        agrees(new UnclippedDdim(0.5), "ddim-eta-trailing", false, DOUBLE);
    }

    @Test
    void ddimClipped() throws IOException {
        Golden golden = Golden.read("ddim-clipped-cosine");
        agrees(new Ddim(), Trajectory.startingAt(NoiseSchedule.cosine(1000), golden.timesteps()), Prediction.EPSILON, 1,
                false, DOUBLE, golden);
    }

    @Test
    void ddpm() throws IOException {
        agrees(new Ddpm(), "ddpm-trailing", false, DOUBLE);
    }
}
