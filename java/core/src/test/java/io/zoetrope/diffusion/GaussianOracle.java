package io.zoetrope.diffusion;

/**
 * Data x_0 ~ N(mean, deviation²): the ideal denoiser is known in closed form, and the probability-flow ODE maps
 * x_t to x_s by matching quantiles.
 */
record GaussianOracle(double mean, double deviation) {
    /**
     * Variance-exploding levels σ_i of Karras et al. 2022 (ρ = 7): from 80 to 0.002 in n steps, and no last one to 0.
     */
    static Trajectory karras(int n) {
        double[] alphas = new double[n + 1];
        double[] sigmas = new double[n + 1];
        double high = Math.pow(80, 1 / 7.0);
        double low = Math.pow(0.002, 1 / 7.0);
        for (int i = 0; i <= n; i++) {
            alphas[i] = 1;
            sigmas[i] = Math.pow(high + (low - high) * i / n, 7);
        }
        return new Trajectory(new double[n], alphas, sigmas);
    }

    /** E[x_0 | x_t = x]. */
    double clean(double x, double alpha, double sigma) {
        double variance = deviation * deviation;
        return mean + alpha * variance / (alpha * alpha * variance + sigma * sigma) * (x - alpha * mean);
    }

    /** The ideal denoiser, speaking in terms of {@code prediction}. */
    SamplerPlan.Denoiser denoiser(Prediction prediction) {
        return (x, step) -> {
            double[] output = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                double clean = clean(x[i], step.alpha(), step.sigma());
                double noise = (x[i] - step.alpha() * clean) / step.sigma();
                output[i] = prediction.target(clean, noise, step.alpha(), step.sigma());
            }
            return output;
        };
    }

    /** Standard deviation of x_t. */
    double deviationAt(double alpha, double sigma) {
        return Math.sqrt(alpha * alpha * deviation * deviation + sigma * sigma);
    }

    /** Where the exact flow takes {@code x} from level {@code from} of the trajectory to its end. */
    double flowToEnd(double x, Trajectory trajectory) {
        int n = trajectory.steps();
        double z = (x - trajectory.alpha(0) * mean) / deviationAt(trajectory.alpha(0), trajectory.sigma(0));
        return trajectory.alpha(n) * mean + deviationAt(trajectory.alpha(n), trajectory.sigma(n)) * z;
    }
}
