package io.zoetrope.ops.gemm;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Provider;
import io.zoetrope.tensor.DType;

/** A library that multiplies matrices. */
public interface GemmProvider extends Provider {
    /**
     * {@code c = alpha · op(a) · op(b) + beta · c} for each of a batch. Matrices are row-major in device memory: a is
     * m x k, or k x m when transposed; b is k x n, or n x k; c is m x n, and only written when beta is 0. Sums are F32.
     *
     * @param type    of a and b
     * @param out     of c: {@code type} or F32
     * @param tf32    factors of type F32 may be rounded to TF32
     * @param strideA elements from a matrix of the batch to the next; 0: one for all. Likewise the others
     */
    record Product(Device device, DType type, DType out, boolean tf32, boolean transA, boolean transB, int m, int n,
            int k, long a, long strideA, long b, long strideB, long c, long strideC, long batch, float alpha,
            float beta) {
        /** Elements from a row of a to the next. */
        public int lda() {
            return transA ? m : k;
        }

        public int ldb() {
            return transB ? k : n;
        }

        public int ldc() {
            return n;
        }
    }

    /**
     * Queues the product on the stream that this thread uses.
     *
     * @return false, with nothing queued, when it cannot take
     * it
     */
    boolean multiply(Product product);
}
