package io.zoetrope.ops.conv;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.PlanKey;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** A convolution's extents, checked against each other, and which kernels they ask for. */
record ConvExtents(int n, int h, int w, int c, int k, int r, int s, int p, int q, Conv2d.Spec spec) {
    /** Rows, and columns, of filters that the plain kernels can take. */
    private static final int PLAIN_WINDOW = 15;
    /** Rows, and columns, that the general ones can take: seven bits of a word for each end of them. */
    private static final int GENERAL_WINDOW = 127;

    /** Of these operands; what was checked once on a device is found again. */
    static ConvExtents of(Operands operands, String xName, Tensor x, Tensor w, String yName, Tensor y,
            Conv2d.Spec spec) {
        operands.given(xName, x);
        operands.given("w", w);
        operands.given(yName, y);
        PlanKey probe = PlanKey.of("conv2d", spec, null, null).with(x).with(w).with(y);
        ConvExtents known = x.device().knownPlan(probe);
        return known != null ? known
                : x.device().plan(probe.copy(), key -> checked(operands, xName, x, w, yName, y, spec));
    }

    private static ConvExtents checked(Operands operands, String xName, Tensor x, Tensor w, String yName, Tensor y,
            Conv2d.Spec spec) {
        operands.rank(xName, x, 4, "[N, H, W, C]");
        operands.rank("w", w, 4, "[K, R, S, C/groups]");
        operands.rank(yName, y, 4, "[N, P, Q, K]");
        operands.type(xName, x, DType.F32, DType.BF16);
        operands.type(yName, y, x.dtype());
        int groups = spec.groups();
        if (x.dim(3) % groups != 0 || w.dim(0) % groups != 0) {
            throw operands.refusal(x.dim(3) + " channels of " + xName + " " + x.shape() + " and " + w.dim(0)
                    + " filters " + w.shape() + " do not both divide into " + groups + " groups");
        }
        if (w.dim(3) != x.dim(3) / groups) {
            throw operands.refusal(xName + " " + x.shape() + " has " + x.dim(3) / groups + " channels"
                    + (groups == 1 ? "" : " in each of " + groups + " groups") + ", but the filters " + w.shape()
                    + " have " + w.dim(3));
        }
        long p = spec.outHeight(x.dim(1), w.dim(1));
        long q = spec.outWidth(x.dim(2), w.dim(2));
        if (p < 1 || q < 1) {
            throw operands
                    .refusal("filters " + w.shape() + " do not fit into " + xName + " " + x.shape() + " with " + spec);
        }
        if (y.dim(0) != x.dim(0) || y.dim(1) != p || y.dim(2) != q || y.dim(3) != w.dim(0)) {
            operands.shape(yName, y, " for " + xName + " " + x.shape() + ", filters " + w.shape() + " and " + spec,
                    x.dim(0), p, q, w.dim(0));
        }
        operands.fits("the number of pixels of x", x.dim(0) * x.dim(1) * x.dim(2));
        operands.fits("the number of pixels of y", y.dim(0) * p * q);
        operands.fits("the size of the filters", w.size());
        long row = Math.max(x.dim(2) * x.dim(3), q * y.dim(3)) * Float.BYTES;
        operands.fits("the span of a window in bytes", (w.dim(1) * spec.dilation() + 1) * row);
        ConvExtents extents = new ConvExtents((int) x.dim(0), (int) x.dim(1), (int) x.dim(2),
                operands.fits("C", x.dim(3)), (int) w.dim(0), (int) w.dim(1), (int) w.dim(2), (int) p, (int) q, spec);
        if (!extents.isDepthwise() && Math.max(w.dim(1), w.dim(2)) > GENERAL_WINDOW) {
            throw operands.refusal("filters " + w.shape() + " have more than " + GENERAL_WINDOW
                    + " rows or columns, which only depthwise convolutions take");
        }
        return extents;
    }

    int groups() {
        return spec.groups();
    }

    int groupChannels() {
        return c / spec.groups();
    }

    int groupFilters() {
        return k / spec.groups();
    }

    /** Each channel with one filter of its own. */
    boolean isDepthwise() {
        return spec.groups() > 1 && spec.groups() == c && k == c;
    }

    /** 3×3 in groups of 16 channels to 16, keeping the size: what the direct tensor kernels take. */
    boolean isGrouped3x3() {
        return groupChannels() == 16 && groupFilters() == 16 && groups() > 1 && r == 3 && s == 3 && w <= 64
                && spec.equals(Conv2d.Spec.of(1, 1).withGroups(groups()));
    }

    /** Beyond the plain kernels: groups, dilation or long filters. */
    boolean isGeneral() {
        return spec.groups() > 1 || spec.dilation() > 1 || r > PLAIN_WINDOW || s > PLAIN_WINDOW;
    }

    /** Appends them as cuda/ops/conv/convolution.cuh has them, and what a direct kernel asks besides. */
    Arguments append(Arguments arguments, ConvPlan plan) {
        arguments.structure("geometry").i32("n", n).i32("h", h).i32("w", w).i32("c", c).i32("k", k).i32("r", r)
                .i32("s", s).i32("p", p).i32("q", q).i32("stride", spec.stride()).i32("top", spec.padTop())
                .i32("left", spec.padLeft());
        if (isGeneral()) {
            arguments.i32("groups", spec.groups()).i32("dilation", spec.dilation());
        }
        return plan.packed() < 0 ? arguments : arguments.i32("wide", plan.packed());
    }
}
