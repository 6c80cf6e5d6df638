package io.zoetrope.diffusion;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * Which of a schedule's T timesteps a sampler of n steps visits: evenly by timestep (Lin et al. 2024, table 2), or by
 * the noise level s = σ/α. The latter visit timesteps with fractions, between the schedule's own levels.
 */
public enum Spacing {
    /** t = i·⌊T/n⌋: includes 0, may stay short of T − 1. What DDPM and DDIM were published with. */
    LEADING {
        @Override
        double timestep(int total, int steps, int i) {
            return (steps - 1 - i) * (total / steps);
        }
    },
    /** t = T − 1 − i·T/n, rounded: starts at T − 1, where x_t is pure noise. The default. */
    TRAILING {
        @Override
        double timestep(int total, int steps, int i) {
            return Math.round((double) total * (steps - i) / steps) - 1;
        }
    },
    /** n points evenly from T − 1 to 0, both included, rounded; with one step, T − 1. */
    LINSPACE {
        @Override
        double timestep(int total, int steps, int i) {
            return steps == 1 ? total - 1 : Math.round((double) (total - 1) * (steps - 1 - i) / (steps - 1));
        }
    },
    /** s^(1/7) evenly from the schedule's largest to its smallest (Karras et al. 2022, eq. 5 with ρ = 7). */
    KARRAS {
        @Override
        public double[] timesteps(NoiseSchedule schedule, int steps) {
            return byLevel(schedule, steps, s -> Math.pow(s, 1 / RHO), root -> Math.pow(root, RHO));
        }
    },
    /** log s evenly from the schedule's largest to its smallest. */
    EXPONENTIAL {
        @Override
        public double[] timesteps(NoiseSchedule schedule, int steps) {
            return byLevel(schedule, steps, Math::log, Math::exp);
        }
    };

    private static final double RHO = 7;

    /** The name a diffusers scheduler configuration gives this spacing, and users. */
    public String diffusersName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The spacing called so, see {@link #diffusersName}. */
    public static Spacing named(String name) {
        return Arrays.stream(values()).filter(spacing -> spacing.diffusersName().equalsIgnoreCase(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "unknown spacing '" + name + "'; expected one of " + names()));
    }

    /** Their names. */
    public static List<String> names() {
        return Arrays.stream(values()).map(Spacing::diffusersName).toList();
    }

    /** Whether every timestep is a whole one. */
    public boolean isWhole() {
        return this != KARRAS && this != EXPONENTIAL;
    }

    /**
     * The visited timesteps, strictly falling.
     *
     * @param steps n, from 1 to T
     * @throws IllegalArgumentException for spacings by level also where the schedule ends in nothing but noise
     */
    public double[] timesteps(NoiseSchedule schedule, int steps) {
        requireSteps(schedule.timesteps(), steps);
        double[] timesteps = new double[steps];
        Arrays.setAll(timesteps, i -> timestep(schedule.timesteps(), steps, i));
        return timesteps;
    }

    /** The timestep of step {@code i}, for spacings that do not ask for levels. */
    double timestep(int total, int steps, int i) {
        throw new UnsupportedOperationException(this + " spaces by noise level");
    }

    private static void requireSteps(int total, int steps) {
        if (steps < 1 || steps > total) {
            throw new IllegalArgumentException(
                    "steps must be between 1 and the schedule's " + total + " timesteps, not " + steps);
        }
    }

    /** Evenly in {@code scale(s)}, from the last timestep's s to the first one's. */
    double[] byLevel(NoiseSchedule schedule, int steps, DoubleUnaryOperator scale, DoubleUnaryOperator inverse) {
        int last = schedule.timesteps() - 1;
        requireSteps(last + 1, steps);
        if (schedule.endsInNoise()) {
            throw new IllegalArgumentException("spacing " + diffusersName() + " needs a largest noise level, and this "
                    + "schedule ends in nothing but noise: take leading, trailing or linspace");
        }
        double high = scale.applyAsDouble(Math.exp(schedule.logNoise(last)));
        double low = scale.applyAsDouble(Math.exp(schedule.logNoise(0)));
        double[] timesteps = new double[steps];
        timesteps[0] = last;
        for (int i = 1; i < steps; i++) {
            double level = inverse.applyAsDouble(high + (low - high) * i / (steps - 1));
            timesteps[i] = i == steps - 1 ? 0 : schedule.timestepAt(Math.log(level));
        }
        return timesteps;
    }
}
