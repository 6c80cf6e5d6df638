package io.zoetrope.diffusion;

/**
 * Euler's method on a straight path (rectified flow, Liu et al. 2022): with z = x/(α + σ), which is (1 − t) x_0 + t ε
 * at the flow's time t = σ/(α + σ), and the velocity v = (z − x̂_0)/t,
 *
 * <pre>
 *   z' = z + (t' − t) v
 * </pre>
 *
 * For {@link Trajectory#flow} z is x itself. While x̂_0 stands still every such line is exact, whatever the variables;
 * the update is therefore that of {@link Euler} and of {@link Ddim} with η = 0. First order.
 */
public record FlowEuler() implements Sampler {
    @Override
    public String name() {
        return "flow-euler";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        return new Ddim().update(trajectory, i);
    }
}
