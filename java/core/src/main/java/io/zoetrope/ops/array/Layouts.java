package io.zoetrope.ops.array;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;

/** Copies between layouts, for every element type. Outputs must not overlap inputs. */
public final class Layouts {
    private static final String MODULE = "array/copy";
    private static final int MOST_MATRICES = 65535;

    private Layouts() {
    }

    /** out[i₀, i₁, …] = x with dimension d of out being dimension {@code order[d]} of x. */
    public static void permute(Tensor x, Tensor out, int... order) {
        int rank = x.rank();
        Operands operands = Operands.of("permute");
        int[] from = axes(operands, x, order);
        long[] dense = Strided.dense(x.shape().dims());
        long[] dims = new long[rank];
        long[] steps = new long[rank];
        for (int d = 0; d < rank; d++) {
            dims[d] = x.dim(from[d]);
            steps[d] = dense[from[d]];
        }
        operands.exactly("out", out, x.dtype(), dims).reads("x", x).writes("out", out).device();
        if (x.size() > 0 && !transpose(x, out, from)) {
            copy("permute", x, 0, steps, out, 0, Strided.dense(dims), dims);
        }
    }

    private static int[] axes(Operands operands, Tensor x, int... order) {
        operands.require(order.length == x.rank(),
                "order is " + Arrays.toString(order) + ", expected every axis of " + x.describe() + " once");
        int[] from = Arrays.stream(order).map(axis -> Strided.axis("permute", axis, x.rank())).toArray();
        operands.require(Arrays.stream(from).distinct().count() == from.length,
                "order is " + Arrays.toString(order) + ", expected every axis of " + x.describe() + " once");
        return from;
    }

    /** Where two neighbouring groups of dimensions change places behind dimensions that stay, in tiles. */
    private static boolean transpose(Tensor x, Tensor out, int... from) {
        int fixed = 0;
        while (fixed < from.length && from[fixed] == fixed) {
            fixed++;
        }
        if (fixed == from.length) {
            return false;
        }
        int split = from[fixed];
        for (int d = fixed; d < from.length; d++) {
            if (from[d] != (d - fixed + split - fixed) % (from.length - fixed) + fixed) {
                return false;
            }
        }
        long matrices = product(x, 0, fixed);
        long rows = product(x, fixed, split);
        long columns = product(x, split, from.length);
        if (matrices > MOST_MATRICES || rows == 1 || columns == 1) {
            return false;
        }
        Kernel kernel = x.device().kernel(MODULE, "array_transpose");
        int side = kernel.geometry().tileM();
        kernel.arguments().pointer("x", x).pointer("out", out).i64("rows", rows).i64("columns", columns)
                .i32("unit", x.dtype().bytes())
                .launch(Grid.of(((rows - 1) / side + 1) * ((columns - 1) / side + 1), matrices));
        return true;
    }

    private static long product(Tensor x, int begin, int end) {
        long product = 1;
        for (int d = begin; d < end; d++) {
            product *= x.dim(d);
        }
        return product;
    }

    /**
     * out = the window of x that begins at {@code from} and takes every {@code steps}-th element along each dimension.
     */
    public static void slice(Tensor x, Tensor out, long[] from, long[] steps) {
        Operands operands = Operands.of("slice");
        window(operands, "x", x, "out", out, from, steps);
        long[] dense = Strided.dense(x.shape().dims());
        copy("slice", x, start(dense, from), times(dense, steps), out, 0, Strided.dense(out.shape().dims()),
                out.shape().dims());
    }

    /** Writes x into that window of out; the rest of out stays. */
    public static void place(Tensor x, Tensor out, long[] from, long[] steps) {
        Operands operands = Operands.of("place");
        window(operands, "out", out, "x", x, from, steps);
        long[] dense = Strided.dense(out.shape().dims());
        copy("place", x, 0, Strided.dense(x.shape().dims()), out, start(dense, from), times(dense, steps),
                x.shape().dims());
    }

    private static void window(Operands operands, String wholeName, Tensor whole, String partName, Tensor part,
            long[] from, long[] steps) {
        operands.type(partName, part, whole.dtype());
        operands.require(part.rank() == whole.rank() && from.length == whole.rank() && steps.length == whole.rank(),
                partName + " is " + part.describe() + ", from " + Arrays.toString(from) + ", steps "
                        + Arrays.toString(steps) + ": expected as many dimensions as " + wholeName + ", which is "
                        + whole.describe());
        for (int d = 0; d < from.length; d++) {
            operands.require(steps[d] >= 1, "step along axis " + d + " is " + steps[d] + ", expected 1 or more");
            long count = part.dim(d);
            operands.require(
                    from[d] >= 0 && from[d] <= whole.dim(d)
                            && (count == 0 || (count - 1) <= (whole.dim(d) - 1 - from[d]) / steps[d]
                                    && from[d] < whole.dim(d)),
                    count + " elements from " + from[d] + " in steps of " + steps[d] + " along axis " + d
                            + ": they pass the end of " + wholeName + ", which is " + whole.describe());
        }
        Tensor read = "x".equals(wholeName) ? whole : part;
        operands.reads("x", read).writes("out", read == whole ? part : whole).device();
    }

    private static long start(long[] dense, long[] from) {
        long start = 0;
        for (int d = 0; d < from.length; d++) {
            start += dense[d] * from[d];
        }
        return start;
    }

    private static long[] times(long[] dense, long[] steps) {
        long[] product = dense.clone();
        Arrays.setAll(product, d -> dense[d] * steps[d]);
        return product;
    }

    /** out = x repeated to its shape (see {@link Elementwise}). */
    public static void repeat(Tensor x, Tensor out) {
        Operands operands = Operands.of("repeat").type("out", out, x.dtype());
        operands.require(Strided.broadcast("repeat", x.shape(), out.shape()).equals(out.shape()), "out is "
                + out.describe() + ", expected a shape that x, which is " + x.describe() + ", can be repeated to")
                .reads("x", x).writes("out", out).device();
        copy("repeat", x, 0, Strided.repeated(x.shape(), out.shape()), out, 0, Strided.dense(out.shape().dims()),
                out.shape().dims());
    }

    /** Starts and steps are in elements. */
    private static void copy(String op, Tensor x, long startX, long[] stepsX, Tensor out, long startOut,
            long[] stepsOut, long... extents) {
        long n = Shape.of(extents).size();
        if (n == 0) {
            return;
        }
        Strided places = Strided.of(op, extents, stepsX, stepsOut);
        int bytes = x.dtype().bytes();
        long fromX = x.address() + startX * bytes;
        long fromOut = out.address() + startOut * bytes;
        int width = 1;
        if (places.innermost(0) == 1 && places.innermost(1) == 1) {
            while (width * bytes < 16 && places.inRunsOf(2 * width, false)
                    && (fromX | fromOut) % (2L * width * bytes) == 0) {
                width *= 2;
            }
        }
        Strided units = places.inUnitsOf(width);
        Kernel kernel = x.device().kernel(MODULE, "array_copy");
        Arguments arguments = kernel.arguments().pointer("x", fromX).pointer("out", fromOut).i64("n", n / width);
        units.extents(arguments);
        units.steps(arguments, "steps_x", 0);
        units.steps(arguments, "steps_out", 1).i32("unit", width * bytes)
                .launch(Grid.covering(n / width, kernel.geometry().tileM()));
    }

    /**
     * Copies x to out of the same shape, converting its type. To an integer: toward zero, to the nearest value of the
     * type where it has none (NaN: 0). To a float: to nearest even, integers to BF16 by way of F32.
     */
    public static void cast(Tensor x, Tensor out) {
        Operands.of("cast")
                .require(x.shape().equals(out.shape()),
                        "out is " + out.describe() + ", expected shape " + x.shape() + " like x")
                .reads("x", x).writes("out", out).device();
        if (x.size() > 0) {
            Kernel kernel = x.device().kernel(MODULE, "array_convert");
            kernel.arguments().pointer("x", x.address()).pointer("out", out.address()).i64("n", x.size())
                    .i32("from", x.dtype().ordinal()).i32("to", out.dtype().ordinal())
                    .launch(Grid.covering(x.size(), kernel.geometry().tileM()));
        }
    }
}
