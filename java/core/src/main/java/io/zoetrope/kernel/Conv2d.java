package io.zoetrope.kernel;

import io.zoetrope.cuda.Args;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * 2-D convolutions, NHWC: x [N, H, W, C], filters w [K, R, S, C], y [N, P, Q, K], in F32 or BF16, summed in f32.
 * Outputs are written whole and must not overlap inputs, but for a residual that is y itself.
 */
public final class Conv2d {
    private static final int MAX_WINDOW = 15;
    /** wgrad is split until it has about this many blocks: fixed, so that the bits do not depend on the device's size. */
    private static final long WGRAD_BLOCKS = 128;
    /** A share of wgrad has at least this many k-tiles, so that its sums are worth writing. */
    private static final long WGRAD_SHARE = 16;

    private Conv2d() {
    }

    /** Stride, and rows and columns of zeros around x. */
    public record Spec(int stride, int padTop, int padLeft, int padBottom, int padRight) {
        public Spec {
            if (stride < 1 || padTop < 0 || padLeft < 0 || padBottom < 0 || padRight < 0) {
                throw new IllegalArgumentException("convolution with stride " + stride + " and padding " + padTop + ", "
                        + padLeft + ", " + padBottom + ", " + padRight
                        + " (top, left, bottom, right): expected a stride of 1 or more and no negative padding");
            }
        }

        /** The same padding on all sides. */
        public static Spec of(int stride, int pad) {
            return new Spec(stride, pad, pad, pad, pad);
        }

        /** Padding with which an r x s filter of stride 1 keeps the size; the odd row or column goes to the end. */
        public static Spec same(int stride, int r, int s) {
            return new Spec(stride, (r - 1) / 2, (s - 1) / 2, r / 2, s / 2);
        }

        /** Rows of y for {@code height} rows of x and r rows of the filter; below 1 when the filter does not fit. */
        public long outHeight(long height, long r) {
            return Math.floorDiv(height + padTop + padBottom - r, stride) + 1;
        }

        /** Columns of y for {@code width} columns of x and s columns of the filter. */
        public long outWidth(long width, long s) {
            return Math.floorDiv(width + padLeft + padRight - s, stride) + 1;
        }
    }

    /** A convolution's extents, checked against each other. */
    private record Extents(int n, int h, int w, int c, int k, int r, int s, int p, int q, Spec spec) {
        static Extents of(Operands operands, String xName, Tensor x, Tensor w, String yName, Tensor y, Spec spec) {
            operands.rank(xName, x, 4, "[N, H, W, C]");
            operands.rank("w", w, 4, "[K, R, S, C]");
            operands.rank(yName, y, 4, "[N, P, Q, K]");
            operands.type(xName, x, DType.F32, DType.BF16);
            operands.type(yName, y, x.dtype());
            operands.require(w.dim(3) == x.dim(3), xName + " " + x.shape() + " has " + x.dim(3) + " channels, but the filters "
                    + w.shape() + " have " + w.dim(3));
            operands.require(w.dim(1) <= MAX_WINDOW && w.dim(2) <= MAX_WINDOW,
                    "filters " + w.shape() + " are larger than " + MAX_WINDOW + "×" + MAX_WINDOW);
            long p = spec.outHeight(x.dim(1), w.dim(1));
            long q = spec.outWidth(x.dim(2), w.dim(2));
            operands.require(p >= 1 && q >= 1, "filters " + w.shape() + " do not fit into " + xName + " " + x.shape()
                    + " with " + spec);
            operands.shape(yName, y, " for " + xName + " " + x.shape() + ", filters " + w.shape() + " and " + spec,
                    x.dim(0), p, q, w.dim(0));
            operands.fits("the number of pixels of " + xName, x.dim(0) * x.dim(1) * x.dim(2));
            operands.fits("the number of pixels of " + yName, y.dim(0) * p * q);
            operands.fits("the size of the filters", w.size());
            return new Extents((int) x.dim(0), (int) x.dim(1), (int) x.dim(2), operands.fits("C", x.dim(3)),
                    (int) w.dim(0), (int) w.dim(1), (int) w.dim(2), (int) p, (int) q, spec);
        }

        Args append(Args args) {
            return args.i32(n).i32(h).i32(w).i32(c).i32(k).i32(r).i32(s).i32(p).i32(q)
                    .i32(spec.stride).i32(spec.padTop).i32(spec.padLeft);
        }
    }

    /**
     * {@code y = conv(x, w) + bias + perSample + residual}.
     *
     * @param bias      F32 [K]; null: none
     * @param perSample [N, K] in x's type, added to every pixel of its sample; null: none
     * @param residual  shaped and typed like y, and possibly y itself; null: none
     */
    public static void forward(Tensor x, Tensor w, Tensor bias, Tensor perSample, Tensor residual, Tensor y, Spec spec) {
        Operands operands = Operands.of("conv2d_fprop");
        Extents e = Extents.of(operands, "x", x, w, "y", y, spec);
        operands.type("w", w, x.dtype());
        if (bias != null) {
            operands.type("bias", bias, DType.F32);
            operands.shape("bias", bias, ", one for each filter of " + w.shape(), e.k);
            operands.apart("y", y, "bias", bias);
        }
        if (perSample != null) {
            operands.type("perSample", perSample, x.dtype());
            operands.shape("perSample", perSample, ", a row for each sample of y " + y.shape(), e.n, e.k);
            operands.apart("y", y, "perSample", perSample);
        }
        if (residual != null) {
            operands.type("residual", residual, x.dtype());
            operands.shape("residual", residual, " like y", e.n, e.p, e.q, e.k);
            if (residual.address() != y.address()) {
                operands.apart("y", y, "residual", residual);
            }
        }
        operands.apart("y", y, "x", x);
        operands.apart("y", y, "w", w);

        long rows = (long) e.n * e.p * e.q;
        Kernel kernel = kernel("conv2d_fprop", x, rows, e.k);
        Args args = Args.of().address(x.address()).address(w.address()).address(addressOf(bias))
                .address(addressOf(perSample)).address(addressOf(residual)).address(y.address());
        kernel.launch(Grid.of(blocks(kernel.geometry(), rows, e.k)), e.append(args));
    }

    /** {@code dx}: the gradient of forward with respect to x, for the gradient dy with respect to y. */
    public static void dgrad(Tensor dy, Tensor w, Tensor dx, Spec spec) {
        Operands operands = Operands.of("conv2d_dgrad");
        Extents e = Extents.of(operands, "dx", dx, w, "dy", dy, spec);
        operands.type("w", w, dx.dtype());
        operands.apart("dx", dx, "dy", dy);
        operands.apart("dx", dx, "w", w);

        long rows = e.n * Tiles.count(e.h, spec.stride) * Tiles.count(e.w, spec.stride);
        Kernel kernel = kernel("conv2d_dgrad", dx, rows, e.c);
        Args args = Args.of().address(dy.address()).address(w.address()).address(dx.address());
        kernel.launch(Grid.of(blocks(kernel.geometry(), rows, e.c), 1, (long) spec.stride * spec.stride), e.append(args));
    }

    /**
     * {@code dw}: the gradient of forward with respect to the filters, for the gradient dy with respect to y.
     *
     * @param dw         F32 [K, R, S, C]
     * @param accumulate adds to dw instead of overwriting it
     */
    public static void wgrad(Tensor x, Tensor dy, Tensor dw, Spec spec, boolean accumulate) {
        Operands operands = Operands.of("conv2d_wgrad");
        Extents e = Extents.of(operands, "x", x, dw, "dy", dy, spec);
        operands.type("dw", dw, DType.F32);
        operands.apart("dw", dw, "x", x);
        operands.apart("dw", dw, "dy", dy);

        Device device = dw.device();
        Tier tier = Tiers.choose(device, x.dtype());
        String tile = Tiers.forcedTile().orElseGet(() -> Tiles.wgrad(tier, x.dtype(), e.k));
        String entry = "conv2d_wgrad_" + tier.suffix() + "_" + x.dtype().suffix() + "_" + tile;
        Kernel kernel = device.kernel("conv/conv2d_wgrad", entry);
        Tiers.used("conv2d_wgrad", entry);
        Geometry geometry = kernel.geometry();
        long outputs = blocks(geometry, e.k, (long) e.r * e.s * e.c);
        long depth = Tiles.count((long) e.n * e.p * e.q, geometry.tileK());
        long wanted = Math.max(1, Math.min(Tiles.count(WGRAD_BLOCKS, outputs), depth / WGRAD_SHARE));
        long share = Tiles.count(depth, wanted);
        long shares = Tiles.count(depth, share);
        if (shares == 1) {
            kernel.launch(Grid.of(outputs), wgradArgs(x, dy, dw, e, share, accumulate));
            return;
        }
        try (Scope scope = Scope.open(device)) {
            Tensor slices = scope.empty(DType.F32, shares, dw.size());
            kernel.launch(Grid.of(outputs, shares), wgradArgs(x, dy, slices, e, share, false));
            Kernel reduce = device.kernel("conv/conv2d_wgrad", "conv2d_wgrad_reduce");
            reduce.launch(Grid.covering(dw.size(), reduce.geometry().tileM()), Args.of().address(slices.address())
                    .address(dw.address()).i64(dw.size()).i32(shares).i32(accumulate ? 1 : 0));
        }
    }

    private static Args wgradArgs(Tensor x, Tensor dy, Tensor out, Extents e, long share, boolean accumulate) {
        Args args = Args.of().address(x.address()).address(dy.address()).address(out.address());
        return e.append(args).i32(share).i32(accumulate ? 1 : 0);
    }

    private static Kernel kernel(String operation, Tensor data, long rows, long columns) {
        Device device = data.device();
        Tier tier = Tiers.choose(device, data.dtype());
        String tile = Tiers.forcedTile()
                .orElseGet(() -> Tiles.conv(tier, data.dtype(), rows, columns, device.multiprocessors()));
        String entry = operation + "_" + tier.suffix() + "_" + data.dtype().suffix() + "_" + tile;
        Tiers.used(operation, entry);
        return device.kernel("conv/" + operation, entry);
    }

    private static long blocks(Geometry geometry, long rows, long columns) {
        return Tiles.count(rows, geometry.tileM()) * Tiles.count(columns, geometry.tileN());
    }

    private static long addressOf(Tensor tensor) {
        return tensor == null ? 0 : tensor.address();
    }
}
