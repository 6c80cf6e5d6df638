package io.zoetrope.ops.conv;

import static io.zoetrope.ops.Operands.address;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * 2-D convolutions, NHWC: x [N, H, W, C], filters w [K, R, S, C/groups], y [N, P, Q, K], in F32 or BF16, summed in f32.
 * Outputs are written whole and must not overlap inputs, but for a residual that is y itself. A one-dimensional
 * convolution is one with H = R = 1.
 *
 * <p>With groups, filter k sees the channels of group ⌊k·groups/K⌋ alone.
 */
public final class Conv2d {
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
    public static void forward(Tensor x, Tensor w, Tensor bias, Tensor perSample, Tensor residual, Tensor y,
            Spec spec) {
        Operands operands = Operands.of("conv2d_fprop");
        ConvExtents e = ConvExtents.of(operands, "x", x, w, "y", y, spec);
        operands.type("w", w, x.dtype());
        if (bias != null) {
            operands.type("bias", bias, DType.F32);
            operands.shape("bias", bias, ", one for each filter", e.k());
        }
        if (perSample != null) {
            operands.type("perSample", perSample, x.dtype());
            operands.shape("perSample", perSample, ", a row for each sample of y", e.n(), e.k());
        }
        if (residual != null) {
            operands.alike("residual", residual, "y", y);
        }
        operands.reads("x, w", x, w).reads("bias, perSample", bias, perSample).writes("y", y).device();
        Operands.of("conv2d_fprop").reads("residual", residual).updates("y", y).device();

        if (ProvidedConv.forward(e, x, w, bias, perSample, residual, y)) {
            return;
        }
        ConvPlan plan = ConvPlan.fprop(y.device(), e, x.dtype(), aligned(x, y, perSample, residual), aligned(w));
        e.append(plan.kernel().arguments().pointer("x", x).pointer("w", w).pointer("bias", bias)
                .pointer("per_sample", perSample).pointer("residual", residual).pointer("y", y), plan)
                .launch(plan.grid());
    }

    /** {@code dx}: the gradient of forward with respect to x, for the gradient dy with respect to y. */
    public static void dgrad(Tensor dy, Tensor w, Tensor dx, Spec spec) {
        Operands operands = Operands.of("conv2d_dgrad");
        ConvExtents e = ConvExtents.of(operands, "dx", dx, w, "dy", dy, spec);
        operands.type("w", w, dx.dtype());
        operands.reads("dy, w", dy, w).writes("dx", dx).device();

        if (ProvidedConv.dgrad(e, dy, w, dx)) {
            return;
        }
        ConvPlan plan = ConvPlan.dgrad(dx.device(), e, dx.dtype(), aligned(dy, dx), aligned(w));
        e.append(plan.kernel().arguments().pointer("dy", dy).pointer("w", w).pointer("dx", dx), plan)
                .launch(plan.grid());
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
        operands.reads("x, dy", x, dy).writes("dw", dw).device();

        if (ProvidedConv.wgrad(e, x, dy, dw, accumulate)) {
            return;
        }
        Device device = dw.device();
        ConvPlan plan = ConvPlan.wgrad(device, e, x.dtype(), aligned(x, dy));
        if (plan.shares() == 1) {
            wgrad(plan, x, dy, dw, e, accumulate);
            return;
        }
        try (Scope scope = Scope.open(device)) {
            Tensor slices = scope.empty(DType.F32, plan.shares(), dw.size());
            wgrad(plan, x, dy, slices, e, false);
            Kernel reduce = device.kernel("conv/conv2d_wgrad", "conv2d_wgrad_reduce");
            reduce.arguments().pointer("slices", slices).pointer("dw", dw).i64("count", dw.size())
                    .i32("shares", plan.shares()).i32("accumulate", accumulate ? 1 : 0)
                    .launch(Grid.covering(dw.size(), reduce.geometry().tileM()));
        }
    }

    private static void wgrad(ConvPlan plan, Tensor x, Tensor dy, Tensor out, ConvExtents e, boolean accumulate) {
        e.append(plan.kernel().arguments().pointer("x", x).pointer("dy", dy).pointer("out", out), plan)
                .i32("share", plan.share()).i32("accumulate", accumulate ? 1 : 0).launch(plan.grid());
    }

    private static boolean aligned(Tensor first, Tensor second, Tensor third, Tensor fourth) {
        return aligned(address(first) | address(second) | address(third) | address(fourth));
    }

    private static boolean aligned(Tensor first, Tensor second) {
        return aligned(address(first) | address(second));
    }

    private static boolean aligned(Tensor tensor) {
        return aligned(address(tensor));
    }

    /** Whether all whose addresses are joined begin on 16 bytes. */
    private static boolean aligned(long addresses) {
        return addresses % 16 == 0;
    }
}
