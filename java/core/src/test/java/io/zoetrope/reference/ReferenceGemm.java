package io.zoetrope.reference;

import java.util.function.DoubleUnaryOperator;

/** Matrix products in plain double-precision loops. */
public final class ReferenceGemm {
    private ReferenceGemm() {
    }

    /** {@code act(alpha op(a) op(b) + bias) + beta c} for one matrix; a is k x m when transA, b n x k when transB. */
    public static double[] run(int m, int n, int k, boolean transA, boolean transB, double alpha, double beta,
            DoubleUnaryOperator activation, double[] a, double[] b, double[] bias, double[] c) {
        double[] out = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < k; l++) {
                    sum += a[transA ? l * m + i : i * k + l] * b[transB ? j * k + l : l * n + j];
                }
                double value = activation.applyAsDouble(alpha * sum + (bias == null ? 0 : bias[j]));
                out[i * n + j] = value + (beta == 0 ? 0 : beta * c[i * n + j]);
            }
        }
        return out;
    }

    public static double silu(double x) {
        return x / (1 + Math.exp(-x));
    }

    /** The tanh form. */
    public static double gelu(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }
}
