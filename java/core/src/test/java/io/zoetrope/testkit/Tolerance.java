package io.zoetrope.testkit;

import static org.assertj.core.api.Assertions.fail;

import io.zoetrope.tensor.DType;

/**
 * How far a kernel's result may be from the double-precision reference: derived from the rounding of inputs, of the
 * output, and of a sum of {@code terms} products of which the largest has magnitude {@code scale}.
 *
 * @param relative allowed error as a part of the expected value
 * @param absolute allowed error regardless of the value
 */
public record Tolerance(double relative, double absolute) {
    private static final double F32_EPSILON = Math.ulp(1f) / 2;
    private static final double BF16_EPSILON = 1.0 / 256;
    private static final double TF32_EPSILON = 1.0 / 2048;
    /** Random rounding errors grow as the root of the length; this many standard deviations are allowed. */
    private static final double DEVIATIONS = 8;

    /** A sum of {@code terms} products accumulated in f32, stored as {@code out}. Terms are of order {@code scale}. */
    public static Tolerance sum(DType out, long terms, double scale) {
        double store = out == DType.BF16 ? BF16_EPSILON : 4 * F32_EPSILON;
        double accumulate = DEVIATIONS * F32_EPSILON * Math.sqrt(Math.max(1, terms)) * scale
                * Math.sqrt(Math.max(1, terms));
        return new Tolerance(store, accumulate + store * 1e-3 * scale);
    }

    /** As {@link #sum} where the factors are rounded to TF32 first. */
    public static Tolerance tf32Sum(long terms, double scale) {
        return new Tolerance(2 * TF32_EPSILON, DEVIATIONS * TF32_EPSILON * Math.sqrt(Math.max(1, terms)) * scale);
    }

    /** An elementwise function of a few roundings, stored as {@code out}. */
    public static Tolerance elementwise(DType out) {
        return out == DType.BF16 ? new Tolerance(BF16_EPSILON, 1e-6) : new Tolerance(16 * F32_EPSILON, 1e-6);
    }

    /**
     * What a norm layer computes: x − mean is known to a few roundings of the largest x and of the sums, which 1/σ and
     * {@code factor} then scale, the parameters and, in a gradient, the values that it multiplies.
     */
    public static Tolerance normed(DType out, double[] x, double[] rstd, double factor) {
        return new Tolerance(out == DType.BF16 ? BF16_EPSILON : 0x1p-18,
                0x1p-21 * (4 + Values.largest(x) * Values.largest(rstd)) * factor);
    }

    /** Adds slack, for functions that amplify rounding. */
    public Tolerance times(double factor) {
        return new Tolerance(relative * factor, absolute * factor);
    }

    public boolean accepts(double expected, double actual) {
        if (Double.isNaN(expected) || Double.isInfinite(expected)) {
            return Double.compare(expected, actual) == 0;
        }
        return Math.abs(actual - expected) <= absolute + relative * Math.abs(expected);
    }

    /** Fails naming the first and the worst place where the values differ by more than this. */
    public void check(String what, double[] expected, float[] actual) {
        if (expected.length != actual.length) {
            fail("%s: %d values, expected %d", what, actual.length, expected.length);
        }
        int wrong = 0;
        int first = -1;
        int worst = -1;
        double worstError = -1;
        for (int i = 0; i < expected.length; i++) {
            if (!accepts(expected[i], actual[i])) {
                wrong++;
                first = first < 0 ? i : first;
                double error = Math.abs(actual[i] - expected[i]);
                if (worst < 0 || !(error <= worstError)) {
                    worst = i;
                    worstError = error;
                }
            }
        }
        if (wrong > 0) {
            fail("%s: %d of %d values wrong; first at %d: expected %s, got %s; worst at %d: expected %s, got %s (%s)",
                    what, wrong, expected.length, first, expected[first], actual[first], worst, expected[worst],
                    actual[worst], this);
        }
    }
}
