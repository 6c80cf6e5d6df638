package io.zoetrope.ops.array;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;

/** Differentiable indexing, products of matrices and dropout. */
public final class IndexFunctions {
    private IndexFunctions() {
    }

    /**
     * Elements of an axis by index; see {@link Indexing#gather}. The gradient of one that is taken several times is a
     * sum in a fixed order.
     *
     * @param ids I32 of one dimension, or of x's shape but for the axis; {@link Indexing#requireWithin} checks them
     */
    public static Variable gather(Tape tape, Variable x, int axis, Tensor ids) {
        Tensor input = x.value();
        long[] dims = input.shape().dims();
        int at = Strided.axis("gather", axis, dims.length);
        dims[at] = ids.rank() == 1 ? ids.size() : ids.rank() == dims.length ? ids.dim(at) : 0;
        Tensor y = tape.empty(input.dtype(), dims);
        Indexing.gather(input, axis, ids, y);
        Variable out = tape.output(y, x);
        tape.note(out,
                dy -> MathFunctions.send(tape, x, x.shape(), (scratch, dx) -> Indexing.scatterAdd(dy, axis, ids, dx)),
                ids);
        return out;
    }

    /**
     * The sums of x's elements by index along an axis; see {@link Indexing#scatterAdd}.
     *
     * @param length of the axis in the result
     */
    public static Variable scatterAdd(Tape tape, Variable x, int axis, Tensor ids, long length) {
        long[] dims = x.shape().dims();
        dims[Strided.axis("scatter add", axis, dims.length)] = length;
        Tensor y = tape.empty(x.value().dtype(), dims);
        Indexing.scatterAdd(x.value(), axis, ids, y);
        Variable out = tape.output(y, x);
        tape.note(out,
                dy -> MathFunctions.send(tape, x, x.shape(), (scratch, dx) -> Indexing.gather(dy, axis, ids, dx)), ids);
        return out;
    }

    /**
     * Products of matrices […, m, k] and […, k, n]; dimensions before the last two are repeated to one another. F32 or
     * BF16.
     */
    public static Variable matmul(Tape tape, Variable a, Variable b) {
        Tensor x = a.value();
        Tensor y = b.value();
        if (x.rank() < 2 || y.rank() < 2 || x.dim(-1) != y.dim(-2)) {
            throw new IllegalArgumentException("matmul: a is " + x.describe() + ", b is " + y.describe()
                    + ": expected a [.., m, k], b [.., k, n]");
        }
        Shape batch = Strided.broadcast("matmul", leading(x), leading(y));
        Tensor c = tape.empty(x.dtype(), with(batch, x.dim(-2), y.dim(-1)));
        multiply(x, y, c, Gemm.Spec.NN, batch);
        Variable out = tape.output(c, a, b);
        tape.note(out, dy -> {
            MathFunctions.send(tape, a, Shape.of(with(batch, x.dim(-2), x.dim(-1))),
                    (scratch, da) -> multiply(dy, y, da, Gemm.Spec.NT, batch));
            MathFunctions.send(tape, b, Shape.of(with(batch, y.dim(-2), y.dim(-1))),
                    (scratch, db) -> multiply(x, dy, db, Gemm.Spec.TN, batch));
        }, x, y);
        return out;
    }

    private static void multiply(Tensor a, Tensor b, Tensor c, Gemm.Spec spec, Shape batch) {
        if (c.size() == 0) {
            return;
        }
        if (a.size() == 0) {
            c.zero();
            return;
        }
        try (Scope scratch = Scope.open(c.device())) {
            Gemm.run(repeated(scratch, a, batch), repeated(scratch, b, batch), null, flat(c), spec);
        }
    }

    /** As a product takes it: two dimensions where all of the batch share it, else a copy for each. */
    private static Tensor repeated(Scope scratch, Tensor x, Shape batch) {
        if (leading(x).size() == 1) {
            return x.reshape(x.dim(-2), x.dim(-1));
        }
        if (leading(x).size() == batch.size()) {
            return flat(x);
        }
        Tensor all = scratch.empty(x.dtype(), with(batch, x.dim(-2), x.dim(-1)));
        Layouts.repeat(x, all);
        return flat(all);
    }

    private static Tensor flat(Tensor x) {
        return x.reshape(-1, x.dim(-2), x.dim(-1));
    }

    private static Shape leading(Tensor x) {
        return Shape.of(Arrays.copyOf(x.shape().dims(), x.rank() - 2));
    }

    private static long[] with(Shape batch, long rows, long columns) {
        long[] dims = Arrays.copyOf(batch.dims(), batch.rank() + 2);
        dims[dims.length - 2] = rows;
        dims[dims.length - 1] = columns;
        return dims;
    }

    /**
     * Drops elements with a probability and scales the others to keep the mean; the gradient passes those that were
     * kept. A key that reads a device state draws anew at each replay of a recorded graph.
     */
    public static Variable dropout(Tape tape, Variable x, double probability, RandomKey key) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        Indexing.dropout(x.value(), probability, key, y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> MathFunctions.send(tape, x, x.shape(),
                (scratch, dx) -> Indexing.dropout(dy, probability, key, dx)));
        return out;
    }
}
