package io.zoetrope.diffusion;

/**
 * Euler's method with fresh noise (Karras et al. 2022's notation; the "ancestral" samplers of k-diffusion). In y = x/α
 * over s = σ/α the step goes deterministically below its end and is noised back up to it:
 *
 * <pre>
 *   up²  = s'² (s² − s'²)/s²,   down² = s'² − up²
 *   y'   = y + (down − s) (y − x̂_0)/s + up z
 * </pre>
 *
 * As down = s'²/s this draws from the posterior q(y_s' | y_s, x̂_0): the step of {@link Ddpm} with another derivation.
 */
public record EulerAncestral() implements Sampler {
    @Override
    public String name() {
        return "euler-ancestral";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        double alpha = trajectory.alpha(i);
        double nextAlpha = trajectory.alpha(i + 1);
        double nextSigma = trajectory.sigma(i + 1);
        // α s'/s in terms that stay finite where α is 0.
        double kept = nextSigma * alpha / (nextAlpha * trajectory.sigma(i));
        double down = nextSigma * kept;
        double fromX = down / trajectory.sigma(i);
        return new Update(fromX, nextAlpha - fromX * alpha, 0, nextSigma * Math.sqrt(Math.max(0, 1 - kept * kept)));
    }
}
