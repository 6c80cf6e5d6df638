package io.zoetrope.diffusion;

/**
 * DDIM whose direction ignores the clipping of x̂_0, as diffusers' pipelines run it ({@code use_clipped_model_output}
 * left at false): ε̂ is what the network said, (x − α_t x̃_0)/σ_t with the estimate x̃_0 before clipping,
 *
 * <pre>
 *   x' = α_s x̂_0 + √(σ_s² − s²) (x − α_t x̃_0)/σ_t + s z
 * </pre>
 *
 * with s as for {@link Ddim}, which it equals where nothing is clipped. The pair (x̂_0, ε̂) then no longer mixes to x
 * where something was.
 *
 * @param eta η in [0, 1]
 */
public record UnclippedDdim(double eta) implements Sampler {
    public UnclippedDdim {
        new Ddim(eta); // has the same bounds
    }

    /** η = 0: no fresh noise. */
    public UnclippedDdim() {
        this(0);
    }

    @Override
    public Sampler withEta(double other) {
        return new UnclippedDdim(other);
    }

    @Override
    public String name() {
        return "ddim-unclipped";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        Update clipped = new Ddim(eta).update(trajectory, i);
        double unclipped = -clipped.fromX() * trajectory.alpha(i);
        return new Update(clipped.fromX(), trajectory.alpha(i + 1), 0, clipped.noise()).withUnclipped(unclipped);
    }
}
