package io.zoetrope.diffusion;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * A sampling run compiled to coefficients, a row for each call of the denoiser. Row i, elementwise over the batch:
 *
 * <pre>
 *   m  = denoiser(x, timestep_i)
 *   c  = clamp(cleanFromX·x + cleanFromOutput·m, clipLow, clipHigh)         the estimate x̂_0
 *   x' = fromX·x + fromClean·c + fromOutput·m + fromPrevious·h + fromOlder·g + noise·z,   z ~ N(0, 1)    the update
 *   g' = h,  h' = c                                          history for methods of several steps or calls
 * </pre>
 *
 * A sampler's step is one row, or several for one that asks the denoiser more than once a step ({@link Step#stage}
 * counts them): all read and leave the same x, h and g, so the device does not tell them apart.
 *
 * <p>Everything a sampler knows is in the numbers, so the device runs any of them with one recorded row that reads its
 * coefficients from a table. Most leave out m and g, and then a row is one kernel and {@link #table()} is its table;
 * for the others see {@link #isFused()}. h and g start as anything finite: rows that have no history yet have 0 for it.
 */
public final class SamplerPlan {
    /** Columns of {@link #table()}, in this order: the fields of {@link Step} from cleanFromX on. */
    public static final int COLUMNS = 8;

    /**
     * One row: a call of the denoiser and an update.
     *
     * @param stage           which of the rows of the sampler's step it is, from 0
     * @param timestep        what the denoiser is told
     * @param alpha           signal scale of the level the denoiser is asked at
     * @param sigma           noise scale of that level
     * @param cleanFromX      p in x̂_0 = p·x + q·m
     * @param cleanFromOutput q in x̂_0 = p·x + q·m
     * @param clipLow         lower bound of x̂_0, or −∞
     * @param clipHigh        upper bound of x̂_0, or +∞
     * @param fromX           coefficient of x_t
     * @param fromClean       coefficient of x̂_0
     * @param fromOutput      coefficient of the denoiser's output, beside what it does in x̂_0
     * @param fromPrevious    coefficient of the previous row's x̂_0
     * @param fromOlder       coefficient of the x̂_0 of the row before that
     * @param noise           scale of the fresh noise
     */
    public record Step(int stage, double timestep, double alpha, double sigma, double cleanFromX,
            double cleanFromOutput, double clipLow, double clipHigh, double fromX, double fromClean, double fromOutput,
            double fromPrevious, double fromOlder, double noise) {
        /** A row that asks the denoiser at {@code level} of the trajectory. */
        static Step at(Trajectory trajectory, int level, int stage, Prediction prediction, double clip,
                Sampler.Update update) {
            double alpha = trajectory.alpha(level);
            double sigma = trajectory.sigma(level);
            double p = prediction.cleanFromX(alpha, sigma);
            double q = prediction.cleanFromOutput(alpha, sigma);
            double unclipped = update.fromUnclipped();
            // Without a bound x̃_0 is x̂_0, and the update one of those that a single kernel makes.
            boolean bounded = Double.isFinite(clip);
            double fromX = bounded ? update.fromX() + unclipped * p : update.fromX();
            double fromClean = bounded ? update.fromClean() : update.fromClean() + unclipped;
            double fromOutput = bounded ? unclipped * q : 0;
            return new Step(stage, trajectory.timestep(level), alpha, sigma, p, q, -clip, clip, fromX, fromClean,
                    fromOutput, update.fromPrevious(), update.fromOlder(), update.noise());
        }
    }

    /** A denoiser over host doubles, for proofs and tests. */
    @FunctionalInterface
    public interface Denoiser {
        /** The prediction for {@code x} at {@code step}'s noise level; a new array of the same length. */
        double[] predict(double[] x, Step step);
    }

    private final List<Step> steps;

    SamplerPlan(List<Step> steps) {
        this.steps = List.copyOf(steps);
    }

    /** The rows. */
    public List<Step> steps() {
        return steps;
    }

    /** How many rows the sampler's step that begins with row {@code first} has. */
    public int rowsOfStep(int first) {
        int end = first + 1;
        while (end < steps.size() && steps.get(end).stage() > 0) {
            end++;
        }
        return end - first;
    }

    /** Whether some row reads the previous x̂_0. */
    public boolean usesHistory() {
        return steps.stream().anyMatch(step -> step.fromPrevious() != 0);
    }

    /** Whether some row reads the x̂_0 before the previous one. */
    public boolean usesOlder() {
        return steps.stream().anyMatch(step -> step.fromOlder() != 0);
    }

    /** Whether some row reads the denoiser's output beside its estimate. */
    public boolean usesOutput() {
        return steps.stream().anyMatch(step -> step.fromOutput() != 0);
    }

    /** Whether a row is the one kernel that reads {@link #table()}. */
    public boolean isFused() {
        return !usesOlder() && !usesOutput();
    }

    /** Whether some row adds noise. */
    public boolean isStochastic() {
        return steps.stream().anyMatch(step -> step.noise() != 0);
    }

    /**
     * The device's table for plans that are {@link #isFused()}, row-major [rows, {@value #COLUMNS}]: cleanFromX,
     * cleanFromOutput, clipLow, clipHigh, fromX, fromClean, fromPrevious, noise. Without clipping the bounds are
     * infinite.
     */
    public float[] table() {
        return table(List.of(Step::cleanFromX, Step::cleanFromOutput, Step::clipLow, Step::clipHigh, Step::fromX,
                Step::fromClean, Step::fromPrevious, Step::noise));
    }

    /** A table of some columns of all rows, row by row. */
    float[] table(List<ToDoubleFunction<Step>> columns) {
        float[] table = new float[steps.size() * columns.size()];
        int at = 0;
        for (Step step : steps) {
            for (ToDoubleFunction<Step> column : columns) {
                table[at++] = (float) column.applyAsDouble(step);
            }
        }
        return table;
    }

    /** The timesteps that the denoiser is told, one a row. */
    public float[] timesteps() {
        float[] timesteps = new float[steps.size()];
        for (int i = 0; i < timesteps.length; i++) {
            timesteps[i] = (float) steps.get(i).timestep();
        }
        return timesteps;
    }

    /** Runs the plan on the host. {@code x} is the starting noise and is left untouched. */
    public double[] run(Denoiser denoiser, double[] x, RandomGenerator random) {
        double[] now = x.clone();
        double[] previous = new double[x.length];
        double[] older = new double[x.length];
        for (Step step : steps) {
            double[] output = denoiser.predict(now, step);
            for (int i = 0; i < now.length; i++) {
                double clean = step.cleanFromX() * now[i] + step.cleanFromOutput() * output[i];
                clean = Math.max(step.clipLow(), Math.min(step.clipHigh(), clean));
                now[i] = step.fromX() * now[i] + step.fromClean() * clean + step.fromOutput() * output[i]
                        + step.fromPrevious() * previous[i] + step.fromOlder() * older[i]
                        + (step.noise() == 0 ? 0 : step.noise() * random.nextGaussian());
                older[i] = previous[i];
                previous[i] = clean;
            }
        }
        return now;
    }
}
