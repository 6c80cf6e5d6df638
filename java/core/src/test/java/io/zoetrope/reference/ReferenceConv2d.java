package io.zoetrope.reference;

/** Convolutions in plain double-precision loops, NHWC and KRSC, with groups and dilation: the definition, slow. */
public final class ReferenceConv2d {
    /** Extents of x [n,h,w,c], filters [k,r,s,c/groups], y [n,p,q,k]; pads before the first row and column. */
    public record Extents(int n, int h, int w, int c, int k, int r, int s, int p, int q, int stride, int top, int left,
            int dilation, int groups) {
        public Extents(int n, int h, int w, int c, int k, int r, int s, int p, int q, int stride, int top, int left) {
            this(n, h, w, c, k, r, s, p, q, stride, top, left, 1, 1);
        }

        /** Channels a filter sees. */
        public int groupChannels() {
            return c / groups;
        }

        public int xSize() {
            return n * h * w * c;
        }

        public int wSize() {
            return k * r * s * groupChannels();
        }

        public int ySize() {
            return n * p * q * k;
        }
    }

    private interface Term {
        void at(int x, int w, int y);
    }

    private ReferenceConv2d() {
    }

    private static void forEach(Extents e, Term term) {
        for (int n = 0; n < e.n; n++) {
            for (int p = 0; p < e.p; p++) {
                for (int q = 0; q < e.q; q++) {
                    for (int r = 0; r < e.r; r++) {
                        for (int s = 0; s < e.s; s++) {
                            int h = p * e.stride - e.top + r * e.dilation;
                            int w = q * e.stride - e.left + s * e.dilation;
                            if (h < 0 || h >= e.h || w < 0 || w >= e.w) {
                                continue;
                            }
                            for (int k = 0; k < e.k; k++) {
                                int first = k / (e.k / e.groups) * e.groupChannels();
                                for (int c = 0; c < e.groupChannels(); c++) {
                                    term.at(((n * e.h + h) * e.w + w) * e.c + first + c,
                                            ((k * e.r + r) * e.s + s) * e.groupChannels() + c,
                                            ((n * e.p + p) * e.q + q) * e.k + k);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    public static double[] forward(Extents e, double[] x, double[] filters) {
        double[] y = new double[e.ySize()];
        forEach(e, (ix, iw, iy) -> y[iy] += x[ix] * filters[iw]);
        return y;
    }

    /** Adds bias [k], perSample [n,k] and residual [n,p,q,k] to y; each may be null. */
    public static void addTerms(Extents e, double[] y, double[] bias, double[] perSample, double[] residual) {
        for (int i = 0; i < y.length; i++) {
            int k = i % e.k;
            int n = i / (e.p * e.q * e.k);
            y[i] += (bias == null ? 0 : bias[k]) + (perSample == null ? 0 : perSample[n * e.k + k])
                    + (residual == null ? 0 : residual[i]);
        }
    }

    public static double[] dgrad(Extents e, double[] dy, double[] filters) {
        double[] dx = new double[e.xSize()];
        forEach(e, (ix, iw, iy) -> dx[ix] += dy[iy] * filters[iw]);
        return dx;
    }

    public static double[] wgrad(Extents e, double[] x, double[] dy) {
        double[] dw = new double[e.wSize()];
        forEach(e, (ix, iw, iy) -> dw[iw] += x[ix] * dy[iy]);
        return dw;
    }
}
