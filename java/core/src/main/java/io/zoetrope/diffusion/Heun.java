package io.zoetrope.diffusion;

import java.util.List;

/**
 * Heun's method for the probability-flow ODE (Karras et al. 2022, algorithm 1 without churn): second order, two
 * denoiser calls a step. In y = x/α over s = σ/α, with r = s'/s, the slopes at both ends of the step are averaged:
 *
 * <pre>
 *   y_e = y + (s' − s) (y − c)/s                                    Euler's step, with the estimate c = x̂_0 at s
 *   y'  = y + (s' − s)/2 ((y − c)/s + (y_e − c_e)/s')               with the estimate c_e at s', from y_e
 *       = y_e + (1 − r)/(2r) (c_e − c)
 * </pre>
 *
 * so that the second call needs Euler's result and the estimate before it, and the step's start no more. There is no
 * second call on the step to the clean sample, where s' is 0 (as published), nor on one from s above 200, more noise
 * than any published sampler starts with: x says nothing of the sample there, and the correction, which grows with 1/r,
 * would be all there is in the result. Cosine schedules begin so, and those that end in nothing but noise.
 */
public record Heun() implements Sampler {
    /** σ/α above which there is nothing but noise. */
    private static final double PURE_NOISE = 200;

    @Override
    public String name() {
        return "heun";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        double direction = trajectory.sigma(i + 1) / trajectory.sigma(i);
        return new Update(direction, trajectory.alpha(i + 1) - direction * trajectory.alpha(i), 0, 0);
    }

    @Override
    public List<Update> corrections(Trajectory trajectory, int i) {
        boolean fromNoise = trajectory.sigma(i) > PURE_NOISE * trajectory.alpha(i);
        if (fromNoise || i + 1 == trajectory.steps()) {
            return List.of();
        }
        double r = trajectory.sigma(i + 1) * trajectory.alpha(i) / (trajectory.alpha(i + 1) * trajectory.sigma(i));
        double half = trajectory.alpha(i + 1) * (1 - r) / (2 * r);
        return List.of(new Update(1, half, -half, 0));
    }
}
