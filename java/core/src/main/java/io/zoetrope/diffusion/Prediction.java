package io.zoetrope.diffusion;

import java.util.Locale;

/**
 * What a denoiser's output means. Each type is an affine view of the same pair (x_0, ε), so all convert into each
 * other given x_t = α x_0 + σ ε.
 */
public enum Prediction {
    /** The noise ε (Ho et al. 2020). */
    EPSILON {
        @Override
        public double target(double clean, double noise, double alpha, double sigma) {
            return noise;
        }

        @Override
        double cleanFromX(double alpha, double sigma) {
            return 1 / positive(alpha, this);
        }

        @Override
        double cleanFromOutput(double alpha, double sigma) {
            return -sigma / positive(alpha, this);
        }
    },
    /** The velocity v = α ε − σ x_0 (Salimans and Ho 2022); well-behaved at every noise level. */
    V {
        @Override
        public double target(double clean, double noise, double alpha, double sigma) {
            return alpha * noise - sigma * clean;
        }

        @Override
        double cleanFromX(double alpha, double sigma) {
            return alpha / (alpha * alpha + sigma * sigma);
        }

        @Override
        double cleanFromOutput(double alpha, double sigma) {
            return -sigma / (alpha * alpha + sigma * sigma);
        }
    },
    /**
     * The velocity u = ε − x_0 of a straight path (rectified flow, Liu et al. 2022); well-behaved at every noise level.
     */
    FLOW {
        @Override
        public double target(double clean, double noise, double alpha, double sigma) {
            return noise - clean;
        }

        @Override
        double cleanFromX(double alpha, double sigma) {
            return 1 / (alpha + sigma);
        }

        @Override
        double cleanFromOutput(double alpha, double sigma) {
            return -sigma / (alpha + sigma);
        }
    },
    /** The clean sample x_0 itself. */
    SAMPLE {
        @Override
        public double target(double clean, double noise, double alpha, double sigma) {
            return clean;
        }

        @Override
        double cleanFromX(double alpha, double sigma) {
            return 0;
        }

        @Override
        double cleanFromOutput(double alpha, double sigma) {
            return 1;
        }
    };

    /** The training target for clean sample {@code clean} and the {@code noise} mixed into it. */
    public abstract double target(double clean, double noise, double alpha, double sigma);

    /** p in x̂_0 = p·x_t + q·output. */
    abstract double cleanFromX(double alpha, double sigma);

    /** q in x̂_0 = p·x_t + q·output. */
    abstract double cleanFromOutput(double alpha, double sigma);

    /** x̂_0 implied by {@code output} at x_t = {@code x}. */
    public double clean(double x, double output, double alpha, double sigma) {
        return cleanFromX(alpha, sigma) * x + cleanFromOutput(alpha, sigma) * output;
    }

    /** ε̂ implied by {@code output} at x_t = {@code x}. */
    public double noise(double x, double output, double alpha, double sigma) {
        return (x - alpha * clean(x, output, alpha, sigma)) / sigma;
    }

    /** {@code output}, which is of this type, as a denoiser of type {@code other} would have said it. */
    public double convert(Prediction other, double x, double output, double alpha, double sigma) {
        return other == this ? output
                : other.target(clean(x, output, alpha, sigma), noise(x, output, alpha, sigma), alpha, sigma);
    }

    /** The name a diffusers scheduler configuration gives this type. */
    public String diffusersName() {
        return switch (this) {
            case V -> "v_prediction";
            case FLOW -> "flow_prediction";
            default -> name().toLowerCase(Locale.ROOT);
        };
    }

    private static double positive(double alpha, Prediction type) {
        if (!(alpha > 0)) {
            throw new IllegalArgumentException("prediction type " + type.diffusersName()
                    + " says nothing about x_0 where ᾱ = 0; use v_prediction or sample with such a schedule");
        }
        return alpha;
    }
}
