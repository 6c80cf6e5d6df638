package io.zoetrope.nn;

import java.util.SplittableRandom;

/** How a parameter's first values are drawn. */
@FunctionalInterface
public interface Init {
    void fill(float[] values, SplittableRandom random);

    static Init constant(float value) {
        return (values, random) -> java.util.Arrays.fill(values, value);
    }

    static Init zeros() {
        return constant(0);
    }

    /** Uniform in (-bound, bound). */
    static Init uniform(double bound) {
        return (values, random) -> {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (bound * (2 * random.nextDouble() - 1));
            }
        };
    }

    /**
     * Uniform with bound 1/√fanIn: variance 1/(3·fanIn), the customary default for layers followed by a saturating or
     * rectifying activation (He et al. 2015 with a = √5).
     */
    static Init fanIn(long fanIn) {
        return uniform(1 / Math.sqrt(fanIn));
    }

    /** Normal with mean 0. */
    static Init normal(double deviation) {
        return (values, random) -> {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (deviation * random.nextGaussian());
            }
        };
    }

    /**
     * Normal with variance 2/((1 + s²)·fanIn), which keeps the variance through a leaky ReLU of negative slope s (He et
     * al. 2015).
     */
    static Init heNormal(long fanIn, double negativeSlope, double gain) {
        return normal(gain * Math.sqrt(2 / ((1 + negativeSlope * negativeSlope) * fanIn)));
    }
}
