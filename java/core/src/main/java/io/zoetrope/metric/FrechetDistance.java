package io.zoetrope.metric;

import io.zoetrope.ops.covariance.Covariance;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * The Fréchet distance of two normal distributions: ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁^½ Σ₂ Σ₁^½)^½). Of features, it says
 * how far apart two sets of pictures are in mean and spread; it depends on the encoder and on the number of samples, so
 * compare figures of the same encoder and the same numbers only.
 *
 * <p>Dowson and Landau 1982. Means and covariances are made on the device, the roots in double on the host.
 */
public final class FrechetDistance {
    private FrechetDistance() {
    }

    /**
     * Mean and covariance of a distribution.
     *
     * @param mean       d values
     * @param covariance d · d values, row by row, symmetric
     */
    public record Moments(double[] mean, double[] covariance) {
        public Moments {
            if (covariance.length != mean.length * mean.length) {
                throw new IllegalArgumentException("a mean of " + mean.length + " values needs a covariance of "
                        + mean.length * mean.length + ", not " + covariance.length);
            }
        }

        /** Of the rows of features F32 or BF16 [n, d], n ≥ 2; unbiased covariance. Waits for the device. */
        public static Moments of(Tensor features) {
            try (Scope scope = Scope.open(features.device())) {
                long d = features.shape().dim(-1);
                Tensor mean = scope.empty(DType.F32, d);
                Tensor covariance = scope.empty(DType.F32, d, d);
                Covariance.of(features, mean, covariance);
                return new Moments(doubles(mean.toFloats()), doubles(covariance.toFloats()));
            }
        }

        private static double[] doubles(float[] values) {
            double[] result = new double[values.length];
            for (int i = 0; i < result.length; i++) {
                result[i] = values[i];
            }
            return result;
        }

        private DMatrixRMaj matrix() {
            return DMatrixRMaj.wrap(mean.length, mean.length, covariance);
        }
    }

    /** Of the rows of two sets of features [n, d] and [m, d]. Waits for the device. */
    public static double between(Tensor first, Tensor second) {
        return between(Moments.of(first), Moments.of(second));
    }

    /** @throws IllegalArgumentException when the distributions differ in dimension, or hold NaN or infinities */
    public static double between(Moments first, Moments second) {
        int d = first.mean.length;
        if (second.mean.length != d) {
            throw new IllegalArgumentException("features of " + d + " and of " + second.mean.length
                    + " values cannot be compared: encode both sets with one encoder");
        }
        double distance = 0;
        for (int i = 0; i < d; i++) {
            double difference = first.mean[i] - second.mean[i];
            distance += difference * difference + first.covariance[i * d + i] + second.covariance[i * d + i];
        }
        DMatrixRMaj root = root(first.matrix());
        DMatrixRMaj half = new DMatrixRMaj(d, d);
        DMatrixRMaj product = new DMatrixRMaj(d, d);
        CommonOps_DDRM.mult(root, second.matrix(), half);
        CommonOps_DDRM.mult(half, root, product);
        EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(symmetric(product), false);
        for (int i = 0; i < d; i++) {
            distance -= 2 * Math.sqrt(Math.max(0, eigen.getEigenvalue(i).real));
        }
        return Math.max(0, distance);
    }

    /** The symmetric square root; eigenvalues that rounding has made negative count as 0. */
    private static DMatrixRMaj root(DMatrixRMaj symmetric) {
        int d = symmetric.numRows;
        EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(symmetric.copy(), true);
        DMatrixRMaj root = new DMatrixRMaj(d, d);
        DMatrixRMaj scaled = new DMatrixRMaj(d, d);
        DMatrixRMaj vectors = new DMatrixRMaj(d, d);
        for (int j = 0; j < d; j++) {
            double value = Math.sqrt(Math.max(0, eigen.getEigenvalue(j).real));
            DMatrixRMaj vector = eigen.getEigenVector(j);
            for (int i = 0; i < d; i++) {
                vectors.set(i, j, vector.get(i));
                scaled.set(i, j, vector.get(i) * value);
            }
        }
        CommonOps_DDRM.multTransB(scaled, vectors, root);
        return root;
    }

    private static EigenDecomposition_F64<DMatrixRMaj> decompose(DMatrixRMaj symmetric, boolean vectors) {
        for (double value : symmetric.data) {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("a covariance holds " + value
                        + ": the features have NaN, infinities or values too large to square");
            }
        }
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(symmetric.numRows, vectors, true);
        if (!eigen.decompose(symmetric)) {
            throw new IllegalStateException(
                    "the eigenvalues of a covariance of " + symmetric.numRows + " values were not found");
        }
        return eigen;
    }

    private static DMatrixRMaj symmetric(DMatrixRMaj m) {
        for (int i = 0; i < m.numRows; i++) {
            for (int j = 0; j < i; j++) {
                double mean = (m.get(i, j) + m.get(j, i)) / 2;
                m.set(i, j, mean);
                m.set(j, i, mean);
            }
        }
        return m;
    }
}
