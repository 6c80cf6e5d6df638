package io.zoetrope.diffusion;

/**
 * Ancestral sampling (Ho et al. 2020, eq. 7) over any subset of the timesteps: draws from the Gaussian posterior
 * q(x_s | x_t, x̂_0) with its own variance ("fixed small"):
 *
 * <pre>
 *   r    = α_t/α_s,   b = 1 − r² σ_s²/σ_t²
 *   mean = r (σ_s²/σ_t²) x_t + α_s b x̂_0
 *   var  = σ_s² b
 * </pre>
 *
 * The published formulas, written so that they hold for any (α, σ): σ_t² b = σ_t² − r² σ_s² is the noise that the
 * forward process adds between the levels, β_t where they are neighbours on a variance-preserving schedule.
 */
public record Ddpm() implements Sampler {
    @Override
    public String name() {
        return "ddpm";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        double ratio = trajectory.alpha(i) / trajectory.alpha(i + 1);
        double kept = trajectory.sigma(i + 1) * trajectory.sigma(i + 1) / (trajectory.sigma(i) * trajectory.sigma(i));
        double added = 1 - ratio * ratio * kept;
        return new Update(ratio * kept, trajectory.alpha(i + 1) * added, 0, trajectory.sigma(i + 1) * Math.sqrt(added));
    }
}
