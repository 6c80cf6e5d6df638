package io.zoetrope.data;

import java.util.Arrays;

/**
 * Resizing by separable filters: where an axis shrinks, each new value is the mean of the old ones it covers, by area;
 * where it grows, old values are interpolated linearly between pixel centres. Values are averaged as stored (gamma
 * encoded), as the makers of the usual small-picture data sets did.
 */
final class Resizing {
    private Resizing() {}

    /**
     * The weights of one axis: new value i is the sum over k of weights[i][k] · old[first[i] + k].
     *
     * @param first   the first old value that matters to each new one
     * @param weights each row sums to 1
     */
    record Axis(int[] first, float[][] weights) {
        static Axis of(int from, int to) {
            int[] first = new int[to];
            float[][] weights = new float[to][];
            double scale = (double) from / to;
            for (int i = 0; i < to; i++) {
                if (to <= from) {
                    double start = i * scale;
                    double end = (i + 1) * scale;
                    int low = (int) start;
                    int high = Math.min(from, Math.max(low + 1, (int) Math.ceil(end - 1e-9)));
                    first[i] = low;
                    weights[i] = new float[high - low];
                    for (int k = low; k < high; k++) {
                        weights[i][k - low] = (float) ((Math.min(k + 1, end) - Math.max(k, start)) / scale);
                    }
                } else {
                    double centre = Math.max(0, Math.min(from - 1, (i + 0.5) * scale - 0.5));
                    int low = Math.min((int) centre, Math.max(0, from - 2));
                    float part = (float) (centre - low);
                    first[i] = low;
                    weights[i] = from == 1 ? new float[] {1} : new float[] {1 - part, part};
                }
            }
            return new Axis(first, weights);
        }
    }

    /** The only picture of {@code image}, {@code height} × {@code width}. */
    static Images resize(Images image, int height, int width) {
        if (image.height() == height && image.width() == width) {
            return image;
        }
        int channels = image.channels();
        Axis across = Axis.of(image.width(), width);
        Axis down = Axis.of(image.height(), height);
        byte[] pixels = image.pixels();
        // Rows first, so that only one narrowed row of the old picture is held for each row in the window.
        float[][] narrowed = new float[image.height()][];
        byte[] out = new byte[height * width * channels];
        float[] sum = new float[width * channels];
        int released = 0;
        for (int y = 0; y < height; y++) {
            Arrays.fill(sum, 0);
            int top = down.first()[y];
            for (; released < top; released++) {
                narrowed[released] = null;
            }
            for (int k = 0; k < down.weights()[y].length; k++) {
                if (narrowed[top + k] == null) {
                    narrowed[top + k] = narrow(pixels, (top + k) * image.width() * channels, channels, across);
                }
                float weight = down.weights()[y][k];
                float[] row = narrowed[top + k];
                for (int x = 0; x < sum.length; x++) {
                    sum[x] += weight * row[x];
                }
            }
            for (int x = 0; x < sum.length; x++) {
                out[y * sum.length + x] = (byte) Math.max(0, Math.min(255, Math.round(sum[x])));
            }
        }
        return new Images(1, height, width, channels, out);
    }

    private static float[] narrow(byte[] pixels, int start, int channels, Axis across) {
        int width = across.first().length;
        float[] row = new float[width * channels];
        for (int x = 0; x < width; x++) {
            float[] weights = across.weights()[x];
            for (int c = 0; c < channels; c++) {
                int at = start + across.first()[x] * channels + c;
                float sum = 0;
                for (float weight : weights) {
                    sum += weight * (pixels[at] & 0xff);
                    at += channels;
                }
                row[x * channels + c] = sum;
            }
        }
        return row;
    }
}
