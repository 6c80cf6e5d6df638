package io.zoetrope.diffusion;

/**
 * DPM-Solver++ 2M (Lu et al. 2022, algorithm 2): a second-order multistep exponential integrator on x̂_0, one denoiser
 * call a step. With λ = ln(α/σ), h = λ_s − λ_t, the previous step's h₀ and r = h₀/h:
 *
 * <pre>
 *   D  = (1 + 1/(2r)) x̂_0 − 1/(2r) x̂_0(previous)
 *   x' = (σ_s/σ_t) x − α_s (e^{−h} − 1) D
 * </pre>
 *
 * The first step has no history and is first order. So is a last step that ends on the clean sample: there h is
 * infinite, where extrapolation means nothing and the update's limit is x' = x̂_0.
 */
public record DpmSolver2M() implements Sampler {
    @Override
    public String name() {
        return "dpm++2m";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        double fromX = trajectory.sigma(i + 1) / trajectory.sigma(i);
        double gain = trajectory.alpha(i + 1) - trajectory.alpha(i) * fromX; // = −α_s (e^{−h} − 1)
        double weight = extrapolation(trajectory, i);
        return new Update(fromX, gain * (1 + weight), -gain * weight, 0);
    }

    /** 1/(2r): how far step {@code i} extrapolates from the estimates; 0 where it cannot. */
    static double extrapolation(Trajectory trajectory, int i) {
        if (i == 0 || trajectory.sigma(i + 1) == 0 || trajectory.alpha(i - 1) == 0) {
            return 0;
        }
        double h = trajectory.lambda(i + 1) - trajectory.lambda(i);
        double before = trajectory.lambda(i) - trajectory.lambda(i - 1);
        return h / (2 * before);
    }
}
