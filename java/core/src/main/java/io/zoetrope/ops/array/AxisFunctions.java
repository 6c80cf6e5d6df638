package io.zoetrope.ops.array;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Differentiable reductions along axes, selection and softmax; see {@link Axes} for their order and for NaN. */
public final class AxisFunctions {
    private AxisFunctions() {
    }

    /** Values and where along the axis they were (I32). */
    public record Selection(Variable values, Tensor indices) {
    }

    /**
     * The sum over axes, all of them where none is named.
     *
     * @param keep the axes stay, with one element
     */
    public static Variable sum(Tape tape, Variable x, boolean keep, int... axes) {
        return sum(tape, "sum", x, keep, false, axes);
    }

    /** The mean over axes, all of them where none is named; NaN of no elements. */
    public static Variable mean(Tape tape, Variable x, boolean keep, int... axes) {
        return sum(tape, "mean", x, keep, true, axes);
    }

    private static Variable sum(Tape tape, String op, Variable x, boolean keep, boolean mean, int... axes) {
        Tensor input = x.value();
        boolean[] reduced = new boolean[input.rank()];
        Arrays.fill(reduced, axes.length == 0);
        for (int axis : axes) {
            reduced[Strided.axis(op, axis, input.rank())] = true;
        }
        long[] once = input.shape().dims();
        long count = 1;
        for (int d = 0; d < once.length; d++) {
            count *= reduced[d] ? once[d] : 1;
            once[d] = reduced[d] ? 1 : once[d];
        }
        double factor = mean ? 1.0 / count : 1;
        long[] dims = keep ? once
                : IntStream.range(0, once.length).filter(d -> !reduced[d]).mapToLong(d -> once[d]).toArray();
        Tensor y = tape.empty(input.dtype(), dims);
        Axes.sum(input, reduced, factor, y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> MathFunctions.send(tape, x, x.shape(), (scratch, dx) -> {
            if (dx.size() > 0) {
                Tensor scaled = scratch.empty(dy.dtype(), once);
                Elementwise.binary(Elementwise.Binary.MULTIPLY, dy.reshape(once), factor, scaled);
                Layouts.repeat(scaled, dx);
            }
        }));
        return out;
    }

    /** The largest along an axis; the gradient goes to the first of equal ones. */
    public static Variable max(Tape tape, Variable x, int axis, boolean keep) {
        return extreme(tape, x, axis, keep, true);
    }

    /** The smallest along an axis; the gradient goes to the first of equal ones. */
    public static Variable min(Tape tape, Variable x, int axis, boolean keep) {
        return extreme(tape, x, axis, keep, false);
    }

    private static Variable extreme(Tape tape, Variable x, int axis, boolean keep, boolean largest) {
        Variable kept = select(tape, x, axis, 1, largest).values;
        return keep ? kept : tape.reshape(kept, without(x.shape(), axis));
    }

    /** Where the largest along an axis is, the first of equal ones: I32 without the axis. */
    public static Tensor argmax(Tape tape, Variable x, int axis) {
        return select(tape, x, axis, 1, true).indices.reshape(without(x.shape(), axis));
    }

    /** Where the smallest along an axis is, the first of equal ones: I32 without the axis. */
    public static Tensor argmin(Tape tape, Variable x, int axis) {
        return select(tape, x, axis, 1, false).indices.reshape(without(x.shape(), axis));
    }

    /** The k largest along an axis, the largest first. */
    public static Selection topK(Tape tape, Variable x, int axis, int k) {
        return select(tape, x, axis, k, true);
    }

    private static Selection select(Tape tape, Variable x, int axis, int k, boolean largest) {
        Tensor input = x.value();
        long[] dims = input.shape().dims();
        dims[Strided.axis("select", axis, dims.length)] = k;
        Tensor values = tape.empty(input.dtype(), dims);
        Tensor indices = tape.empty(DType.I32, dims);
        Axes.select(input, axis, k, largest, values, indices);
        Variable out = tape.output(values, x);
        tape.note(out, dy -> MathFunctions.send(tape, x, x.shape(),
                (scratch, dx) -> Indexing.scatterAdd(dy, axis, indices, dx)), indices);
        return new Selection(out, indices);
    }

    private static long[] without(Shape shape, int axis) {
        int at = Strided.axis("select", axis, shape.rank());
        return IntStream.range(0, shape.rank()).filter(d -> d != at).mapToLong(shape::dim).toArray();
    }

    /** exp x / Σ exp x over the innermost dimension. */
    public static Variable softmax(Tape tape, Variable x) {
        Tensor input = x.value();
        Tensor y = tape.empty(input.dtype(), input.shape());
        if (input.size() > 0) {
            try (Scope scratch = Scope.open(tape.device())) {
                Tensor exact = y.dtype() == DType.F32 ? y : scratch.empty(DType.F32, y.shape());
                CrossEntropy.softmax(input.reshape(-1, input.dim(-1)), exact.reshape(-1, input.dim(-1)));
                if (exact != y) {
                    Layouts.cast(exact, y);
                }
            }
        }
        Variable out = tape.output(y, x);
        tape.note(out, dy -> MathFunctions.send(tape, x, x.shape(), (scratch, dx) -> Axes.softmaxBackward(dy, y, dx)),
                y);
        return out;
    }
}
