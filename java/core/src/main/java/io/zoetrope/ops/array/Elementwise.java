package io.zoetrope.ops.array;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.Locale;

/**
 * Elementwise operations that repeat operands of fewer elements (broadcasting): shapes are aligned at the innermost
 * dimension, where extents are the same or 1. Floats are computed in F32 and rounded once; integers wrap around.
 *
 * <p>Comparisons follow IEEE 754: with NaN they are false, but not-equal is true. Outputs may be an input that is not
 * repeated.
 */
public final class Elementwise {
    private static final String MODULE = "array/elementwise";

    /** Of one operand. The order is the kernel's. */
    public enum Unary { NEGATE, ABS, EXP, LOG, SQRT, SIGN }

    /**
     * Of two. {@link #MAX} and {@link #MIN} are NaN where either is; integers have no DIVIDE and POW. The order is the
     * kernel's.
     */
    public enum Binary {
        ADD, SUBTRACT, MULTIPLY, DIVIDE, POW, MAX, MIN
    }

    /** Of two, giving 1 or 0. The order is the kernel's. */
    public enum Comparison {
        EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL
    }

    private Elementwise() {
    }

    /** out = op(x); F32 or BF16. */
    public static void unary(Unary op, Tensor x, Tensor out) {
        Operands.of(name(op)).floating("x", x).alike("out", out, "x", x).reads("x", x).updates("out", out).device();
        if (x.size() > 0) {
            Kernel kernel = x.device().kernel(MODULE, "array_unary_" + x.dtype().suffix());
            kernel.arguments().pointer("x", x).pointer("out", out).i64("n", x.size()).i32("op", op.ordinal())
                    .launch(Grid.covering(x.size(), kernel.geometry().tileM()));
        }
    }

    /** out = a op b; F32, BF16 or I32, all of one type. */
    public static void binary(Binary op, Tensor a, Tensor b, Tensor out) {
        Operands operands = pair(name(op), a, b);
        launch(operands, op, a, b, 0, out);
    }

    /** out = a op scalar; the scalar is rounded to F32, and must be an int for I32. */
    public static void binary(Binary op, Tensor a, double scalar, Tensor out) {
        launch(pair(name(op), a, a), op, a, null, scalar, out);
    }

    private static void launch(Operands operands, Binary op, Tensor a, Tensor b, double scalar, Tensor out) {
        boolean integers = a.dtype() == DType.I32;
        Shape shape = output(name(op), a, b);
        operands.require(!integers || op != Binary.DIVIDE && op != Binary.POW,
                "a is " + a.describe() + ", expected F32 or BF16").exactly("out", out, a.dtype(), shape.dims())
                .reads("a, b", a, b).updates("out", out).device();
        if (out.size() == 0) {
            return;
        }
        Strided places = places(name(op), shape, a, b);
        Kernel kernel = out.device().kernel(MODULE, "array_binary_" + a.dtype().suffix());
        Arguments arguments = begin(kernel, op.ordinal(), a, b, out, places);
        if (integers) {
            arguments.i32("scalar", integer(operands, scalar));
        } else {
            arguments.f32("scalar", (float) scalar).i32("wide", op != Binary.POW && wide(places, a, b, out) ? 1 : 0);
        }
        arguments.launch(Grid.covering(out.size(), kernel.geometry().tileM()));
    }

    /** out = 1 where a op b, else 0; a and b F32, BF16 or I32 of one type, out U8. */
    public static void compare(Comparison op, Tensor a, Tensor b, Tensor out) {
        launch(pair(name(op), a, b), op, a, b, 0, out);
    }

    /** out = 1 where a op scalar, else 0; the scalar is rounded to F32, and must be an int for I32. */
    public static void compare(Comparison op, Tensor a, double scalar, Tensor out) {
        launch(pair(name(op), a, a), op, a, null, scalar, out);
    }

    private static void launch(Operands operands, Comparison op, Tensor a, Tensor b, double scalar, Tensor out) {
        Shape shape = output(name(op), a, b);
        operands.exactly("out", out, DType.U8, shape.dims()).reads("a, b", a, b).writes("out", out).device();
        if (out.size() == 0) {
            return;
        }
        Strided places = places(name(op), shape, a, b);
        Kernel kernel = out.device().kernel(MODULE, "array_compare_" + a.dtype().suffix());
        Arguments arguments = begin(kernel, op.ordinal(), a, b, out, places);
        if (a.dtype() == DType.I32) {
            arguments.i32("scalar", integer(operands, scalar));
        } else {
            arguments.f32("scalar", (float) scalar);
        }
        arguments.launch(Grid.covering(out.size(), kernel.geometry().tileM()));
    }

    /**
     * out = a where the condition is not 0, else b: bytes are copied.
     *
     * @param condition U8.
     * @param a of any type, like b
     */
    public static void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
        Operands operands = Operands.of("where").type("condition", condition, DType.U8).type("b", b, a.dtype());
        Shape shape = Strided.broadcast("where", condition.shape(), Strided.broadcast("where", a.shape(), b.shape()));
        Device device = operands.exactly("out", out, a.dtype(), shape.dims()).reads("condition, a, b", condition, a, b)
                .updates("out", out).device();
        if (out.size() == 0) {
            return;
        }
        Strided places = Strided.of("where", shape.dims(), Strided.repeated(condition.shape(), shape),
                Strided.repeated(a.shape(), shape), Strided.repeated(b.shape(), shape));
        Kernel kernel = device.kernel(MODULE, "array_where");
        Arguments arguments = kernel.arguments().pointer("c", condition).pointer("a", a).pointer("b", b)
                .pointer("out", out).i64("n", out.size()).i32("element_bytes", a.dtype().bytes());
        places.extents(arguments);
        places.steps(arguments, "steps_c", 0);
        places.steps(arguments, "steps_a", 1);
        places.steps(arguments, "steps_b", 2).launch(Grid.covering(out.size(), kernel.geometry().tileM()));
    }

    private static String name(Enum<?> op) {
        return op.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static Operands pair(String op, Tensor a, Tensor b) {
        Operands operands = Operands.of(op).type("a", a, DType.F32, DType.BF16, DType.I32);
        return operands.type("b", b, a.dtype());
    }

    private static Shape output(String op, Tensor a, Tensor b) {
        return b == null ? a.shape() : Strided.broadcast(op, a.shape(), b.shape());
    }

    private static Strided places(String op, Shape shape, Tensor a, Tensor b) {
        long[] first = Strided.repeated(a.shape(), shape);
        return Strided.of(op, shape.dims(), first, b == null ? first : Strided.repeated(b.shape(), shape));
    }

    private static Arguments begin(Kernel kernel, int op, Tensor a, Tensor b, Tensor out, Strided places) {
        Arguments arguments = kernel.arguments().i32("op", op).pointer("a", a).pointer("b", b).pointer("out", out)
                .i64("n", out.size());
        places.extents(arguments);
        places.steps(arguments, "steps_a", 0);
        return places.steps(arguments, "steps_b", 1);
    }

    private static int integer(Operands operands, double scalar) {
        operands.require((int) scalar == scalar, "scalar is " + scalar + ", expected an int for I32");
        return (int) scalar;
    }

    private static boolean wide(Strided places, Tensor a, Tensor b, Tensor out) {
        return places.inRunsOf(16 / out.dtype().bytes(), true) && out.address() % 16 == 0
                && (places.innermost(0) == 0 || a.address() % 16 == 0)
                && (b == null || places.innermost(1) == 0 || b.address() % 16 == 0);
    }
}
