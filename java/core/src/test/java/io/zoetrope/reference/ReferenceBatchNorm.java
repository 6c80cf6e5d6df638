package io.zoetrope.reference;

/** Batch normalisation of [rows, channels] in double precision, as the formulas say. */
public record ReferenceBatchNorm(int rows, int channels, double eps, boolean relu) {
    /** Gradients with respect to x, gamma and beta. */
    public record Gradients(double[] x, double[] gamma, double[] beta) {}

    public double[] means(double[] x) {
        double[] means = new double[channels];
        for (int i = 0; i < x.length; i++) {
            means[i % channels] += x[i] / rows;
        }
        return means;
    }

    /** Biased: the mean square distance from the mean. */
    public double[] variances(double[] x) {
        double[] means = means(x);
        double[] variances = new double[channels];
        for (int i = 0; i < x.length; i++) {
            double d = x[i] - means[i % channels];
            variances[i % channels] += d * d / rows;
        }
        return variances;
    }

    public double[] output(double[] x, double[] gamma, double[] beta) {
        return output(x, gamma, beta, means(x), variances(x));
    }

    public double[] output(double[] x, double[] gamma, double[] beta, double[] mean, double[] variance) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int c = i % channels;
            double z = (x[i] - mean[c]) / Math.sqrt(variance[c] + eps) * gamma[c] + beta[c];
            y[i] = relu && z < 0 ? 0 : z;
        }
        return y;
    }

    /** Through the batch's own statistics. */
    public Gradients gradients(double[] dy, double[] x, double[] gamma, double[] beta) {
        return gradients(dy, x, gamma, beta, means(x), variances(x), true);
    }

    /** @param ofBatch whether mean and variance depend on x */
    public Gradients gradients(double[] dy, double[] x, double[] gamma, double[] beta, double[] mean, double[] variance,
            boolean ofBatch) {
        double[] dz = new double[x.length];
        double[] hat = new double[x.length];
        double[] dgamma = new double[channels];
        double[] dbeta = new double[channels];
        for (int i = 0; i < x.length; i++) {
            int c = i % channels;
            hat[i] = (x[i] - mean[c]) / Math.sqrt(variance[c] + eps);
            dz[i] = relu && hat[i] * gamma[c] + beta[c] <= 0 ? 0 : dy[i];
            dbeta[c] += dz[i];
            dgamma[c] += dz[i] * hat[i];
        }
        double[] dx = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int c = i % channels;
            double through = ofBatch ? (dbeta[c] + hat[i] * dgamma[c]) / rows : 0;
            dx[i] = gamma[c] / Math.sqrt(variance[c] + eps) * (dz[i] - through);
        }
        return new Gradients(dx, dgamma, dbeta);
    }
}
