package io.zoetrope.metric;

import io.zoetrope.ops.pairwise.PolynomialKernel;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Kernel distance of two sets of features: the unbiased squared mean discrepancy under the kernel (a·b/d + 1)³, over
 * random subsets. It is 0 on average for samples of one distribution, whatever their number, and may be slightly
 * negative.
 *
 * <p>Bińkowski et al., "Demystifying MMD GANs" (2018), where it is called KID.
 *
 * @param mean      over the subsets
 * @param deviation standard deviation over the subsets; NaN for one
 * @param subsets   number of them
 * @param size      samples of each set in a subset
 */
public record KernelDistance(double mean, double deviation, int subsets, int size) {
    private static final int DEGREE = 3;
    private static final long FIRST_STREAM = 0x4b44;

    /**
     * Compares two sets of features F32 or BF16 [n, d] and [m, d] of one type. Waits for the device.
     *
     * @param subsets 1 or more
     * @param size    samples of each set in a subset, 2 or more and at most n and m
     * @param seed    of the choice of subsets, each drawn anew without taking a sample twice
     */
    public static KernelDistance between(Tensor first, Tensor second, int subsets, int size, long seed) {
        if (subsets < 1 || size < 2 || size > Math.min(first.dim(0), second.dim(0))) {
            throw new IllegalArgumentException(subsets + " subsets of " + size
                    + " samples: expected at least 1 subset and 2 " + "to " + Math.min(first.dim(0), second.dim(0))
                    + " samples, for the sets have " + first.dim(0) + " and " + second.dim(0));
        }
        double[] values = new double[subsets];
        for (int i = 0; i < subsets; i++) {
            values[i] = subset(first, second, size, seed, i);
        }
        return new KernelDistance(Spread.mean(values), Spread.deviation(values), subsets, size);
    }

    private static double subset(Tensor first, Tensor second, int size, long seed, int index) {
        try (Scope scope = Scope.open(first.device())) {
            Tensor a = drawn(scope, first, size, RandomKey.of(seed, FIRST_STREAM).atStep(index));
            Tensor b = drawn(scope, second, size, RandomKey.of(seed, FIRST_STREAM + 1).atStep(index));
            double pairs = (double) size * (size - 1);
            return sum(scope, a, a, true) / pairs + sum(scope, b, b, true) / pairs
                    - 2 * sum(scope, a, b, false) / ((double) size * size);
        }
    }

    private static Tensor drawn(Scope scope, Tensor features, int size, RandomKey key) {
        // A permutation of all of them for each subset: the beginning of it has no sample twice.
        Tensor places = scope.empty(DType.I32, features.dim(0));
        Random.shuffle(places, (int) features.dim(0), key);
        Tensor rows = scope.empty(features.dtype(), size, features.dim(1));
        Rows.gather(features, places.slice(0, size), rows);
        return rows;
    }

    private static double sum(Scope scope, Tensor a, Tensor b, boolean distinct) {
        Tensor sums = scope.empty(DType.F32, a.dim(0));
        PolynomialKernel.rowSums(a, b, DEGREE, 1f / a.dim(1), 1, distinct, sums);
        double sum = 0;
        for (float value : sums.toFloats()) {
            sum += value;
        }
        return sum;
    }
}
