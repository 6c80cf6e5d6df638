package io.zoetrope.metric;

import io.zoetrope.ops.pairwise.Distance;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Fidelity and diversity of generated samples, told apart by the balls round each sample that reach to its k-th nearest
 * neighbour of its own set.
 *
 * <p>Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models" (2019); Naeem et al.,
 * "Reliable fidelity and diversity metrics for generative models" (2020).
 *
 * @param precision share of generated samples that lie in the ball of some real one
 * @param recall    share of real samples that lie in the ball of some generated one
 * @param density in how many balls of real samples a generated one lies, against k: above 1 where it keeps to where
 *                  real ones are dense; 1 on average for samples of the same distribution and number
 * @param coverage  share of real samples with a generated one in their ball; for n samples each of one distribution
 *                  {@link #expectedCoverage} on average
 */
public record Neighbourhoods(double precision, double recall, double density, double coverage) {
    /** Usual: large enough to steady the figures, small enough to stay local. */
    public static final int DEFAULT_K = 5;

    /**
     * Compares two sets of features. Waits for the device.
     *
     * @param real      F32 or BF16 [n, d]; with BF16, distances are those of products, see {@link Distance}
     * @param generated of the same type, [m, d]
     * @param k         neighbours, less than n and m and than {@value Distance#MAX_NEIGHBOURS}
     */
    public static Neighbourhoods of(Tensor real, Tensor generated, int k) {
        long n = real.dim(0);
        long m = generated.dim(0);
        if (k < 1 || k >= Math.min(n, m) || k >= Distance.MAX_NEIGHBOURS) {
            throw new IllegalArgumentException("k is " + k + ", expected 1 to " + (Distance.MAX_NEIGHBOURS - 1)
                    + " and less than the " + n + " real and " + m + " generated samples");
        }
        return of(real, radii(real, k), generated, k);
    }

    /**
     * As {@link #of(Tensor, Tensor, int)} with the radii of the real samples, for several comparisons with the same
     * ones.
     */
    static Neighbourhoods of(Tensor real, float[] radii, Tensor generated, int k) {
        long n = real.dim(0);
        long m = generated.dim(0);
        try (Scope scope = Scope.open(real.device())) {
            int[] inReal = counts(scope, generated, real, radii);
            int[] inGenerated = counts(scope, real, generated, radii(generated, k));
            Tensor nearest = scope.empty(DType.F32, n, 1);
            Distance.nearest(real, generated, nearest, null);
            float[] distances = nearest.toFloats();
            long covered = 0;
            for (int i = 0; i < n; i++) {
                covered += distances[i] <= radii[i] ? 1 : 0;
            }
            long balls = 0;
            for (int count : inReal) {
                balls += count;
            }
            return new Neighbourhoods(share(inReal), share(inGenerated), (double) balls / ((double) k * m),
                    (double) covered / n);
        }
    }

    /**
     * The coverage to expect of m samples by n of the same continuous distribution: 1 − Π (n − i)/(n + m − i), i = 1 …
     * k.
     */
    public static double expectedCoverage(long n, long m, int k) {
        double missed = 1;
        for (int i = 1; i <= k; i++) {
            missed *= (double) (n - i) / (n + m - i);
        }
        return 1 - missed;
    }

    /** Squared distances to the k-th nearest other sample; the sample itself is the nearest of all. */
    static float[] radii(Tensor samples, int k) {
        int n = (int) samples.dim(0);
        float[] radii = new float[n];
        try (Scope scope = Scope.open(samples.device())) {
            Tensor nearest = scope.empty(DType.F32, n, k + 1);
            Distance.nearest(samples, samples, nearest, null);
            float[] distances = nearest.toFloats();
            for (int i = 0; i < n; i++) {
                radii[i] = distances[i * (k + 1) + k];
            }
        }
        return radii;
    }

    private static int[] counts(Scope scope, Tensor samples, Tensor centres, float[] radii) {
        Tensor counts = scope.empty(DType.I32, samples.dim(0));
        Distance.countWithin(samples, centres, scope.of(radii, radii.length), counts);
        return counts.toInts();
    }

    private static double share(int[] counts) {
        long some = 0;
        for (int count : counts) {
            some += count > 0 ? 1 : 0;
        }
        return (double) some / counts.length;
    }
}
