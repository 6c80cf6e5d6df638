package io.zoetrope.reference;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Distances between rows in double, straight from the definitions. */
public final class ReferencePairs {
    private ReferencePairs() {
    }

    /** Squared distances of the rows of a [n, d] and b [m, d], as [n, m]. */
    public static double[] squared(float[] a, float[] b, int d) {
        int n = a.length / d;
        int m = b.length / d;
        double[] result = new double[n * m];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < m; j++) {
                for (int k = 0; k < d; k++) {
                    double difference = (double) a[i * d + k] - b[j * d + k];
                    result[i * m + j] += difference * difference;
                }
            }
        }
        return result;
    }

    /**
     * The columns of the k least values of row {@code row} of a matrix with m columns, ties by column; fewer where m <
     * k.
     */
    public static int[] nearest(double[] squared, int m, int row, int k) {
        return IntStream.range(0, m).boxed()
                .sorted(Comparator.<Integer>comparingDouble(j -> squared[row * m + j]).thenComparing(j -> j)).limit(k)
                .mapToInt(Integer::intValue).toArray();
    }
}
