package io.zoetrope.reference;

/** Pooling of [N, H, W, C] in double precision, windows k × k, without padding. */
public record ReferencePool(int samples, int height, int width, int channels, int k, int stride) {
    public int outHeight() {
        return (height - k) / stride + 1;
    }

    public int outWidth() {
        return (width - k) / stride + 1;
    }

    public int size() {
        return samples * height * width * channels;
    }

    public int outSize() {
        return samples * outHeight() * outWidth() * channels;
    }

    /**
     * What to do with output element {@code out} and an element {@code in} of its window, {@code spatial} being h·W +
     * w.
     */
    private interface Visit {
        void pair(int out, int in, int spatial);
    }

    private void windows(Visit visit) {
        for (int n = 0; n < samples; n++) {
            for (int p = 0; p < outHeight(); p++) {
                for (int q = 0; q < outWidth(); q++) {
                    for (int c = 0; c < channels; c++) {
                        int out = ((n * outHeight() + p) * outWidth() + q) * channels + c;
                        for (int i = 0; i < k; i++) {
                            for (int j = 0; j < k; j++) {
                                int spatial = (p * stride + i) * width + q * stride + j;
                                visit.pair(out, (n * height * width + spatial) * channels + c, spatial);
                            }
                        }
                    }
                }
            }
        }
    }

    public double[] average(double[] x) {
        double[] y = new double[outSize()];
        windows((out, in, spatial) -> y[out] += x[in] / (k * k));
        return y;
    }

    public double[] averageGradient(double[] dy) {
        double[] dx = new double[size()];
        windows((out, in, spatial) -> dx[in] += dy[out] / (k * k));
        return dx;
    }

    public int[] maximumIndices(double[] x) {
        int[] indices = new int[outSize()];
        double[] best = new double[outSize()];
        boolean[] seen = new boolean[outSize()];
        windows((out, in, spatial) -> {
            boolean better = !seen[out] || x[in] > best[out] || (Double.isNaN(x[in]) && !Double.isNaN(best[out]));
            if (better) {
                seen[out] = true;
                best[out] = x[in];
                indices[out] = spatial;
            }
        });
        return indices;
    }

    public double[] maximum(double[] x) {
        int[] indices = maximumIndices(x);
        double[] y = new double[outSize()];
        windows((out, in, spatial) -> {
            if (indices[out] == spatial) {
                y[out] = x[in];
            }
        });
        return y;
    }

    public double[] maximumGradient(double[] dy, int[] indices) {
        double[] dx = new double[size()];
        windows((out, in, spatial) -> {
            if (indices[out] == spatial) {
                dx[in] += dy[out];
            }
        });
        return dx;
    }

    /** Nearest upsampling by two of [N, H, W, C]; k and stride do not matter. */
    public double[] upsample(double[] x) {
        double[] y = new double[4 * size()];
        for (int i = 0; i < y.length; i++) {
            y[i] = x[smallIndex(i)];
        }
        return y;
    }

    public double[] upsampleGradient(double[] dy) {
        double[] dx = new double[size()];
        for (int i = 0; i < dy.length; i++) {
            dx[smallIndex(i)] += dy[i];
        }
        return dx;
    }

    private int smallIndex(int large) {
        int c = large % channels;
        int w = large / channels % (2 * width);
        int h = large / channels / (2 * width) % (2 * height);
        int n = large / channels / (2 * width) / (2 * height);
        return ((n * height + h / 2) * width + w / 2) * channels + c;
    }
}
