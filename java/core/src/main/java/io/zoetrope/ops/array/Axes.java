package io.zoetrope.ops.array;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;

/**
 * Reductions and selection along axes. Sums are F32 in an order that the shape alone fixes. Selection is stable: of
 * equal values the one with the lower index comes first, and NaN before every number, whether the largest or the
 * smallest are asked for; so a maximum and a minimum are NaN where there is one.
 */
public final class Axes {
    private static final String MODULE = "array/reduce";
    private static final long ENOUGH_OUTPUTS = 4096;
    private static final long PART = 1024;
    private static final long MOST_PARTS = 256;

    private Axes() {
    }

    /**
     * out = factor · Σ x over the axes marked, of which out has extent 1 or which it leaves out; F32 or BF16 each. The
     * sum of no elements is 0.
     *
     * @param reduced one for each dimension of x
     */
    public static void sum(Tensor x, boolean[] reduced, double factor, Tensor out) {
        Operands operands = Operands.of("sum").floating("x", x).floating("out", out);
        operands.require(reduced.length == x.rank(), reduced.length + " axes for x, which is " + x.describe());
        long size = 1;
        for (int d = 0; d < reduced.length; d++) {
            size *= reduced[d] ? 1 : x.dim(d);
        }
        Device device = operands.sized("out", out, out.dtype(), size).reads("x", x).writes("out", out).device();
        if (size == 0) {
            return;
        }
        try (Scope scratch = Scope.open(device)) {
            Tensor rest = x;
            int end = reduced.length;
            long inner = 1;
            long length = 1;
            long outer = 1;
            // From the innermost run of reduced axes outwards, so that each pass leaves less for the next.
            while (true) {
                while (end > 0 && !reduced[end - 1]) {
                    inner *= x.dim(--end);
                }
                length = 1;
                while (end > 0 && reduced[end - 1]) {
                    length *= x.dim(--end);
                }
                outer = 1;
                boolean more = false;
                for (int d = 0; d < end; d++) {
                    outer *= x.dim(d);
                    more |= reduced[d];
                }
                if (!more) {
                    pass(rest, outer, length, inner, factor, out, scratch);
                    return;
                }
                Tensor next = scratch.empty(DType.F32, outer, inner);
                pass(rest, outer, length, inner, 1, next, scratch);
                rest = next;
            }
        }
    }

    private static void pass(Tensor x, long outer, long n, long inner, double factor, Tensor out, Scope scratch) {
        if (out.size() == 0) {
            return;
        }
        long parts = outer * inner >= ENOUGH_OUTPUTS ? 1 : Math.max(1, Math.min(MOST_PARTS, n / PART));
        if (parts == 1) {
            launch(x, outer, n, inner, 1, factor, out);
        } else {
            Tensor partial = scratch.empty(DType.F32, outer, parts, inner);
            launch(x, outer, n, inner, parts, 1, partial);
            launch(partial, outer, parts, inner, 1, factor, out);
        }
    }

    private static void launch(Tensor x, long outer, long n, long inner, long parts, double factor, Tensor out) {
        Kernel kernel = x.device().kernel(MODULE, "array_sum_" + x.dtype().suffix() + "_" + out.dtype().suffix());
        long outputs = outer * parts * inner;
        kernel.arguments().pointer("x", x).pointer("out", out).i64("outer", outer).i64("n", n).i64("inner", inner)
                .i32("parts", parts).f32("scale", (float) factor)
                .launch(inner == 1 ? Grid.of(outputs) : Grid.covering(outputs, kernel.geometry().tileM()));
    }

    /**
     * The first k along an axis, in order.
     *
     * @param x       F32, BF16 or I32, with at least k elements along the axis
     * @param largest the largest first, else the smallest
     * @param values  like x with k elements along the axis; null: not wanted
     * @param indices I32 of that shape: where along the axis they were; null: not wanted
     */
    public static void select(Tensor x, int axis, int k, boolean largest, Tensor values, Tensor indices) {
        Operands operands = Operands.of("select").type("x", x, DType.F32, DType.BF16, DType.I32).rankAtLeast("x", x, 1);
        int at = Strided.axis("select", axis, x.rank());
        long n = operands.fits("the length of axis " + axis, x.dim(at));
        operands.require(k >= 1 && k <= n,
                "k is " + k + ", expected 1 to " + n + ", the length of axis " + axis + " of " + x.describe());
        long[] dims = x.shape().dims();
        dims[at] = k;
        if (values != null) {
            operands.exactly("values", values, x.dtype(), dims);
        }
        if (indices != null) {
            operands.exactly("indices", indices, DType.I32, dims);
        }
        Device device = operands.reads("x", x).writes("values, indices", values, indices).device();
        if (x.size() > 0) {
            device.kernel(MODULE, "array_select_" + x.dtype().suffix()).arguments().pointer("x", x)
                    .pointer("values", values).pointer("indices", indices).i64("n", n).i64("inner", inner(x, at))
                    .i32("k", k).i32("largest", largest ? 1 : 0).launch(Grid.of(x.size() / n));
        }
    }

    /** dx = y (dy − Σ dy y) over the innermost dimension, y being the softmax. */
    public static void softmaxBackward(Tensor dy, Tensor y, Tensor dx) {
        Operands.of("softmax backward").floating("y", y).rankAtLeast("y", y, 1).alike("dy", dy, "y", y)
                .alike("dx", dx, "y", y).reads("dy, y", dy, y).writes("dx", dx).device();
        if (y.size() > 0) {
            y.device().kernel(MODULE, "array_softmax_backward_" + y.dtype().suffix()).arguments().pointer("dy", dy)
                    .pointer("y", y).pointer("dx", dx).i64("n", y.dim(-1)).launch(Grid.of(y.size() / y.dim(-1)));
        }
    }

    /** Elements between neighbours along an axis. */
    static long inner(Tensor x, int axis) {
        long inner = 1;
        for (int d = axis + 1; d < x.rank(); d++) {
            inner *= x.dim(d);
        }
        return inner;
    }

    /** Sums what was repeated: the axes that {@code to} lacks or has once. */
    static void sumTo(Tensor x, Shape to, Tensor out) {
        boolean[] reduced = new boolean[x.rank()];
        int shift = x.rank() - to.rank();
        for (int d = 0; d < reduced.length; d++) {
            reduced[d] = d < shift || to.dim(d - shift) == 1 && x.dim(d) != 1;
        }
        sum(x, reduced, 1, out);
    }
}
