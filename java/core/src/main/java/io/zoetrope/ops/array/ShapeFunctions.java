package io.zoetrope.ops.array;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Differentiable copies between layouts, of every element type; gradients where it is F32 or BF16. */
public final class ShapeFunctions {
    private ShapeFunctions() {
    }

    /** Elements {@code from} (inclusive) to {@code to} (exclusive) along an axis. */
    public static Variable slice(Tape tape, Variable x, int axis, long from, long to) {
        return slice(tape, x, axis, from, to, 1);
    }

    /** As {@link #slice(Tape, Variable, int, long, long)}, every {@code step}-th of them; 1 or more. */
    public static Variable slice(Tape tape, Variable x, int axis, long from, long to, long step) {
        Tensor input = x.value();
        int at = Strided.axis("slice", axis, input.rank());
        Operands.of("slice").require(step >= 1, "step along axis " + axis + " is " + step + ", expected 1 or more")
                .require(0 <= from && from <= to && to <= input.dim(at), from + " to " + to + " along axis " + axis
                        + " of " + input.describe() + ": expected 0 <= from <= to <= " + input.dim(at));
        long[] dims = input.shape().dims();
        dims[at] = (to - from + step - 1) / step;
        long[] starts = new long[dims.length];
        starts[at] = from;
        long[] steps = ones(dims.length);
        steps[at] = step;
        Tensor y = tape.empty(input.dtype(), dims);
        Layouts.slice(input, y, starts, steps);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> MathFunctions.send(tape, x, x.shape(),
                (scratch, dx) -> Layouts.place(dy, dx.zero(), starts, steps)));
        return out;
    }

    /** The dimensions in another order: dimension d of the result is dimension {@code order[d]} of x. */
    public static Variable permute(Tape tape, Variable x, int... order) {
        Tensor input = x.value();
        long[] dims = new long[input.rank()];
        Operands.of("permute").require(order.length == dims.length,
                "order is " + Arrays.toString(order) + ", expected every axis of " + input.describe() + " once");
        int[] inverse = new int[order.length];
        for (int d = 0; d < dims.length; d++) {
            int from = Strided.axis("permute", order[d], dims.length);
            dims[d] = input.dim(from);
            inverse[from] = d;
        }
        Tensor y = tape.empty(input.dtype(), dims);
        Layouts.permute(input, y, order);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> MathFunctions.send(tape, x, x.shape(), (scratch, dx) -> Layouts.permute(dy, dx, inverse)));
        return out;
    }

    /** Exchanges two dimensions. */
    public static Variable transpose(Tape tape, Variable x, int one, int other) {
        int[] order = new int[x.value().rank()];
        Arrays.setAll(order, d -> d);
        int a = Strided.axis("transpose", one, order.length);
        int b = Strided.axis("transpose", other, order.length);
        order[a] = b;
        order[b] = a;
        return permute(tape, x, order);
    }

    /** One after another along an axis; all other extents are the same. */
    public static Variable concat(Tape tape, int axis, Variable... parts) {
        Operands operands = Operands.of("concat");
        operands.require(parts.length > 0, "no parts are given, expected one or more");
        Tensor first = parts[0].value();
        int at = Strided.axis("concat", axis, first.rank());
        long[] dims = first.shape().dims();
        dims[at] = 0;
        for (Variable part : parts) {
            long[] fitting = first.shape().dims();
            fitting[at] = part.value().rank() == first.rank() ? part.value().dim(at) : -1;
            operands.require(Arrays.equals(part.shape().dims(), fitting) && part.value().dtype() == first.dtype(),
                    "a part is " + part.value().describe() + ", expected one like " + first.describe()
                            + " but for axis " + axis);
            dims[at] = Math.addExact(dims[at], fitting[at]);
        }
        Tensor y = tape.empty(first.dtype(), dims);
        long[] steps = ones(dims.length);
        long[][] starts = new long[parts.length][dims.length];
        long start = 0;
        for (int p = 0; p < parts.length; p++) {
            starts[p][at] = start;
            Layouts.place(parts[p].value(), y, starts[p], steps);
            start += parts[p].value().dim(at);
        }
        Variable out = tape.output(y, parts);
        tape.note(out, dy -> {
            for (int p = 0; p < parts.length; p++) {
                long[] from = starts[p];
                Variable part = parts[p];
                MathFunctions.send(tape, part, part.shape(), (scratch, dx) -> Layouts.slice(dy, dx, from, steps));
            }
        });
        return out;
    }

    /** One after another along a new axis, which the result has at {@code axis}. */
    public static Variable stack(Tape tape, int axis, Variable... parts) {
        Operands.of("stack").require(parts.length > 0, "no parts are given, expected one or more");
        int at = Strided.axis("stack", axis, parts[0].value().rank() + 1);
        return concat(tape, at,
                List.of(parts).stream().map(part -> unsqueeze(tape, part, at)).toArray(Variable[]::new));
    }

    /** With a dimension of one element more, which the result has at {@code axis}; a view. */
    public static Variable unsqueeze(Tape tape, Variable x, int axis) {
        long[] before = x.shape().dims();
        int at = Strided.axis("unsqueeze", axis, before.length + 1);
        long[] dims = new long[before.length + 1];
        for (int d = 0; d < dims.length; d++) {
            dims[d] = d == at ? 1 : before[d < at ? d : d - 1];
        }
        return tape.reshape(x, dims);
    }

    /**
     * With elements of one value around it.
     *
     * @param before elements more at the low end of each dimension
     * @param after  elements more at the high end of each
     * @param value  0 where x is of integers
     */
    public static Variable pad(Tape tape, Variable x, long[] before, long[] after, float value) {
        Tensor input = x.value();
        long[] dims = input.shape().dims();
        Operands operands = Operands.of("pad");
        operands.require(before.length == dims.length && after.length == dims.length,
                "before " + Arrays.toString(before) + ", after " + Arrays.toString(after)
                        + ": expected one for each dimension of " + input.describe());
        operands.require(input.dtype().isFloating() || value == 0,
                "value is " + value + ", expected 0 for " + input.describe());
        for (int d = 0; d < dims.length; d++) {
            operands.require(before[d] >= 0 && after[d] >= 0,
                    before[d] + " before and " + after[d] + " after along axis " + d + ": expected 0 or more");
            dims[d] = Math.addExact(dims[d], Math.addExact(before[d], after[d]));
        }
        long[] starts = before.clone();
        long[] steps = ones(dims.length);
        Tensor y = tape.empty(input.dtype(), dims);
        if (value == 0) {
            y.zero();
        } else {
            Pointwise.fill(y, value);
        }
        Layouts.place(input, y, starts, steps);
        Variable out = tape.output(y, x);
        tape.note(out,
                dy -> MathFunctions.send(tape, x, x.shape(), (scratch, dx) -> Layouts.slice(dy, dx, starts, steps)));
        return out;
    }

    private static long[] ones(int count) {
        long[] ones = new long[count];
        Arrays.fill(ones, 1);
        return ones;
    }
}
