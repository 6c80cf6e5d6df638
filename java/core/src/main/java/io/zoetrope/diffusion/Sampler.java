package io.zoetrope.diffusion;

import io.zoetrope.io.PackageClasses;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A way to walk from noise to sample: gives the update's coefficients for each step of a trajectory.
 *
 * <p>Samplers see only x̂_0, never the denoiser's raw output, so each works with every prediction type and with
 * clipping of x̂_0; ε̂ is the one consistent with the (clipped) x̂_0, (x − α x̂_0)/σ, but for {@link UnclippedDdim}.
 */
public interface Sampler {
    /**
     * Coefficients of one update: x' = fromX·x + fromClean·x̂_0 + fromUnclipped·x̃_0 + fromPrevious·h + fromOlder·g +
     * noise·z.
     *
     * @param fromX         of x_t
     * @param fromClean     of x̂_0
     * @param fromUnclipped of x̃_0, which is x̂_0 before it is clipped
     * @param fromPrevious  of h, the x̂_0 of the denoiser call before this
     * @param fromOlder     of g, the x̂_0 of the one before that
     * @param noise         of fresh noise
     */
    record Update(double fromX, double fromClean, double fromUnclipped, double fromPrevious, double fromOlder,
            double noise) {
        /** Of what nearly every sampler is made of. */
        public Update(double fromX, double fromClean, double fromPrevious, double noise) {
            this(fromX, fromClean, 0, fromPrevious, 0, noise);
        }

        Update withUnclipped(double weight) {
            return new Update(fromX, fromClean, weight, fromPrevious, fromOlder, noise);
        }

        Update withOlder(double weight) {
            return new Update(fromX, fromClean, fromUnclipped, fromPrevious, weight, noise);
        }
    }

    /** The update of step {@code i}, from level i of the trajectory to level i + 1. */
    Update update(Trajectory trajectory, int i);

    /**
     * What follows it in the same step, for methods that ask the denoiser more than once: each at level i + 1, staying
     * there.
     */
    default List<Update> corrections(Trajectory trajectory, int i) {
        return List.of();
    }

    /** What users call it. */
    String name();

    /**
     * This sampler with that share of fresh noise, see {@link Ddim}.
     *
     * @throws IllegalArgumentException if it has no such
     * setting
     */
    default Sampler withEta(double eta) {
        if (eta != 0) {
            throw new IllegalArgumentException(
                    "eta is a setting of ddim; " + name() + " has none (got eta = " + eta + ")");
        }
        return this;
    }

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
        List<SamplerPlan.Step> rows = new ArrayList<>(trajectory.steps());
        for (int i = 0; i < trajectory.steps(); i++) {
            rows.add(SamplerPlan.Step.at(trajectory, i, 0, prediction, clip, update(trajectory, i)));
            List<Update> corrections = corrections(trajectory, i);
            for (int stage = 1; stage <= corrections.size(); stage++) {
                rows.add(SamplerPlan.Step.at(trajectory, i + 1, stage, prediction, clip, corrections.get(stage - 1)));
            }
        }
        return new SamplerPlan(rows);
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
     * All samplers, by name: the classes of this package that are one, made by their constructors without parameters.
     */
    static List<Sampler> all() {
        return PackageClasses.of(Sampler.class).stream().map(type -> {
            try {
                return (Sampler) type.getDeclaredConstructor().newInstance();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(type + " needs a constructor without parameters", e);
            }
        }).sorted(Comparator.comparing(Sampler::name)).toList();
    }

    /** Their names. */
    static List<String> names() {
        return all().stream().map(Sampler::name).toList();
    }

    /**
     * The sampler called {@code name}, one of {@link #names}.
     *
     * @param eta DDIM's η; the others take only 0
     */
    static Sampler named(String name, double eta) {
        return all().stream().filter(sampler -> sampler.name().equalsIgnoreCase(name)).findFirst().orElseThrow(
                () -> new IllegalArgumentException("unknown sampler '" + name + "'; expected one of " + names()))
                .withEta(eta);
    }
}
