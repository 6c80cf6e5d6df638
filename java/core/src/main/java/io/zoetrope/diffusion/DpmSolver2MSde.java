package io.zoetrope.diffusion;

/**
 * SDE-DPM-Solver++ 2M (Lu et al. 2022, appendix; diffusers' {@code sde-dpmsolver++}): the second-order multistep
 * integrator of {@link DpmSolver2M} for the reverse SDE, one denoiser call a step. With h and D as there,
 *
 * <pre>
 *   x' = (σ_s/σ_t) e^{−h} x + α_s (1 − e^{−2h}) D + σ_s √(1 − e^{−2h}) z
 * </pre>
 *
 * Without the history it is ancestral sampling, {@link Ddpm}. The first step and a last one to the clean sample are
 * first order, for the reasons given there.
 */
public record DpmSolver2MSde() implements Sampler {
    @Override
    public String name() {
        return "dpm++2m-sde";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        double ratio = trajectory.sigma(i + 1) / trajectory.sigma(i);
        double decay = ratio * trajectory.alpha(i) / trajectory.alpha(i + 1); // = e^{−h}
        double added = 1 - decay * decay;
        double gain = trajectory.alpha(i + 1) * added;
        double weight = DpmSolver2M.extrapolation(trajectory, i);
        return new Update(ratio * decay, gain * (1 + weight), -gain * weight,
                trajectory.sigma(i + 1) * Math.sqrt(added));
    }
}
