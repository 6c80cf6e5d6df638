package io.zoetrope.diffusion;

import java.util.Arrays;

/**
 * The noise levels a sampler passes through: n visited ones, where the denoiser is asked, and the level it ends on.
 *
 * <p>Levels are (α, σ) pairs with strictly falling σ/α, so variance-preserving schedules, variance-exploding ones
 * (α = 1) and hand-made oracles use the same samplers.
 */
public final class Trajectory {
    private final double[] timesteps;
    private final double[] alphas;
    private final double[] sigmas;

    /**
     * @param timesteps what the denoiser is told at each visited level, n values
     * @param alphas    signal scales, n + 1 values; the last is where the trajectory ends
     * @param sigmas    noise scales, n + 1 values; only the last may be 0
     */
    public Trajectory(double[] timesteps, double[] alphas, double[] sigmas) {
        int n = timesteps.length;
        if (n < 1 || alphas.length != n + 1 || sigmas.length != n + 1) {
            throw new IllegalArgumentException("a trajectory of n ≥ 1 steps has n timesteps and n + 1 levels, not " + n
                    + " timesteps, " + alphas.length + " alphas and " + sigmas.length + " sigmas");
        }
        for (int i = 0; i < n; i++) {
            // σ_i/α_i > σ_{i+1}/α_{i+1} without dividing, as α may be 0 at the very first level.
            if (!(sigmas[i] > 0) || !(alphas[i] >= 0) || !(alphas[i + 1] > 0) || !(sigmas[i + 1] >= 0)
                    || !(sigmas[i] * alphas[i + 1] > sigmas[i + 1] * alphas[i])) {
                throw new IllegalArgumentException("noise must fall at every step, but step " + i + " goes from α = "
                        + alphas[i] + ", σ = " + sigmas[i] + " to α = " + alphas[i + 1] + ", σ = " + sigmas[i + 1]);
            }
        }
        this.timesteps = timesteps.clone();
        this.alphas = alphas.clone();
        this.sigmas = sigmas.clone();
    }

    /** From the schedule's noisiest visited timestep to the clean sample (α = 1, σ = 0). */
    public static Trajectory of(NoiseSchedule schedule, Spacing spacing, int steps) {
        return startingAt(schedule, spacing.timesteps(schedule, steps));
    }

    /**
     * Through the given strictly falling timesteps to the clean sample; a run that starts from a picture noised part of
     * the way (img2img) passes the tail of a spacing. Timesteps with fractions have levels between their neighbours'.
     */
    public static Trajectory startingAt(NoiseSchedule schedule, double... visited) {
        int n = visited.length;
        double[] alphas = new double[n + 1];
        double[] sigmas = new double[n + 1];
        for (int i = 0; i < n; i++) {
            double t = visited[i];
            if (t == Math.rint(t)) {
                alphas[i] = schedule.alpha((int) t);
                sigmas[i] = schedule.sigma((int) t);
            } else {
                double ratio = Math.exp(schedule.logNoise(t));
                alphas[i] = 1 / Math.sqrt(1 + ratio * ratio);
                sigmas[i] = ratio * alphas[i];
            }
        }
        alphas[n] = 1;
        return new Trajectory(visited, alphas, sigmas);
    }

    /**
     * The straight path x_t = (1 − t) x_0 + t ε of rectified flow, from noise, t = 1, to the clean sample in
     * {@code steps} steps: u evenly from 1, then t = shift·u/(1 + (shift − 1)·u) (Esser et al. 2024, eq. 23). A shift
     * above 1, which large pictures ask for, spends more steps near the noise. The denoiser is told T·t.
     *
     * @param timesteps T, how the network counts time: 1000 for diffusers' models, 1 for t itself
     * @param shift     above 0; 1 for even steps
     */
    public static Trajectory flow(double timesteps, int steps, double shift) {
        if (steps < 1 || !(shift > 0)) {
            throw new IllegalArgumentException(
                    "a flow takes 1 step or more and a shift above 0, not " + steps + " steps and a shift of " + shift);
        }
        double[] times = new double[steps];
        for (int i = 0; i < steps; i++) {
            double even = (double) (steps - i) / steps;
            times[i] = shift * even / (1 + (shift - 1) * even);
        }
        return flowThrough(timesteps, times);
    }

    /** As {@link #flow}, through the given strictly falling times in (0, 1]. */
    public static Trajectory flowThrough(double timesteps, double... times) {
        int n = times.length;
        double[] told = new double[n];
        double[] alphas = new double[n + 1];
        double[] sigmas = new double[n + 1];
        for (int i = 0; i < n; i++) {
            told[i] = timesteps * times[i];
            alphas[i] = 1 - times[i];
            sigmas[i] = times[i];
        }
        alphas[n] = 1;
        return new Trajectory(told, alphas, sigmas);
    }

    /**
     * The last part of it, at least one step: what is left for something that is mixed with noise part of the way.
     *
     * @param share of the steps, above 0; 1: all of them
     */
    public Trajectory tail(double share) {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException("a share of " + share + ": expected above 0 and at most 1");
        }
        int from = steps() - Math.max(1, (int) (steps() * share));
        return new Trajectory(Arrays.copyOfRange(timesteps, from, timesteps.length),
                Arrays.copyOfRange(alphas, from, alphas.length), Arrays.copyOfRange(sigmas, from, sigmas.length));
    }

    /** n, how often the denoiser is asked. */
    public int steps() {
        return timesteps.length;
    }

    public double timestep(int i) {
        return timesteps[i];
    }

    /** α at level i, 0 ≤ i ≤ n. */
    public double alpha(int i) {
        return alphas[i];
    }

    /** σ at level i, 0 ≤ i ≤ n. */
    public double sigma(int i) {
        return sigmas[i];
    }

    /** λ = ln(α/σ), half the log signal-to-noise ratio; infinite at the clean end. */
    public double lambda(int i) {
        return Math.log(alphas[i] / sigmas[i]);
    }
}
