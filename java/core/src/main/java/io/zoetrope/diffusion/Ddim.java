package io.zoetrope.diffusion;

/**
 * DDIM (Song et al. 2021, eq. 12 and 16): moves along ε̂ = (x − α_t x̂_0)/σ_t to the next level,
 *
 * <pre>
 *   s  = η (σ_s/σ_t) √(σ_t² − (α_t/α_s)² σ_s²)      fresh noise, η times that of ancestral sampling
 *   x' = α_s x̂_0 + √(σ_s² − s²) ε̂ + s z
 * </pre>
 *
 * With η = 0 it is Euler's method for the probability-flow ODE in the variable x/α over σ/α: first order.
 *
 * @param eta η in [0, 1]
 */
public record Ddim(double eta) implements Sampler {
    public Ddim {
        if (!(eta >= 0 && eta <= 1)) {
            throw new IllegalArgumentException("eta must be between 0 and 1, not " + eta);
        }
    }

    /** η = 0: no fresh noise. */
    public Ddim() {
        this(0);
    }

    @Override
    public Sampler withEta(double other) {
        return new Ddim(other);
    }

    @Override
    public String name() {
        return "ddim";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        double alpha = trajectory.alpha(i);
        double sigma = trajectory.sigma(i);
        double nextAlpha = trajectory.alpha(i + 1);
        double nextSigma = trajectory.sigma(i + 1);
        double ratio = alpha / nextAlpha;
        double noise = eta * nextSigma / sigma * Math.sqrt(sigma * sigma - ratio * ratio * nextSigma * nextSigma);
        double direction = Math.sqrt(Math.max(0, nextSigma * nextSigma - noise * noise));
        return new Update(direction / sigma, nextAlpha - direction * alpha / sigma, 0, noise);
    }
}
