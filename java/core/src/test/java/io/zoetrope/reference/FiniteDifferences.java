package io.zoetrope.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/** Checks gradients by central differences of a function of one array, in double precision. */
public final class FiniteDifferences {
    private static final double STEP = 1e-5;
    private static final int SAMPLES = 24;

    private FiniteDifferences() {
    }

    /**
     * Compares {@code gradient} at up to 24 places of {@code x}, chosen by seed, with the slope of {@code function}
     * there.
     */
    public static void check(String what, ToDoubleFunction<double[]> function, double[] x, double[] gradient,
            long seed) {
        assertThat(gradient).as(what).hasSameSizeAs(x);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < SAMPLES; i++) {
            int at = x.length <= SAMPLES ? i % x.length : random.nextInt(x.length);
            double[] moved = x.clone();
            moved[at] = x[at] + STEP;
            double above = function.applyAsDouble(moved);
            moved[at] = x[at] - STEP;
            double below = function.applyAsDouble(moved);
            assertThat(gradient[at]).as("%s at %d", what, at).isCloseTo((above - below) / (2 * STEP),
                    within(1e-6 * (1 + Math.abs(gradient[at]))));
        }
    }

    /** Σ a·b: the loss whose gradient with respect to {@code a} is {@code b}. */
    public static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
