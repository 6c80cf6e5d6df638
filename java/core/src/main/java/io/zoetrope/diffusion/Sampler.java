package io.zoetrope.diffusion;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A way to walk from noise to sample: gives the update's coefficients for each step of a trajectory.
 *
 * <p>Samplers see only x̂_0, never the denoiser's raw output, so each works with every prediction type and with
 * clipping of x̂_0; ε̂ is always the one consistent with the (clipped) x̂_0, (x − α x̂_0)/σ.
 */
public interface Sampler {
    /** Coefficients of one update: x' = fromX·x + fromClean·x̂_0 + fromPrevious·x̂_0(previous step) + noise·z. */
    record Update(double fromX, double fromClean, double fromPrevious, double noise) { }

    /** The update of step {@code i}, from level i of the trajectory to level i + 1. */
    Update update(Trajectory trajectory, int i);

    /** The name the command line uses. */
    String name();

    /** Compiles a run without clipping. */
    default SamplerPlan plan(Trajectory trajectory, Prediction prediction) {
        return plan(trajectory, prediction, Double.POSITIVE_INFINITY);
    }

    /**
     * Compiles a run.
     *
     * @param clip bound on |x̂_0|; 1 for pictures in [−1, 1], infinite for none
     */
    default SamplerPlan plan(Trajectory trajectory, Prediction prediction, double clip) {
        if (!(clip > 0)) {
            throw new IllegalArgumentException("the clip bound of x̂_0 must be positive, not " + clip);
        }
        List<SamplerPlan.Step> steps = new ArrayList<>(trajectory.steps());
        for (int i = 0; i < trajectory.steps(); i++) {
            double alpha = trajectory.alpha(i);
            double sigma = trajectory.sigma(i);
            Update update = update(trajectory, i);
            steps.add(new SamplerPlan.Step(trajectory.timestep(i), alpha, sigma, prediction.cleanFromX(alpha, sigma),
                    prediction.cleanFromOutput(alpha, sigma), -clip, clip, update.fromX(), update.fromClean(),
                    update.fromPrevious(), update.noise()));
        }
        return new SamplerPlan(steps);
    }

    /** Ancestral sampling; see {@link Ddpm}. */
    static Sampler ddpm() {
        return new Ddpm();
    }

    /** DDIM; η = 0 is deterministic, η = 1 equals {@link #ddpm()}. See {@link Ddim}. */
    static Sampler ddim(double eta) {
        return new Ddim(eta);
    }

    /** DPM-Solver++ 2M; see {@link DpmSolver2M}. */
    static Sampler dpmSolver2M() {
        return new DpmSolver2M();
    }

    /**
     * The sampler called {@code name}: ddpm, ddim or dpm++2m.
     *
     * @param eta DDIM's η; the others take only 0
     */
    static Sampler named(String name, double eta) {
        Sampler sampler = switch (name.toLowerCase(Locale.ROOT)) {
            case "ddpm" -> ddpm();
            case "ddim" -> ddim(eta);
            case "dpm++2m" -> dpmSolver2M();
            default -> throw new IllegalArgumentException(
                    "unknown sampler '" + name + "'; expected ddpm, ddim or dpm++2m");
        };
        if (eta != 0 && !(sampler instanceof Ddim)) {
            throw new IllegalArgumentException("eta is a setting of ddim; " + sampler.name() + " has none (got eta = "
                    + eta + ")");
        }
        return sampler;
    }
}
