package io.zoetrope.ops.optim;

/**
 * The learning rate of each step: it grows linearly to its peak over the warm-up, then follows a schedule. The device
 * computes it from the number of steps taken, which is all the state it has.
 *
 * @param schedule    after the warm-up
 * @param peak        the highest rate
 * @param warmUpSteps step t of the warm-up has peak·t/warmUpSteps; 0: none
 * @param totalSteps {@link Schedule#COSINE} and {@link Schedule#LINEAR}: where {@code last} is reached, counted from
 *                    the run's start; from there on it stays. 0: the rate stays at its peak
 * @param last        the rate at {@code totalSteps}
 * @param dropPeriod  {@link Schedule#STEPS}: steps between two drops
 * @param dropFactor  {@link Schedule#STEPS}: by which each drop multiplies the rate
 */
public record LearningRate(Schedule schedule, float peak, long warmUpSteps, long totalSteps, float last,
        long dropPeriod, float dropFactor) {
    private static final long MAX_EXACT_STEPS = 1L << 24;

    /** How the rate goes on after its warm-up, in the order of the device code. */
    public enum Schedule {
        /** Half a cosine from the peak to the last rate (Loshchilov and Hutter 2017). */
        COSINE,
        /** A line from the peak to the last rate. */
        LINEAR,
        /** Falls by a factor each time a period is over. */
        STEPS
    }

    public LearningRate {
        Hyper.check(peak >= 0 && Float.isFinite(peak), "rate", peak, "a finite number, 0 or more");
        Hyper.check(warmUpSteps >= 0 && warmUpSteps <= MAX_EXACT_STEPS, "warmUpSteps", warmUpSteps,
                "0 to " + MAX_EXACT_STEPS);
        Hyper.check(totalSteps >= 0 && totalSteps <= MAX_EXACT_STEPS, "totalSteps", totalSteps,
                "0 to " + MAX_EXACT_STEPS);
        Hyper.check(last >= 0 && Float.isFinite(last), "finalRate", last, "a finite number, 0 or more");
        Hyper.check(dropPeriod >= 1 && dropPeriod <= MAX_EXACT_STEPS, "dropPeriod", dropPeriod,
                "1 to " + MAX_EXACT_STEPS);
        Hyper.check(dropFactor >= 0 && dropFactor <= 1, "dropFactor", dropFactor, "0 to 1");
    }

    /** The same in all steps. */
    public static LearningRate constant(float rate) {
        return cosine(rate, 0, 0);
    }

    /** Falls as a cosine to {@code last} at step {@code total}. */
    public static LearningRate cosine(float peak, long total, float last) {
        return new LearningRate(Schedule.COSINE, peak, 0, total, last, 1, 1);
    }

    /** Falls linearly to {@code last} at step {@code total}. */
    public static LearningRate linear(float peak, long total, float last) {
        return new LearningRate(Schedule.LINEAR, peak, 0, total, last, 1, 1);
    }

    /** Is multiplied by {@code factor} after every {@code period} steps at and after the peak. */
    public static LearningRate steps(float peak, long period, float factor) {
        return new LearningRate(Schedule.STEPS, peak, 0, 0, 0, period, factor);
    }

    /** The same after a linear warm-up, which counts as part of the total. */
    public LearningRate withWarmUp(long steps) {
        return new LearningRate(schedule, peak, steps, totalSteps, last, dropPeriod, dropFactor);
    }
}
