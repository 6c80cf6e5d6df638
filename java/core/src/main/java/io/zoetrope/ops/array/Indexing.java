package io.zoetrope.ops.array;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Gathering and scattering along one axis, and dropout. Indices are I32, either of one dimension, which then serve
 * every line along the axis, or of the shape of what is gathered. {@link #requireWithin} finds one outside of the axis.
 */
public final class Indexing {
    private static final String MODULE = "array/index";

    private Indexing() {
    }

    /**
     * Checks indices on the device and waits for it.
     *
     * @throws IndexOutOfBoundsException naming the first that is not in 0 … bound−1
     * @throws IllegalStateException     while a graph is recorded: check before
     */
    public static void requireWithin(String name, Tensor indices, long bound) {
        Device device = Operands.of("check " + name).type(name, indices, DType.I32).reads(name, indices).device();
        if (indices.size() == 0) {
            return;
        }
        Operands.of("check " + name).fits("the number of " + name, indices.size());
        try (Scope scratch = Scope.open(device)) {
            Tensor first = scratch.of(new int[] {Integer.MAX_VALUE}, 1);
            Kernel kernel = device.kernel(MODULE, "array_check_ids");
            kernel.arguments().pointer("ids", indices).i64("n", indices.size()).i64("bound", bound)
                    .pointer("bad", first).launch(Grid.covering(indices.size(), kernel.geometry().tileM()));
            int place = first.toInts()[0];
            if (place != Integer.MAX_VALUE) {
                throw new IndexOutOfBoundsException(name + " at place " + place + " is "
                        + indices.view(place, 1).toInts()[0] + ", expected 0 to " + (bound - 1));
            }
        }
    }

    /** How indices lie along [outer, count, inner]. */
    private record Lines(long outer, long n, long inner, long count, long[] steps) {
        static Lines of(Operands operands, Tensor x, int axis, Tensor ids, String partName, Tensor part) {
            int at = Strided.axis("index", axis, x.rank());
            long count = part.rank() == x.rank() ? part.dim(at) : -1;
            long[] dims = x.shape().dims();
            dims[at] = count;
            operands.require(count >= 0,
                    partName + " is " + part.describe() + ", expected the dimensions of " + x.describe())
                    .exactly(partName, part, x.dtype(), dims);
            boolean shared = ids.rank() == 1 && ids.size() == count;
            operands.type("ids", ids, DType.I32).require(shared || ids.shape().equals(part.shape()),
                    "ids is " + ids.describe() + ", expected I32[" + count + "] or I32" + part.shape());
            long inner = Axes.inner(x, at);
            long outer = 1;
            for (int d = 0; d < at; d++) {
                outer *= x.dim(d);
            }
            return new Lines(outer, x.dim(at), inner, count, shared && !(outer == 1 && inner == 1)
                    ? new long[] {0, 1, 0} : new long[] {count * inner, inner, 1});
        }
    }

    /**
     * out[…, j, …] = x[…, ids[j], …] along an axis, or with ids of out's shape x at {@code ids[…, j, …]}. An index
     * outside gives NaN, in integers −1 (255 in U8).
     */
    public static void gather(Tensor x, int axis, Tensor ids, Tensor out) {
        Operands operands = Operands.of("gather").rankAtLeast("x", x, 1);
        Lines lines = Lines.of(operands, x, axis, ids, "out", out);
        Device device = operands.reads("x, ids", x, ids).writes("out", out).device();
        if (out.size() > 0) {
            Kernel kernel = device.kernel(MODULE, "array_gather");
            kernel.arguments().pointer("x", x.address()).pointer("ids", ids).pointer("out", out.address())
                    .i64("total", out.size()).i64("n", lines.n).i64("count", lines.count).i64("inner", lines.inner)
                    .i64("step_outer", lines.steps[0]).i64("step_count", lines.steps[1])
                    .i64("step_inner", lines.steps[2]).i32("element_bytes", x.dtype().bytes())
                    .launch(Grid.covering(out.size(), kernel.geometry().tileM()));
        }
    }

    /**
     * out[…, r, …] = Σ src[…, j, …] over the j whose index is r, in F32 and in the order of j; 0 where there is none,
     * and nothing for an index outside. F32 or BF16. The time grows as the product of the two lengths along the axis.
     */
    public static void scatterAdd(Tensor src, int axis, Tensor ids, Tensor out) {
        Operands operands = Operands.of("scatter add").floating("out", out).rankAtLeast("out", out, 1);
        Lines lines = Lines.of(operands, out, axis, ids, "src", src);
        Device device = operands.reads("src, ids", src, ids).writes("out", out).device();
        if (out.size() > 0) {
            Kernel kernel = device.kernel(MODULE, "array_scatter_add_" + out.dtype().suffix());
            kernel.arguments().pointer("ids", ids).pointer("src", src).pointer("out", out).i64("total", out.size())
                    .i64("n", lines.n).i64("count", lines.count).i64("inner", lines.inner)
                    .i64("step_outer", lines.steps[0]).i64("step_count", lines.steps[1])
                    .i64("step_inner", lines.steps[2]).launch(Grid.covering(out.size(), kernel.geometry().tileM()));
        }
    }

    /**
     * out = x / (1 − probability) where the key's word for the element says to keep it, else 0 (Srivastava et al.
     * 2014). The same key drops the same elements: the gradient of x is this operation on that of out.
     */
    public static void dropout(Tensor x, double probability, RandomKey key, Tensor out) {
        Device device = Operands.of("dropout").floating("x", x).alike("out", out, "x", x)
                .require(probability >= 0 && probability < 1,
                        "probability is " + probability + ", expected 0 to 1, without 1")
                .reads("x, key state", x, key.state()).updates("out", out).device();
        if (x.size() > 0) {
            Kernel kernel = device.kernel(MODULE, "array_dropout_" + x.dtype().suffix());
            key.appendTo(kernel.arguments().pointer("x", x).pointer("out", out).i64("n", x.size()))
                    .i64("dropped", Math.round(probability * 0x1p32)).f32("factor", (float) (1 / (1 - probability)))
                    .launch(Grid.covering(x.size(), kernel.geometry().tileM()));
        }
    }
}
