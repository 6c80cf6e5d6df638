package io.zoetrope.diffusion;

import java.util.Arrays;
import java.util.Locale;

/**
 * How much noise each of the T timesteps of a variance-preserving diffusion holds: x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε.
 *
 * <p>Immutable. ᾱ falls strictly from just under 1 at t = 0 towards 0 at t = T − 1.
 */
public final class NoiseSchedule {
    /** Timesteps of the published DDPM models. */
    public static final int DEFAULT_TIMESTEPS = 1000;
    /** β of the first and the last of 1000 timesteps of the published linear schedule. */
    public static final double FIRST_BETA = 1e-4;
    public static final double LAST_BETA = 0.02;
    /** More than this is a mistake, not a schedule. */
    private static final int MAX_TIMESTEPS = 10_000_000;

    private final Kind kind;
    private final double[] betas;
    private final double[] alphaBars;

    /** The published families of schedules. */
    public enum Kind {
        /** β_t rises linearly from 1e-4 to 0.02 (Ho et al. 2020), scaled by 1000/T so that ᾱ_T does not depend on T. */
        LINEAR,
        /** ᾱ follows a squared cosine (Nichol and Dhariwal 2021, eq. 17), β_t capped at 0.999. */
        COSINE;

        /** The kind called {@code name} in a configuration file, also by diffusers' names. */
        public static Kind named(String name) {
            return switch (name.toLowerCase(Locale.ROOT)) {
                case "linear" -> LINEAR;
                case "cosine", "squaredcos_cap_v2" -> COSINE;
                default -> throw new IllegalArgumentException(
                        "unknown noise schedule '" + name + "'; expected linear or cosine (squaredcos_cap_v2)");
            };
        }

        /** The name a diffusers scheduler configuration gives this schedule. */
        public String diffusersName() {
            return this == LINEAR ? "linear" : "squaredcos_cap_v2";
        }
    }

    private NoiseSchedule(Kind kind, double[] betas) {
        this.kind = kind;
        this.betas = betas;
        this.alphaBars = new double[betas.length];
        double product = 1;
        for (int t = 0; t < betas.length; t++) {
            product *= 1 - betas[t];
            alphaBars[t] = product;
        }
    }

    /** The schedule of {@code kind} over {@code timesteps} steps. */
    public static NoiseSchedule of(Kind kind, int timesteps) {
        return kind == Kind.LINEAR ? linear(timesteps) : cosine(timesteps);
    }

    /** The linear schedule of DDPM, β from 1e-4 to 0.02 at T = 1000. */
    public static NoiseSchedule linear(int timesteps) {
        double scale = (double) DEFAULT_TIMESTEPS / timesteps;
        return linear(timesteps, Math.min(scale * FIRST_BETA, 0.999), Math.min(scale * LAST_BETA, 0.999));
    }

    /** A linear schedule with β rising from {@code first} to {@code last}, both in (0, 1). */
    public static NoiseSchedule linear(int timesteps, double first, double last) {
        requireTimesteps(timesteps);
        if (!(first > 0 && first <= last && last < 1)) {
            throw new IllegalArgumentException(
                    "linear schedule: β must satisfy 0 < first ≤ last < 1, but first = " + first + ", last = " + last);
        }
        double[] betas = new double[timesteps];
        for (int t = 0; t < timesteps; t++) {
            betas[t] = timesteps == 1 ? last : first + (last - first) * t / (timesteps - 1);
        }
        return new NoiseSchedule(Kind.LINEAR, betas);
    }

    /** The cosine schedule: ᾱ(u) ∝ cos²((u + s)/(1 + s) · π/2), s = 0.008. */
    public static NoiseSchedule cosine(int timesteps) {
        requireTimesteps(timesteps);
        double[] betas = new double[timesteps];
        for (int t = 0; t < timesteps; t++) {
            double here = squaredCosine((double) t / timesteps);
            double next = squaredCosine((double) (t + 1) / timesteps);
            betas[t] = Math.min(1 - next / here, 0.999);
        }
        return new NoiseSchedule(Kind.COSINE, betas);
    }

    private static double squaredCosine(double u) {
        double c = Math.cos((u + 0.008) / 1.008 * Math.PI / 2);
        return c * c;
    }

    private static void requireTimesteps(int timesteps) {
        if (timesteps < 1 || timesteps > MAX_TIMESTEPS) {
            throw new IllegalArgumentException(
                    "a noise schedule has 1 to " + MAX_TIMESTEPS + " timesteps, not " + timesteps);
        }
    }

    public Kind kind() {
        return kind;
    }

    /** T, the number of timesteps. */
    public int timesteps() {
        return betas.length;
    }

    /** β_t, the variance that step t adds. */
    public double beta(int t) {
        return betas[checked(t)];
    }

    /** ᾱ_t = Π (1 − β_s), s ≤ t: the share of signal variance left. */
    public double alphaBar(int t) {
        return alphaBars[checked(t)];
    }

    /** α_t = √ᾱ_t, the signal's scale in x_t. */
    public double alpha(int t) {
        return Math.sqrt(alphaBar(t));
    }

    /** σ_t = √(1 − ᾱ_t), the noise's scale in x_t. */
    public double sigma(int t) {
        return Math.sqrt(1 - alphaBar(t));
    }

    /** ᾱ as the device's table, one value per timestep. */
    public float[] alphaBarTable() {
        float[] table = new float[alphaBars.length];
        for (int t = 0; t < table.length; t++) {
            table[t] = (float) alphaBars[t];
        }
        return table;
    }

    /** The first and last β, as scheduler configurations record them. */
    public double firstBeta() {
        return betas[0];
    }

    public double lastBeta() {
        return betas[betas.length - 1];
    }

    private int checked(int t) {
        if (t < 0 || t >= betas.length) {
            throw new IndexOutOfBoundsException("timestep " + t + " is outside 0.." + (betas.length - 1));
        }
        return t;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NoiseSchedule that && kind == that.kind && Arrays.equals(betas, that.betas);
    }

    @Override
    public int hashCode() {
        return 31 * kind.hashCode() + Arrays.hashCode(betas);
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + "(" + betas.length + ")";
    }
}
