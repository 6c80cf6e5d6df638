package io.zoetrope.ops.optim;

/**
 * Hyper-parameters in the form that all optimisers share. Start from {@link #of} and change what differs.
 *
 * @param learningRate  of each step
 * @param beta1 as {@code beta2} and {@code epsilon} in double: 0.999f would make 1 − 0.999 wrong by 1.3e-5 of
 *                      itself
 * @param weightDecay   decoupled decay: each step takes rate·weightDecay of the weight
 * @param maxNorm       gradients of a larger global norm are scaled down to it; 0: never
 * @param gradientScale every gradient is multiplied by it first: 1/k when k batches were added up
 * @param emaDecay      decay of the moving average of the weights
 * @param emaWarmUp     w: at step t the decay is min(emaDecay, (1+t)/(w+t)); 10 by custom, 0: none
 */
public record Hyper(LearningRate learningRate, double beta1, double beta2, double epsilon, float weightDecay,
        float maxNorm, float gradientScale, float emaDecay, float emaWarmUp) {
    static final int SIZE = 17;

    public Hyper {
        check(beta1 >= 0 && beta1 < 1, "beta1", beta1, "0 <= beta1 < 1");
        check(beta2 >= 0 && beta2 < 1, "beta2", beta2, "0 <= beta2 < 1");
        check((float) epsilon > 0 && Float.isFinite((float) epsilon), "epsilon", epsilon,
                "a positive number that F32 can hold");
        check(weightDecay >= 0 && Float.isFinite(weightDecay), "weightDecay", weightDecay, "0 or more");
        check(maxNorm >= 0, "maxNorm", maxNorm, "0 (no clipping) or more");
        check(Float.isFinite(gradientScale), "gradientScale", gradientScale, "a finite number");
        check(emaDecay >= 0 && emaDecay <= 1, "emaDecay", emaDecay, "0 to 1");
        check(emaWarmUp >= 0 && Float.isFinite(emaWarmUp), "emaWarmUp", emaWarmUp, "0 (none) or more");
    }

    /** β 0.9 and 0.999, ε 1e-8, no decay, no clipping, constant rate, moving average 0.9999 warming up. */
    public static Hyper of(float rate) {
        return of(LearningRate.constant(rate));
    }

    /** As {@link #of(float)} with a rate that changes. */
    public static Hyper of(LearningRate learningRate) {
        return new Hyper(learningRate, 0.9, 0.999, 1e-8, 0, 0, 1, 0.9999f, 10);
    }

    public Hyper withBetas(double newBeta1, double newBeta2) {
        return new Hyper(learningRate, newBeta1, newBeta2, epsilon, weightDecay, maxNorm, gradientScale, emaDecay,
                emaWarmUp);
    }

    public Hyper withEpsilon(double newEpsilon) {
        return new Hyper(learningRate, beta1, beta2, newEpsilon, weightDecay, maxNorm, gradientScale, emaDecay,
                emaWarmUp);
    }

    public Hyper withWeightDecay(float decay) {
        return new Hyper(learningRate, beta1, beta2, epsilon, decay, maxNorm, gradientScale, emaDecay, emaWarmUp);
    }

    public Hyper withMaxNorm(float norm) {
        return new Hyper(learningRate, beta1, beta2, epsilon, weightDecay, norm, gradientScale, emaDecay, emaWarmUp);
    }

    public Hyper withGradientScale(float scale) {
        return new Hyper(learningRate, beta1, beta2, epsilon, weightDecay, maxNorm, scale, emaDecay, emaWarmUp);
    }

    public Hyper withEma(float decay, float warmUp) {
        return new Hyper(learningRate, beta1, beta2, epsilon, weightDecay, maxNorm, gradientScale, decay, warmUp);
    }

    /** Linear warm-up, then a cosine to {@code last} at step {@code total} (0: constant). */
    public Hyper withSchedule(long warmUp, long total, float last) {
        return new Hyper(LearningRate.cosine(learningRate.peak(), total, last).withWarmUp(warmUp), beta1, beta2,
                epsilon, weightDecay, maxNorm, gradientScale, emaDecay, emaWarmUp);
    }

    /** In the order of the device code's {@code optim::Hyper}. */
    float[] values() {
        return new float[] {learningRate.peak(), (float) beta1, (float) beta2, (float) epsilon, weightDecay, maxNorm,
                gradientScale, emaDecay, emaWarmUp, learningRate.warmUpSteps(), learningRate.totalSteps(),
                learningRate.last(), (float) (1 - beta1), (float) (1 - beta2), learningRate.schedule().ordinal(),
                learningRate.dropPeriod(), learningRate.dropFactor()};
    }

    static void check(boolean condition, String name, Number value, String expected) {
        if (!condition) {
            throw new IllegalArgumentException("optimizer: " + name + " is " + value + ", expected " + expected);
        }
    }
}
