package io.zoetrope.diffusion;

/**
 * Euler's method for the probability-flow ODE (Karras et al. 2022, algorithm 1 without its correction), in y = x/α over
 * s = σ/α: y' = y + (s' − s) (y − x̂_0)/s.
 *
 * <p>As long as x̂_0 stands still the ODE's solution is a straight line in y over s, which the step follows exactly; so
 * it is the update of {@link Ddim} with η = 0, and that of {@link FlowEuler}, and first order.
 */
public record Euler() implements Sampler {
    @Override
    public String name() {
        return "euler";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        return new Ddim().update(trajectory, i);
    }
}
