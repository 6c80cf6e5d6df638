package io.zoetrope.diffusion;

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
        return startingAt(schedule, spacing.timesteps(schedule.timesteps(), steps));
    }

    /**
     * Through the given strictly falling timesteps to the clean sample; a run that starts from a picture noised part of
     * the way (img2img) passes the tail of a spacing.
     */
    public static Trajectory startingAt(NoiseSchedule schedule, int[] visited) {
        int n = visited.length;
        double[] timesteps = new double[n];
        double[] alphas = new double[n + 1];
        double[] sigmas = new double[n + 1];
        for (int i = 0; i < n; i++) {
            timesteps[i] = visited[i];
            alphas[i] = schedule.alpha(visited[i]);
            sigmas[i] = schedule.sigma(visited[i]);
        }
        alphas[n] = 1;
        sigmas[n] = 0;
        return new Trajectory(timesteps, alphas, sigmas);
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
