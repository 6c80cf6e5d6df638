package io.zoetrope.metric;

import io.zoetrope.ops.pairwise.Distance;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Can a classifier tell two sets of samples apart? Half of each set is known to it; it labels the other halves by their
 * nearest known neighbours. Where both sets are of one distribution it is right half of the time, and the number of its
 * hits spreads no wider than that of heads of a coin, which gives the p-value.
 *
 * <p>Lopez-Paz and Oquab, "Revisiting classifier two-sample tests" (2017), with nearest neighbours as the classifier.
 *
 * @param accuracy share of held-out samples labelled rightly: 0.5 by guessing, 1 when the sets are told apart
 * @param pValue   chance of at least this accuracy if both sets are of one distribution
 * @param heldOut  samples that were labelled
 */
public record TwoSampleTest(double accuracy, double pValue, int heldOut) {
    private static final long STREAM = 0x3253;

    /**
     * Runs the test. Waits for the device.
     *
     * @param neighbours whose majority labels a sample: odd, so that there is always one
     * @param seed       of the halves; as many samples of either set take part
     */
    public static TwoSampleTest of(Tensor first, Tensor second, int neighbours, long seed) {
        int half = (int) (Math.min(first.dim(0), second.dim(0)) / 2);
        if (neighbours < 1 || neighbours % 2 == 0 || neighbours > Math.min(2 * half, Distance.MAX_NEIGHBOURS)) {
            throw new IllegalArgumentException("neighbours is " + neighbours + ", expected an odd number up to "
                    + Math.min(2 * half, Distance.MAX_NEIGHBOURS));
        }
        try (Scope scope = Scope.open(first.device())) {
            long d = first.dim(1);
            Tensor known = scope.empty(first.dtype(), 2 * half, d);
            Tensor asked = scope.empty(first.dtype(), 2 * half, d);
            for (int set = 0; set < 2; set++) {
                Tensor from = set == 0 ? first : second;
                Tensor order = scope.empty(DType.I32, from.dim(0));
                Random.shuffle(order, (int) from.dim(0), RandomKey.of(seed, STREAM + set));
                Rows.gather(from, order.slice(0, half), known.slice((long) set * half, (set + 1L) * half));
                Rows.gather(from, order.slice(half, 2L * half), asked.slice((long) set * half, (set + 1L) * half));
            }
            Tensor distances = scope.empty(DType.F32, 2L * half, neighbours);
            Tensor indices = scope.empty(DType.I32, 2L * half, neighbours);
            Distance.nearest(asked, known, distances, indices);
            int[] found = indices.toInts();
            int hits = 0;
            for (int i = 0; i < 2 * half; i++) {
                int votes = 0;
                for (int e = 0; e < neighbours; e++) {
                    votes += found[i * neighbours + e] >= half ? 1 : 0;
                }
                hits += 2 * votes > neighbours == i >= half ? 1 : 0;
            }
            return new TwoSampleTest(hits / (2.0 * half), tail(2 * half, hits), 2 * half);
        }
    }

    /** The chance of {@code hits} or more heads in so many throws of a coin. */
    static double tail(int throwsInAll, int hits) {
        double logTerm = -throwsInAll * Math.log(2); // of 0 heads
        double sum = hits <= 0 ? Math.exp(logTerm) : 0;
        for (int k = 1; k <= throwsInAll; k++) {
            logTerm += Math.log((double) (throwsInAll - k + 1) / k);
            sum += k >= hits ? Math.exp(logTerm) : 0;
        }
        return Math.min(1, sum);
    }
}
