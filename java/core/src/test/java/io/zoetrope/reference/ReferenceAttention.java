package io.zoetrope.reference;

/**
 * Attention in double precision, straight from its definition. Arrays are [B, S, H, D]; lse is [B, H, Sq].
 *
 * @param causal query i sees keys j ≤ i + Sk − Sq
 */
public record ReferenceAttention(int batch, int heads, int queries, int keys, int dim, double scale, boolean causal) {
    public int querySize() {
        return batch * queries * heads * dim;
    }

    public int keySize() {
        return batch * keys * heads * dim;
    }

    public int rows() {
        return batch * heads * queries;
    }

    private int query(int b, int h, int i) {
        return ((b * queries + i) * heads + h) * dim;
    }

    private int key(int b, int h, int j) {
        return ((b * keys + j) * heads + h) * dim;
    }

    private boolean sees(int i, int j) {
        return !causal || j <= i + keys - queries;
    }

    private double dot(double[] a, int atA, double[] b, int atB) {
        double sum = 0;
        for (int d = 0; d < dim; d++) {
            sum += a[atA + d] * b[atB + d];
        }
        return sum;
    }

    /** The log-sum-exp of each query's scores; −∞ where it sees no key. */
    public double[] logSumExp(double[] q, double[] k) {
        double[] lse = new double[rows()];
        for (int b = 0; b < batch; b++) {
            for (int h = 0; h < heads; h++) {
                for (int i = 0; i < queries; i++) {
                    double max = Double.NEGATIVE_INFINITY;
                    for (int j = 0; j < keys; j++) {
                        if (sees(i, j)) {
                            max = Math.max(max, scale * dot(q, query(b, h, i), k, key(b, h, j)));
                        }
                    }
                    double sum = 0;
                    for (int j = 0; j < keys; j++) {
                        if (sees(i, j)) {
                            sum += Math.exp(scale * dot(q, query(b, h, i), k, key(b, h, j)) - max);
                        }
                    }
                    lse[(b * heads + h) * queries + i] = sum == 0 ? Double.NEGATIVE_INFINITY : max + Math.log(sum);
                }
            }
        }
        return lse;
    }

    public double[] output(double[] q, double[] k, double[] v) {
        double[] lse = logSumExp(q, k);
        double[] o = new double[querySize()];
        for (int b = 0; b < batch; b++) {
            for (int h = 0; h < heads; h++) {
                for (int i = 0; i < queries; i++) {
                    for (int j = 0; j < keys; j++) {
                        if (sees(i, j)) {
                            double p = Math.exp(scale * dot(q, query(b, h, i), k, key(b, h, j))
                                    - lse[(b * heads + h) * queries + i]);
                            for (int d = 0; d < dim; d++) {
                                o[query(b, h, i) + d] += p * v[key(b, h, j) + d];
                            }
                        }
                    }
                }
            }
        }
        return o;
    }

    /** Gradients with respect to q, k and v, for the gradient dO with respect to the output. */
    public record Gradients(double[] q, double[] k, double[] v) {
    }

    /** @param o as stored by the forward under test, so that its rounding is not counted against the backward */
    public Gradients gradients(double[] dO, double[] q, double[] k, double[] v, double[] o) {
        double[] lse = logSumExp(q, k);
        double[] dq = new double[querySize()];
        double[] dk = new double[keySize()];
        double[] dv = new double[keySize()];
        for (int b = 0; b < batch; b++) {
            for (int h = 0; h < heads; h++) {
                for (int i = 0; i < queries; i++) {
                    int atQ = query(b, h, i);
                    double delta = dot(dO, atQ, o, atQ);
                    for (int j = 0; j < keys; j++) {
                        if (!sees(i, j)) {
                            continue;
                        }
                        int atK = key(b, h, j);
                        double p = Math.exp(scale * dot(q, atQ, k, atK) - lse[(b * heads + h) * queries + i]);
                        double ds = p * (dot(dO, atQ, v, atK) - delta);
                        for (int d = 0; d < dim; d++) {
                            dv[atK + d] += p * dO[atQ + d];
                            dq[atQ + d] += scale * ds * k[atK + d];
                            dk[atK + d] += scale * ds * q[atQ + d];
                        }
                    }
                }
            }
        }
        return new Gradients(dq, dk, dv);
    }
}
