package io.zoetrope.reference;

/** Group normalisation with optional SiLU in double precision, of x [N, S, C]. Layer normalisation is S = G = 1. */
public record ReferenceGroupNorm(int samples, int positions, int channels, int groups, double eps, boolean silu) {
    public int size() {
        return samples * positions * channels;
    }

    private int at(int n, int s, int c) {
        return (n * positions + s) * channels + c;
    }

    private int group(int n, int c) {
        return n * groups + c / (channels / groups);
    }

    private double count() {
        return (double) positions * (channels / groups);
    }

    /** [N, G] */
    public double[] means(double[] x) {
        double[] mean = new double[samples * groups];
        for (int n = 0; n < samples; n++) {
            for (int s = 0; s < positions; s++) {
                for (int c = 0; c < channels; c++) {
                    mean[group(n, c)] += x[at(n, s, c)] / count();
                }
            }
        }
        return mean;
    }

    /** [N, G]: 1 / √(variance + eps) */
    public double[] rstds(double[] x) {
        double[] mean = means(x);
        double[] variance = new double[samples * groups];
        for (int n = 0; n < samples; n++) {
            for (int s = 0; s < positions; s++) {
                for (int c = 0; c < channels; c++) {
                    double d = x[at(n, s, c)] - mean[group(n, c)];
                    variance[group(n, c)] += d * d / count();
                }
            }
        }
        double[] rstd = new double[variance.length];
        for (int i = 0; i < rstd.length; i++) {
            rstd[i] = 1 / Math.sqrt(variance[i] + eps);
        }
        return rstd;
    }

    private static double sigmoid(double z) {
        return 1 / (1 + Math.exp(-z));
    }

    public double[] output(double[] x, double[] gamma, double[] beta) {
        double[] mean = means(x);
        double[] rstd = rstds(x);
        double[] y = new double[size()];
        for (int n = 0; n < samples; n++) {
            for (int s = 0; s < positions; s++) {
                for (int c = 0; c < channels; c++) {
                    int g = group(n, c);
                    double z = (x[at(n, s, c)] - mean[g]) * rstd[g] * gamma[c] + beta[c];
                    y[at(n, s, c)] = silu ? z * sigmoid(z) : z;
                }
            }
        }
        return y;
    }

    public record Gradients(double[] x, double[] gamma, double[] beta) {
    }

    public Gradients gradients(double[] dy, double[] x, double[] gamma, double[] beta) {
        double[] mean = means(x);
        double[] rstd = rstds(x);
        double[] dz = new double[size()];
        double[] hat = new double[size()];
        double[] dgamma = new double[channels];
        double[] dbeta = new double[channels];
        double[] sum = new double[samples * groups];
        double[] product = new double[samples * groups];
        for (int n = 0; n < samples; n++) {
            for (int s = 0; s < positions; s++) {
                for (int c = 0; c < channels; c++) {
                    int i = at(n, s, c);
                    int g = group(n, c);
                    hat[i] = (x[i] - mean[g]) * rstd[g];
                    double z = hat[i] * gamma[c] + beta[c];
                    dz[i] = dy[i] * (silu ? sigmoid(z) * (1 + z * (1 - sigmoid(z))) : 1);
                    dgamma[c] += dz[i] * hat[i];
                    dbeta[c] += dz[i];
                    sum[g] += dz[i] * gamma[c] / count();
                    product[g] += dz[i] * gamma[c] * hat[i] / count();
                }
            }
        }
        double[] dx = new double[size()];
        for (int n = 0; n < samples; n++) {
            for (int s = 0; s < positions; s++) {
                for (int c = 0; c < channels; c++) {
                    int i = at(n, s, c);
                    int g = group(n, c);
                    dx[i] = rstd[g] * (dz[i] * gamma[c] - sum[g] - hat[i] * product[g]);
                }
            }
        }
        return new Gradients(dx, dgamma, dbeta);
    }
}
