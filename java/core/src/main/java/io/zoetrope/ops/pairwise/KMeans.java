package io.zoetrope.ops.pairwise;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;

/**
 * K-means: K centroids that lie, each, at the mean of the rows nearest to it. The same rows and key give the same bits.
 *
 * <p>Rows x are F32 [n, d], centroids F32 [K, d].
 */
public final class KMeans {
    private static final String MODULE = "reduce/kmeans";
    private static final long THREADS = 16384;
    private static final long ROWS_PER_PART = 64;
    private static final long MAX_PARTS = 256;
    private static final long MAX_SUMS = 8 << 20;

    /** How the first centroids are chosen among the rows. */
    public enum Start {
        /**
         * Rows drawn one after the other, with a chance in proportion to the squared distance from those drawn before.
         */
        PLUS_PLUS,
        /** K different rows, all equally likely: quicker, and often worse. */
        ROWS
    }

    /**
     * What {@link #fit} came to.
     *
     * @param iterations times the centroids were moved
     * @param inertia Σ squared distance of each row from its centroid, with the final centroids; rows with NaN add
     *                   nothing
     * @param converged  whether another iteration would change nothing
     */
    public record Fit(int iterations, double inertia, boolean converged) {
    }

    private KMeans() {
    }

    /**
     * The nearest centroid of each row, of equally near ones the lower.
     *
     * @param labels    I32 [n], written; -1 for a row with NaN
     * @param distances F32 [n], written: squared distances
     */
    public static void assign(Tensor x, Tensor centroids, Tensor labels, Tensor distances) {
        Operands operands = check("k-means assign", x, centroids);
        long n = x.dim(0);
        operands.exactly("labels", labels, DType.I32, n).exactly("distances", distances, DType.F32, n)
                .reads("x, centroids", x, centroids).writes("labels, distances", labels, distances).device();
        Distance.nearest(x, centroids, distances.reshape(n, 1), labels.reshape(n, 1));
    }

    /**
     * Moves each centroid to the mean of its rows; one without rows stays where it is.
     *
     * @param labels I32 [n]; rows labelled outside 0 … K-1 are left out
     * @param counts I32 [K], written: rows of each centroid
     */
    public static void update(Tensor x, Tensor labels, Tensor centroids, Tensor counts) {
        Operands operands = check("k-means update", x, centroids);
        long n = x.dim(0);
        long d = x.dim(1);
        long clusters = centroids.dim(0);
        Device device = operands.exactly("labels", labels, DType.I32, n).exactly("counts", counts, DType.I32, clusters)
                .reads("x, labels", x, labels).writes("centroids, counts", centroids, counts).device();
        long parts = Math.min(Math.min(THREADS / d, MAX_PARTS), Math.min(n / ROWS_PER_PART, MAX_SUMS / (clusters * d)));
        parts = Math.max(1, parts);
        try (Scope scope = Scope.open(device)) {
            Tensor sums = scope.zeros(DType.F32, parts, clusters, d);
            Tensor partCounts = scope.zeros(DType.I32, parts, clusters);
            Kernel first = device.kernel(MODULE, "kmeans_sums");
            first.arguments().pointer("x", x).pointer("labels", labels).pointer("sums", sums)
                    .pointer("counts", partCounts).i64("rows", n).i32("d", d).i32("clusters", clusters)
                    .i32("parts", parts).launch(Grid.covering(parts * d, first.geometry().tileM()));
            Kernel second = device.kernel(MODULE, "kmeans_centroids");
            second.arguments().pointer("sums", sums).pointer("counts", partCounts).pointer("centroids", centroids)
                    .pointer("totals", counts).i32("d", d).i32("clusters", clusters).i32("parts", parts)
                    .launch(Grid.covering(clusters * d, second.geometry().tileM()));
        }
    }

    /**
     * Finds centroids: chooses first ones, then assigns and moves until nothing changes, at most {@code iterations}
     * times. A centroid left without rows goes to the row that is farthest from its own, the next to the second
     * farthest, and so on. Waits for the device.
     *
     * @param centroids written
     * @param labels    I32 [n], written: the nearest of the final centroids; null: not wanted
     * @param key       of the first choice
     * @throws IllegalArgumentException when there are more centroids than rows
     */
    public static Fit fit(Tensor x, Tensor centroids, Tensor labels, int iterations, Start start, RandomKey key) {
        Operands operands = check("k-means", x, centroids);
        long n = x.dim(0);
        operands.require(centroids.dim(0) <= n,
                "centroids is " + centroids.describe() + ", expected at most the " + n + " rows of x")
                .require(iterations >= 0, "iterations is " + iterations + ", expected 0 or more");
        if (labels != null) {
            operands.exactly("labels", labels, DType.I32, n);
        }
        Device device = operands.reads("x, key state", x, key.state()).writes("centroids, labels", centroids, labels)
                .device();
        try (Scope scope = Scope.open(device)) {
            Tensor nearest = labels != null ? labels : scope.empty(DType.I32, n);
            Tensor distances = scope.empty(DType.F32, n);
            Tensor counts = scope.empty(DType.I32, centroids.dim(0));
            if (start == Start.PLUS_PLUS) {
                plusPlus(scope, x, centroids, distances, key);
            } else {
                differentRows(scope, x, centroids, key);
            }
            int[] before = null;
            for (int done = 0;; done++) {
                assign(x, centroids, nearest, distances);
                int[] now = nearest.toInts();
                boolean settled = Arrays.equals(before, now);
                if (settled || done == iterations) {
                    return new Fit(done, sum(finite(distances.toFloats())), settled);
                }
                update(x, nearest, centroids, counts);
                // A centroid that has moved to a far row has changed what the labels say: the next round must not stop.
                before = fillEmpty(x, centroids, counts, distances) ? null : now;
            }
        }
    }

    /** Moves centroids without rows to the rows farthest from theirs; says whether any moved. */
    private static boolean fillEmpty(Tensor x, Tensor centroids, Tensor counts, Tensor distances) {
        int[] rows = counts.toInts();
        float[] far = null;
        boolean moved = false;
        for (int k = 0; k < rows.length; k++) {
            if (rows[k] > 0) {
                continue;
            }
            far = far == null ? finite(distances.toFloats()) : far;
            int farthest = 0;
            for (int r = 1; r < far.length; r++) {
                farthest = far[r] > far[farthest] ? r : farthest;
            }
            if (far[farthest] == 0) {
                break; // every row lies on a centroid: there is nothing to gain
            }
            far[farthest] = 0;
            moved = true;
            centroids.slice(k, k + 1).copyFrom(x.slice(farthest, farthest + 1));
        }
        return moved;
    }

    private static void differentRows(Scope scope, Tensor x, Tensor centroids, RandomKey key) {
        // A whole epoch of the sequence, so that no row comes twice.
        Tensor order = scope.empty(DType.I32, x.dim(0));
        Random.shuffle(order, (int) x.dim(0), key);
        Rows.gather(x, order.slice(0, centroids.dim(0)), centroids);
    }

    private static void plusPlus(Scope scope, Tensor x, Tensor centroids, Tensor nearest, RandomKey key) {
        int clusters = (int) centroids.dim(0);
        int n = (int) x.dim(0);
        long d = x.dim(1);
        Tensor words = scope.empty(DType.I32, clusters, 2);
        Random.bits(words, 0, key);
        int[] bits = words.toInts();
        int lanes = (int) Math.min(32, d == 1 ? 1 : Long.highestOneBit(d - 1) << 1);
        Kernel kernel = x.device().kernel(MODULE, "kmeans_nearer");
        for (int k = 0; k < clusters; k++) {
            double uniform = ((Integer.toUnsignedLong(bits[2 * k]) << 21) ^ (bits[2 * k + 1] >>> 11)) * 0x1p-53;
            int row = k == 0 ? (int) (uniform * n) : drawn(finite(nearest.toFloats()), uniform);
            centroids.slice(k, k + 1).copyFrom(x.slice(row, row + 1));
            kernel.arguments().pointer("x", x).pointer("nearest", nearest).i64("rows", n).i32("d", d).i64("chosen", row)
                    .i32("lanes_log2", Integer.numberOfTrailingZeros(lanes)).i32("first", k == 0 ? 1 : 0)
                    .launch(Grid.covering((long) n * lanes, kernel.geometry().threads()));
        }
    }

    /** The row into whose share of the sum of weights the point {@code uniform} of it falls. */
    private static int drawn(float[] weights, double uniform) {
        double point = uniform * sum(weights);
        int last = 0;
        for (int r = 0; r < weights.length; r++) {
            if (weights[r] > 0) {
                last = r;
                point -= weights[r];
                if (point < 0) {
                    break;
                }
            }
        }
        return last;
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum;
    }

    /** The distances with those of rows that no centroid is near to, for they hold NaN or overflow, as 0. */
    private static float[] finite(float[] distances) {
        for (int i = 0; i < distances.length; i++) {
            distances[i] = distances[i] < Float.POSITIVE_INFINITY ? distances[i] : 0;
        }
        return distances;
    }

    private static Operands check(String op, Tensor x, Tensor centroids) {
        return Pairs.check(op, x, centroids).type("x", x, DType.F32);
    }
}
