package io.zoetrope.kernel;

import static io.zoetrope.kernel.Operands.address;

import io.zoetrope.cuda.Args;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * 2-D convolutions, NHWC: x [N, H, W, C], filters w [K, R, S, C/groups], y [N, P, Q, K], in F32 or BF16, summed in f32.
 * Outputs are written whole and must not overlap inputs, but for a residual that is y itself. A one-dimensional
 * convolution is one with H = R = 1.
 *
 * <p>With groups, filter k sees the channels of group ⌊k·groups/K⌋ alone. Four families of kernels serve them: plain
 * implicit GEMMs, such GEMMs a group at a time (also for dilation and for long filters), direct ones where each channel
 * has a single filter of its own, and direct ones on tensor cores for 3×3 in groups of 16.
 */
public final class Conv2d {
    /**
     * wgrad is split until it has about this many threads, 512 for each of 132 multiprocessors: fixed, so that the bits do not
     * depend on the device's size.
     */
    private static final long WGRAD_THREADS = 512 * 132;
    /** A share of wgrad has at least this many k-tiles, so that its sums are worth writing. */
    private static final long WGRAD_SHARE = 8;
    /** The same for depthwise wgrad, in pixels. */
    private static final long DEPTHWISE_SHARE = 256;
    /** The same for the direct kernels of groups, in tiles of pixels. */
    private static final long GROUPED_SHARE = 4;
    private static final String GROUPED_3X3 = "conv/grouped3x3";
    private static final String DEPTHWISE = "conv/depthwise";

    private Conv2d() {
    }

    /**
     * How filters move over x.
     *
     * @param stride   pixels from a window to the next, down and across
     * @param padTop   rows of zeros before the first of x; likewise the other three
     * @param dilation pixels from a tap to the next; 1: neighbours
     * @param groups   into how many groups the channels of x and the filters are cut, each seeing its own only
     */
    public record Spec(int stride, int padTop, int padLeft, int padBottom, int padRight, int dilation, int groups) {
        public Spec {
            if (stride < 1 || padTop < 0 || padLeft < 0 || padBottom < 0 || padRight < 0) {
                throw new IllegalArgumentException("convolution with stride " + stride + " and padding " + padTop + ", "
                        + padLeft + ", " + padBottom + ", " + padRight
                        + " (top, left, bottom, right): expected a stride of 1 or more and no negative padding");
            }
            if (dilation < 1 || groups < 1) {
                throw new IllegalArgumentException("convolution with dilation " + dilation + " and " + groups
                        + " groups: expected 1 or more of both");
            }
        }

        /** One group of neighbouring taps. */
        public Spec(int stride, int padTop, int padLeft, int padBottom, int padRight) {
            this(stride, padTop, padLeft, padBottom, padRight, 1, 1);
        }

        /** The same padding on all sides. */
        public static Spec of(int stride, int pad) {
            return new Spec(stride, pad, pad, pad, pad);
        }

        /** Padding with which an r x s filter of stride 1 keeps the size; the odd row or column goes to the end. */
        public static Spec same(int stride, int r, int s) {
            return new Spec(stride, (r - 1) / 2, (s - 1) / 2, r / 2, s / 2);
        }

        /** For x of one row: padding before and after, none above and below. */
        public static Spec line(int stride, int before, int after) {
            return new Spec(stride, 0, before, 0, after);
        }

        public Spec withDilation(int other) {
            return new Spec(stride, padTop, padLeft, padBottom, padRight, other, groups);
        }

        public Spec withGroups(int other) {
            return new Spec(stride, padTop, padLeft, padBottom, padRight, dilation, other);
        }

        /** Rows of y for {@code height} rows of x and r rows of the filter; below 1 when the filter does not fit. */
        public long outHeight(long height, long r) {
            return Math.floorDiv(height + padTop + padBottom - dilation * (r - 1) - 1, stride) + 1;
        }

        /** Columns of y for {@code width} columns of x and s columns of the filter. */
        public long outWidth(long width, long s) {
            return Math.floorDiv(width + padLeft + padRight - dilation * (s - 1) - 1, stride) + 1;
        }

        /** The fewest rows of x from which {@code p} rows of y come: what a transposed convolution makes of p rows. */
        public long inHeight(long p, long r) {
            return (p - 1) * stride + dilation * (r - 1) + 1 - padTop - padBottom;
        }

        /** The fewest columns of x from which {@code q} columns of y come. */
        public long inWidth(long q, long s) {
            return (q - 1) * stride + dilation * (s - 1) + 1 - padLeft - padRight;
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
        ConvExtents e = ConvExtents.of(operands, "x", x, w, "y", y, spec);
        operands.type("w", w, x.dtype());
        if (bias != null) {
            operands.type("bias", bias, DType.F32);
            operands.shape("bias", bias, ", one for each filter of " + w.shape(), e.k());
            operands.apart("y", y, "bias", bias);
        }
        if (perSample != null) {
            operands.type("perSample", perSample, x.dtype());
            operands.shape("perSample", perSample, ", a row for each sample of y " + y.shape(), e.n(), e.k());
            operands.apart("y", y, "perSample", perSample);
        }
        if (residual != null) {
            operands.type("residual", residual, x.dtype());
            operands.shape("residual", residual, " like y", e.n(), e.p(), e.q(), e.k());
            if (residual.address() != y.address()) {
                operands.apart("y", y, "residual", residual);
            }
        }
        operands.apart("y", y, "x", x);
        operands.apart("y", y, "w", w);

        long rows = (long) e.n() * e.p() * e.q();
        Args args = Args.of().address(x.address()).address(w.address()).address(address(bias))
                .address(address(perSample)).address(address(residual)).address(y.address());
        if (e.isDepthwise()) {
            depthwise("fprop", "conv2d_fprop", e, rows, args, x, y, perSample, residual);
            return;
        }
        if (runsGrouped3x3(e, x, w, y, perSample, residual)) {
            grouped3x3("fprop", e, y, args);
            return;
        }
        Kernel kernel = kernel("conv2d_fprop", e, x, rows, e.groupFilters());
        kernel.launch(Grid.of(blocks(kernel.geometry(), rows, e.groupFilters()), e.groups()), e.append(args));
    }

    /** {@code dx}: the gradient of forward with respect to x, for the gradient dy with respect to y. */
    public static void dgrad(Tensor dy, Tensor w, Tensor dx, Spec spec) {
        Operands operands = Operands.of("conv2d_dgrad");
        ConvExtents e = ConvExtents.of(operands, "dx", dx, w, "dy", dy, spec);
        operands.type("w", w, dx.dtype());
        operands.apart("dx", dx, "dy", dy);
        operands.apart("dx", dx, "w", w);

        Args args = Args.of().address(dy.address()).address(w.address()).address(dx.address());
        if (e.isDepthwise()) {
            depthwise("dgrad", "conv2d_dgrad", e, (long) e.n() * e.h() * e.w(), args, dy, dx, null, null);
            return;
        }
        if (runsGrouped3x3(e, dy, w, dx)) {
            grouped3x3("dgrad", e, dx, args);
            return;
        }
        long rows = e.n() * Tiles.count(e.h(), spec.stride) * Tiles.count(e.w(), spec.stride);
        Kernel kernel = kernel("conv2d_dgrad", e, dx, rows, e.groupChannels());
        // Rows of x in the first phases only, as in one-dimensional convolutions, need no blocks for the others.
        long phases = (long) spec.stride * Math.min(spec.stride, e.h() + (long) spec.padTop);
        kernel.launch(Grid.of(blocks(kernel.geometry(), rows, e.groupChannels()), e.groups(), phases), e.append(args));
    }

    /**
     * {@code dw}: the gradient of forward with respect to the filters, for the gradient dy with respect to y.
     *
     * @param dw         F32 [K, R, S, C/groups]
     * @param accumulate adds to dw instead of overwriting it
     */
    public static void wgrad(Tensor x, Tensor dy, Tensor dw, Spec spec, boolean accumulate) {
        Operands operands = Operands.of("conv2d_wgrad");
        ConvExtents e = ConvExtents.of(operands, "x", x, dw, "dy", dy, spec);
        operands.type("dw", dw, DType.F32);
        operands.apart("dw", dw, "x", x);
        operands.apart("dw", dw, "dy", dy);

        Device device = dw.device();
        long pixels = (long) e.n() * e.p() * e.q();
        if (e.isDepthwise()) {
            String entry = "depthwise_wgrad_" + x.dtype().suffix();
            Tiers.used("conv2d_wgrad", entry);
            long outputs = Tiles.count(e.c(), 32) * e.r() * e.s();
            Kernel kernel = device.kernel(DEPTHWISE, entry);
            wgrad(kernel, Grid.of(outputs), Tiles.count(pixels, wgradShares(kernel, outputs, pixels / DEPTHWISE_SHARE)), pixels,
                    x, dy, dw, e, accumulate);
            return;
        }
        if (runsGrouped3x3(e, x, dy)) {
            String entry = "grouped3x3_wgrad_sm80_bf16";
            Tiers.used("conv2d_wgrad", entry);
            Kernel kernel = device.kernel(GROUPED_3X3, entry);
            long tiles = Tiles.count(pixels, kernel.geometry().tileK());
            long shares = wgradShares(kernel, e.groups(), tiles / GROUPED_SHARE);
            wgrad(kernel, Grid.of(e.groups()), Tiles.count(tiles, shares), tiles, x, dy, dw, e, accumulate);
            return;
        }
        Tier tier = Tiers.choose(device, x.dtype());
        String operation = e.isGeneral() ? "conv2d_wgrad_grouped" : "conv2d_wgrad";
        String tile = Tiers.forcedTile().orElseGet(() -> e.isGeneral()
                ? Tiles.groupedWgrad(tier, x.dtype(), e.groupFilters()) : Tiles.wgrad(tier, x.dtype(), e.k()));
        String entry = operation + "_" + tier.suffix() + "_" + x.dtype().suffix() + "_" + tile;
        Kernel kernel = device.kernel("conv/" + operation, entry);
        Tiers.used("conv2d_wgrad", entry);
        Geometry geometry = kernel.geometry();
        long outputs = blocks(geometry, e.groupFilters(), (long) e.r() * e.s() * e.groupChannels());
        long depth = Tiles.count(pixels, geometry.tileK());
        long shares = wgradShares(kernel, outputs * e.groups(), depth / WGRAD_SHARE);
        wgrad(kernel, Grid.of(outputs, 1, e.groups()), Tiles.count(depth, shares), depth, x, dy, dw, e, accumulate);
    }

    /** Into how many shares, {@code most} at most, wgrad's inner index is cut, for so many blocks of outputs. */
    private static long wgradShares(Kernel kernel, long outputs, long most) {
        return Math.max(1, Math.min(Tiles.count(WGRAD_THREADS, outputs * kernel.geometry().threads()), most));
    }

    /** Runs wgrad in shares of {@code share} of {@code depth} steps, and adds them up. */
    private static void wgrad(Kernel kernel, Grid outputs, long share, long depth, Tensor x, Tensor dy, Tensor dw,
            ConvExtents e, boolean accumulate) {
        long shares = Tiles.count(depth, share);
        Grid grid = Grid.of(outputs.x(), shares, outputs.z());
        if (shares == 1) {
            kernel.launch(grid, wgradArgs(x, dy, dw, e, share, accumulate));
            return;
        }
        Device device = dw.device();
        try (Scope scope = Scope.open(device)) {
            Tensor slices = scope.empty(DType.F32, shares, dw.size());
            kernel.launch(grid, wgradArgs(x, dy, slices, e, share, false));
            Kernel reduce = device.kernel("conv/conv2d_wgrad", "conv2d_wgrad_reduce");
            reduce.launch(Grid.covering(dw.size(), reduce.geometry().tileM()), Args.of().address(slices.address())
                    .address(dw.address()).i64(dw.size()).i32(shares).i32(accumulate ? 1 : 0));
        }
    }

    private static Args wgradArgs(Tensor x, Tensor dy, Tensor out, ConvExtents e, long share, boolean accumulate) {
        Args args = Args.of().address(x.address()).address(dy.address()).address(out.address());
        return e.append(args).i32(share).i32(accumulate ? 1 : 0);
    }

    /** Forward or dgrad, a thread for a pack of channels where all of {@code moved} (null allowed) begin on 16 bytes. */
    private static void depthwise(String direction, String operation, ConvExtents e, long pixels, Args args,
            Tensor... moved) {
        Device device = moved[0].device();
        DType dtype = moved[0].dtype();
        String entry = "depthwise_" + direction + "_" + dtype.suffix();
        Tiers.used(operation, entry);
        Kernel kernel = device.kernel(DEPTHWISE, entry);
        int pack = kernel.geometry().tileN();
        boolean wide = e.c() % pack == 0;
        for (Tensor tensor : moved) {
            wide &= address(tensor) % 16 == 0;
        }
        kernel.launch(Grid.covering(pixels * (wide ? e.c() / pack : e.c()), kernel.geometry().tileM()),
                e.append(args).i32(wide ? 1 : 0));
    }

    /** Whether the direct kernels of groups take it: they are for tensor cores and want all tensors to begin on 16 bytes. */
    private static boolean runsGrouped3x3(ConvExtents e, Tensor first, Tensor... others) {
        boolean runs = e.isGrouped3x3() && first.dtype() == DType.BF16 && first.address() % 16 == 0
                && Tiers.forcedTile().isEmpty() && Tiers.choose(first.device(), DType.BF16) == Tier.SM80;
        for (Tensor other : others) {
            runs &= address(other) % 16 == 0;
        }
        return runs;
    }

    private static void grouped3x3(String direction, ConvExtents e, Tensor out, Args args) {
        String entry = "grouped3x3_" + direction + "_sm80_bf16";
        Tiers.used("conv2d_" + direction, entry);
        Kernel kernel = out.device().kernel(GROUPED_3X3, entry);
        long tiles = Tiles.count((long) e.n() * e.h() * e.w(), kernel.geometry().tileM());
        kernel.launch(Grid.of(tiles, e.groups()), e.append(args));
    }

    private static Kernel kernel(String operation, ConvExtents e, Tensor data, long rows, long columns) {
        Device device = data.device();
        Tier tier = Tiers.choose(device, data.dtype());
        String tile = Tiers.forcedTile().orElseGet(() -> e.isGeneral() ? Tiles.grouped(tier, data.dtype(), columns)
                : Tiles.conv(tier, data.dtype(), rows, columns, device.multiprocessors()));
        String module = operation + (e.isGeneral() ? "_grouped" : "");
        String entry = module + "_" + tier.suffix() + "_" + data.dtype().suffix() + "_" + tile;
        Tiers.used(operation, entry);
        return device.kernel("conv/" + module, entry);
    }

    private static long blocks(Geometry geometry, long rows, long columns) {
        return Tiles.count(rows, geometry.tileM()) * Tiles.count(columns, geometry.tileN());
    }
}
