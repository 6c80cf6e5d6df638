package io.zoetrope.diffusion;

import java.util.Locale;

/** Which of a schedule's T timesteps a sampler of n steps visits (Lin et al. 2024, table 2). */
public enum Spacing {
    /** t = i·⌊T/n⌋: includes 0, may stay short of T − 1. What DDPM and DDIM were published with. */
    LEADING,
    /** t = T − 1 − i·T/n, rounded: starts at T − 1, where x_t is pure noise. The default. */
    TRAILING,
    /** n points evenly from T − 1 to 0, both included; with one step, T − 1. */
    LINSPACE;

    /** The name a diffusers scheduler configuration gives this spacing. */
    public String diffusersName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The visited timesteps, strictly falling.
     *
     * @param total T of the schedule
     * @param steps n, from 1 to T
     */
    public int[] timesteps(int total, int steps) {
        if (steps < 1 || steps > total) {
            throw new IllegalArgumentException(
                    "steps must be between 1 and the schedule's " + total + " timesteps, not " + steps);
        }
        int[] timesteps = new int[steps];
        for (int i = 0; i < steps; i++) {
            timesteps[i] = switch (this) {
                case LEADING -> (steps - 1 - i) * (total / steps);
                case TRAILING -> (int) Math.round((double) total * (steps - i) / steps) - 1;
                case LINSPACE ->
                    steps == 1 ? total - 1 : (int) Math.round((double) (total - 1) * (steps - 1 - i) / (steps - 1));
            };
        }
        return timesteps;
    }
}
