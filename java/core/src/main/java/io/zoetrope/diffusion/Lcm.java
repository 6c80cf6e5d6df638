package io.zoetrope.diffusion;

/**
 * Multistep consistency sampling (Song et al. 2023, algorithm 1; Luo et al. 2023 for latent consistency models): every
 * step takes the estimate for the sample and noises it afresh to the next level,
 *
 * <pre>
 *   x' = α_s x̂_0 + σ_s z
 * </pre>
 *
 * For models distilled to name the end of the flow in one call: then any number of steps is exact in distribution. An
 * ordinary denoiser names the mean of all samples that fit instead, and few of these steps give too smooth a picture.
 *
 * <p>The boundary terms c_skip and c_out that consistency models are trained with are left out: with the published
 * timestep scaling of 10 and σ_data = 0.5, c_skip is below 1e-5 from timestep 16 on.
 */
public record Lcm() implements Sampler {
    @Override
    public String name() {
        return "lcm";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        return new Update(0, trajectory.alpha(i + 1), 0, trajectory.sigma(i + 1));
    }
}
