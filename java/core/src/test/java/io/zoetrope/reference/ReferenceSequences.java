package io.zoetrope.reference;

/** Rotary embedding, positions, patches and modulation in double precision, straight from their definitions. */
public final class ReferenceSequences {
    private ReferenceSequences() {
    }

    /**
     * Turns heads [rows, H, D], row r by positions[r], one coordinate for each axis.
     *
     * @param sign −1 turns back
     */
    public static double[] rope(double[] x, int heads, int dim, int[][] positions, double base, int sign) {
        double[] y = new double[x.length];
        int axes = positions[0].length;
        int half = dim / (2 * axes);
        for (int r = 0; r < positions.length; r++) {
            for (int h = 0; h < heads; h++) {
                for (int a = 0; a < axes; a++) {
                    for (int i = 0; i < half; i++) {
                        double angle = sign * positions[r][a] * Math.pow(base, -(double) i / half);
                        int at = (r * heads + h) * dim + 2 * (a * half + i);
                        y[at] = x[at] * Math.cos(angle) - x[at + 1] * Math.sin(angle);
                        y[at + 1] = x[at] * Math.sin(angle) + x[at + 1] * Math.cos(angle);
                    }
                }
            }
        }
        return y;
    }

    /** Sines and cosines of the places of a grid, [places, width]. */
    public static double[] positions(int width, double period, int... extents) {
        int places = 1;
        for (int extent : extents) {
            places *= extent;
        }
        int half = width / (2 * extents.length);
        double[] out = new double[places * width];
        for (int p = 0; p < places; p++) {
            int rest = p;
            for (int a = extents.length - 1; a >= 0; a--) {
                int position = rest % extents[a];
                rest /= extents[a];
                for (int i = 0; i < half; i++) {
                    double angle = position * Math.pow(period, -(double) i / half);
                    out[p * width + 2 * half * a + i] = Math.sin(angle);
                    out[p * width + 2 * half * a + half + i] = Math.cos(angle);
                }
            }
        }
        return out;
    }

    /**
     * For every element of the patches of one array [B, spatial…, C], where it lies in the array.
     *
     * @param dims  of the array
     * @param patch sizes on the spatial dimensions
     */
    public static int[] patches(long[] dims, int... patch) {
        int size = 1;
        for (long dim : dims) {
            size *= (int) dim;
        }
        int[] from = new int[size];
        int[] index = new int[dims.length];
        for (int i = 0; i < size; i++) {
            int rest = i;
            for (int a = dims.length - 1; a >= 0; a--) {
                index[a] = rest % (int) dims[a];
                rest /= (int) dims[a];
            }
            int to = index[0];
            for (int a = 0; a < patch.length; a++) {
                to = to * (int) (dims[a + 1] / patch[a]) + index[a + 1] / patch[a];
            }
            for (int a = 0; a < patch.length; a++) {
                to = to * patch[a] + index[a + 1] % patch[a];
            }
            from[to * (int) dims[dims.length - 1] + index[dims.length - 1]] = i;
        }
        return from;
    }

    /** residual + x·(one + scale) + shift, vectors [S, C] for arrays [S, P, C]; residual and shift may be null. */
    public static double[] affine(double[] x, double[] residual, double[] scale, double[] shift, int samples,
            int channels, double one) {
        double[] out = new double[x.length];
        int perSample = x.length / samples;
        for (int i = 0; i < x.length; i++) {
            int at = i / perSample * channels + i % channels;
            out[i] = x[i] * (one + scale[at]) + (residual == null ? 0 : residual[i]) + (shift == null ? 0 : shift[at]);
        }
        return out;
    }

    /** Σ over the places of a·b, or of a where b is null: [S, C]. */
    public static double[] sums(double[] a, double[] b, int samples, int channels) {
        double[] out = new double[samples * channels];
        int perSample = a.length / samples;
        for (int i = 0; i < a.length; i++) {
            out[i / perSample * channels + i % channels] += a[i] * (b == null ? 1 : b[i]);
        }
        return out;
    }
}
