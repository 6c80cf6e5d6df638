package io.zoetrope.diffusion;

import java.util.List;

/**
 * Heun's method on a straight path, second order with two denoiser calls a step: in z and t of {@link FlowEuler}, the
 * velocities at both ends of the step are averaged. With Euler's result z_e and the estimate c_e from it,
 *
 * <pre>
 *   v   = (z − c)/t = (z_e − c)/t'       as Euler's step is a line through c
 *   z'  = z_e + (t' − t)/2 ((z_e − c_e)/t' − v)
 *       = z_e + (t − t')/(2t') (c_e − c)
 * </pre>
 *
 * It differs from {@link Heun}, which averages slopes over σ/α: t ends at 1 in pure noise, where σ/α has no end, so
 * that here a step from pure noise is corrected as any other. The last step is Euler's, as there.
 */
public record FlowHeun() implements Sampler {
    private static final FlowEuler EULER = new FlowEuler();

    @Override
    public String name() {
        return "flow-heun";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        return EULER.update(trajectory, i);
    }

    @Override
    public List<Update> corrections(Trajectory trajectory, int i) {
        if (i + 1 == trajectory.steps()) {
            return List.of();
        }
        double sigma = trajectory.sigma(i + 1);
        double scale = trajectory.alpha(i + 1) + sigma;
        double time = sigma / scale;
        double before = trajectory.sigma(i) / (trajectory.alpha(i) + trajectory.sigma(i));
        double half = scale * (before - time) / (2 * time);
        return List.of(new Update(1, half, -half, 0));
    }
}
