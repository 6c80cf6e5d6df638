package io.zoetrope.diffusion;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * How much noise each of the T timesteps of a variance-preserving diffusion holds: x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε.
 *
 * <p>Immutable. ᾱ falls strictly from just under 1 at t = 0 towards 0 at t = T − 1, to 0 itself if
 * {@link #endingInNoise}.
 */
public final class NoiseSchedule {
    /** Timesteps of the published DDPM models. */
    public static final int DEFAULT_TIMESTEPS = 1000;
    /** β of the first and the last of 1000 timesteps of the published linear schedule. */
    public static final double FIRST_BETA = 1e-4;
    public static final double LAST_BETA = 0.02;
    /** More than this is a mistake, not a schedule. */
    public static final int MAX_TIMESTEPS = 10_000_000;

    /** Where the logistic function's argument ends. */
    private static final double SIGMOID_END = 6;

    private final Kind kind;
    private final double[] given;
    private final boolean endsInNoise;
    private final double[] betas;
    private final double[] alphaBars;

    /** The published families of schedules. */
    public enum Kind {
        /** β_t rises linearly from 1e-4 to 0.02 (Ho et al. 2020), scaled by 1000/T so that ᾱ_T does not depend on T. */
        LINEAR("linear"),
        /** √β_t rises linearly between the same ends (Rombach et al. 2022). */
        SCALED_LINEAR("scaled_linear"),
        /** ᾱ follows a squared cosine (Nichol and Dhariwal 2021, eq. 17), β_t capped at 0.999. */
        COSINE("squaredcos_cap_v2"),
        /** β_t rises between the same ends as the logistic function does from −6 to 6 (Xu et al. 2022). */
        SIGMOID("sigmoid"),
        /** β_t from a table. */
        TABLE("trained_betas");

        private final String diffusersName;

        Kind(String diffusersName) {
            this.diffusersName = diffusersName;
        }

        /** The name a diffusers scheduler configuration gives this schedule, or the setting that holds its table. */
        public String diffusersName() {
            return diffusersName;
        }
    }

    private NoiseSchedule(Kind kind, double[] given, boolean endsInNoise) {
        this.kind = kind;
        this.given = given;
        this.endsInNoise = endsInNoise;
        this.alphaBars = new double[given.length];
        double product = 1;
        for (int t = 0; t < given.length; t++) {
            product *= 1 - given[t];
            alphaBars[t] = product;
        }
        this.betas = endsInNoise ? rescaled(alphaBars) : given;
    }

    /** Shifts and stretches √ᾱ so that it keeps its first value and ends at 0; returns the β_t of the result. */
    private static double[] rescaled(double[] alphaBars) {
        int last = alphaBars.length - 1;
        double first = Math.sqrt(alphaBars[0]);
        double end = Math.sqrt(alphaBars[last]);
        double[] betas = new double[alphaBars.length];
        double before = 1;
        for (int t = 0; t < alphaBars.length; t++) {
            double root = (Math.sqrt(alphaBars[t]) - end) * first / (first - end);
            alphaBars[t] = t == last ? 0 : root * root;
            betas[t] = 1 - alphaBars[t] / before;
            before = alphaBars[t];
        }
        return betas;
    }

    /** The schedule of {@code kind} over {@code timesteps} steps, with its published ends. */
    public static NoiseSchedule of(Kind kind, int timesteps) {
        double scale = (double) DEFAULT_TIMESTEPS / timesteps;
        return between(kind, timesteps, Math.min(scale * FIRST_BETA, 0.999), Math.min(scale * LAST_BETA, 0.999));
    }

    /**
     * The schedule of {@code kind} over {@code timesteps} steps.
     *
     * @param first β of the first timestep, in (0, 1), as is {@code last}; the cosine knows neither
     */
    public static NoiseSchedule between(Kind kind, int timesteps, double first, double last) {
        return switch (kind) {
            case LINEAR -> linear(timesteps, first, last);
            case SCALED_LINEAR -> {
                double[] roots = ramp(timesteps, Math.sqrt(first), Math.sqrt(last));
                requireRising(first, last);
                yield new NoiseSchedule(kind, map(roots, root -> root * root), false);
            }
            case COSINE -> cosine(timesteps);
            case SIGMOID -> {
                double[] arguments = ramp(timesteps, -SIGMOID_END, SIGMOID_END);
                requireRising(first, last);
                yield new NoiseSchedule(kind, map(arguments, x -> first + (last - first) / (1 + Math.exp(-x))), false);
            }
            case TABLE -> throw new IllegalArgumentException("a noise schedule from a table needs the table");
        };
    }

    /** The schedule with these β_t, each in (0, 1). */
    public static NoiseSchedule ofBetas(double[] betas) {
        requireTimesteps(betas.length);
        for (int t = 0; t < betas.length; t++) {
            if (!(betas[t] > 0 && betas[t] < 1)) {
                throw new IllegalArgumentException("noise schedule: β of timestep " + t + " is " + betas[t]
                        + ", expected a number between 0 and 1");
            }
        }
        return new NoiseSchedule(Kind.TABLE, betas.clone(), false);
    }

    /** This schedule ending in nothing but noise, ᾱ = 0 (Lin et al. 2024, algorithm 1). Takes two timesteps or more. */
    public NoiseSchedule endingInNoise() {
        if (given.length < 2) {
            throw new IllegalArgumentException("a schedule of one timestep cannot end in nothing but noise");
        }
        return new NoiseSchedule(kind, given, true);
    }

    /** The linear schedule of DDPM, β from 1e-4 to 0.02 at T = 1000. */
    public static NoiseSchedule linear(int timesteps) {
        return of(Kind.LINEAR, timesteps);
    }

    /** A linear schedule with β rising from {@code first} to {@code last}, both in (0, 1). */
    public static NoiseSchedule linear(int timesteps, double first, double last) {
        double[] betas = ramp(timesteps, first, last);
        requireRising(first, last);
        return new NoiseSchedule(Kind.LINEAR, betas, false);
    }

    private static double[] ramp(int timesteps, double first, double last) {
        requireTimesteps(timesteps);
        double[] values = new double[timesteps];
        for (int t = 0; t < timesteps; t++) {
            values[t] = timesteps == 1 ? last : first + (last - first) * t / (timesteps - 1);
        }
        return values;
    }

    private static double[] map(double[] values, DoubleUnaryOperator f) {
        return Arrays.stream(values).map(f).toArray();
    }

    private static void requireRising(double first, double last) {
        if (!(first > 0 && first <= last && last < 1)) {
            throw new IllegalArgumentException(
                    "noise schedule: β must satisfy 0 < first ≤ last < 1, but first = " + first + ", last = " + last);
        }
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
        return new NoiseSchedule(Kind.COSINE, betas, false);
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

    /** ln(σ_t/α_t), which rises with t: infinite where ᾱ_t is 0. */
    public double logNoise(int t) {
        return Math.log(sigma(t) / alpha(t));
    }

    /** ln(σ/α) at a timestep with a fraction: linear between its neighbours, as diffusers has it. */
    double logNoise(double t) {
        int below = (int) Math.floor(t);
        double above = t - below;
        return above == 0 ? logNoise(below) : (1 - above) * logNoise(below) + above * logNoise(below + 1);
    }

    /** The timestep, with a fraction, at which ln(σ/α) is {@code logNoise}; the nearest end where there is none. */
    double timestepAt(double logNoise) {
        int below = 0;
        int above = timesteps() - 1;
        while (above - below > 1) {
            int middle = (below + above) >>> 1;
            if (logNoise(middle) <= logNoise) {
                below = middle;
            } else {
                above = middle;
            }
        }
        double start = logNoise(below);
        double share = below == above ? 0 : (logNoise - start) / (logNoise(above) - start);
        return below + Math.max(0, Math.min(1, share));
    }

    /** ᾱ as the device's table, one value per timestep. */
    public float[] alphaBarTable() {
        float[] table = new float[alphaBars.length];
        for (int t = 0; t < table.length; t++) {
            table[t] = (float) alphaBars[t];
        }
        return table;
    }

    /** The first and last β, as scheduler configurations record them: before {@link #endingInNoise}. */
    public double firstBeta() {
        return given[0];
    }

    public double lastBeta() {
        return given[given.length - 1];
    }

    /** Every β, before {@link #endingInNoise}. */
    public double[] givenBetas() {
        return given.clone();
    }

    /** Whether ᾱ is 0 at the last timestep. */
    public boolean endsInNoise() {
        return endsInNoise;
    }

    private int checked(int t) {
        if (t < 0 || t >= betas.length) {
            throw new IndexOutOfBoundsException("timestep " + t + " is outside 0.." + (betas.length - 1));
        }
        return t;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NoiseSchedule that && kind == that.kind && Arrays.equals(betas, that.betas)
                && endsInNoise == that.endsInNoise;
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
