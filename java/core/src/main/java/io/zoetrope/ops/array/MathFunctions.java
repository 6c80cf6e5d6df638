package io.zoetrope.ops.array;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.array.Elementwise.Binary;
import io.zoetrope.ops.array.Elementwise.Comparison;
import io.zoetrope.ops.array.Elementwise.Unary;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.function.BiConsumer;

/**
 * Differentiable elementwise arithmetic with broadcasting, F32 or BF16, and comparisons and choice. A gradient has its
 * value's type: in BF16 each step of its formula is rounded. What an operand was repeated over is summed.
 */
public final class MathFunctions {
    private MathFunctions() {
    }

    public static Variable add(Tape tape, Variable a, Variable b) {
        Variable out = binary(tape, Binary.ADD, a, b);
        tape.note(out, dy -> {
            send(tape, a, dy.shape(), (scratch, da) -> Pointwise.copy(dy, da));
            send(tape, b, dy.shape(), (scratch, db) -> Pointwise.copy(dy, db));
        });
        return out;
    }

    public static Variable subtract(Tape tape, Variable a, Variable b) {
        Variable out = binary(tape, Binary.SUBTRACT, a, b);
        tape.note(out, dy -> {
            send(tape, a, dy.shape(), (scratch, da) -> Pointwise.copy(dy, da));
            send(tape, b, dy.shape(), (scratch, db) -> Elementwise.unary(Unary.NEGATE, dy, db));
        });
        return out;
    }

    public static Variable multiply(Tape tape, Variable a, Variable b) {
        Variable out = binary(tape, Binary.MULTIPLY, a, b);
        Tensor x = a.value();
        Tensor y = b.value();
        tape.note(out, dy -> {
            send(tape, a, dy.shape(), (scratch, da) -> Elementwise.binary(Binary.MULTIPLY, dy, y, da));
            send(tape, b, dy.shape(), (scratch, db) -> Elementwise.binary(Binary.MULTIPLY, dy, x, db));
        }, x, y);
        return out;
    }

    /** x + a constant. */
    public static Variable add(Tape tape, Variable x, double constant) {
        Variable out = scalar(tape, Binary.ADD, x, constant);
        tape.note(out, dy -> send(tape, x, dy.shape(), (scratch, dx) -> Pointwise.copy(dy, dx)));
        return out;
    }

    /** x times a constant. */
    public static Variable multiply(Tape tape, Variable x, double constant) {
        Variable out = scalar(tape, Binary.MULTIPLY, x, constant);
        tape.note(out, dy -> send(tape, x, dy.shape(),
                (scratch, dx) -> Elementwise.binary(Binary.MULTIPLY, dy, constant, dx)));
        return out;
    }

    public static Variable divide(Tape tape, Variable a, Variable b) {
        Variable out = binary(tape, Binary.DIVIDE, a, b);
        Tensor y = b.value();
        Tensor quotient = out.value();
        tape.note(out, dy -> {
            send(tape, a, dy.shape(), (scratch, da) -> Elementwise.binary(Binary.DIVIDE, dy, y, da));
            send(tape, b, dy.shape(), (scratch, db) -> {
                Elementwise.binary(Binary.MULTIPLY, dy, quotient, db);
                Elementwise.binary(Binary.DIVIDE, db, y, db);
                Elementwise.unary(Unary.NEGATE, db, db);
            });
        }, y, quotient);
        return out;
    }

    /** The larger of two; NaN where either is. Of equal ones the first has the gradient. */
    public static Variable max(Tape tape, Variable a, Variable b) {
        return either(tape, Binary.MAX, Comparison.GREATER_EQUAL, a, b);
    }

    /** The smaller of two; NaN where either is. Of equal ones the first has the gradient. */
    public static Variable min(Tape tape, Variable a, Variable b) {
        return either(tape, Binary.MIN, Comparison.LESS_EQUAL, a, b);
    }

    private static Variable either(Tape tape, Binary op, Comparison first, Variable a, Variable b) {
        Variable out = binary(tape, op, a, b);
        if (!out.needsGrad()) {
            return out;
        }
        Tensor chosen = tape.empty(DType.U8, out.shape());
        Elementwise.compare(first, a.value(), b.value(), chosen);
        noteChoice(tape, out, chosen, a, b);
        return out;
    }

    /**
     * a where the condition is not 0, else b.
     *
     * @param condition U8, repeated like the others
     */
    public static Variable where(Tape tape, Tensor condition, Variable a, Variable b) {
        Shape shape = Strided.broadcast("where", condition.shape(), Strided.broadcast("where", a.shape(), b.shape()));
        Tensor y = tape.empty(a.value().dtype(), shape);
        Elementwise.where(condition, a.value(), b.value(), y);
        Variable out = tape.output(y, a, b);
        noteChoice(tape, out, condition, a, b);
        return out;
    }

    private static void noteChoice(Tape tape, Variable out, Tensor condition, Variable a, Variable b) {
        tape.note(out, dy -> {
            send(tape, a, dy.shape(), (scratch, da) -> Elementwise.where(condition, dy, zero(scratch, dy), da));
            send(tape, b, dy.shape(), (scratch, db) -> Elementwise.where(condition, zero(scratch, dy), dy, db));
        }, condition);
    }

    private static Tensor zero(Scope scratch, Tensor like) {
        return scratch.zeros(like.dtype(), 1);
    }

    /** x to a constant power. The slope at 0 is 0 for powers above 1, and infinite below. */
    public static Variable pow(Tape tape, Variable x, double power) {
        Tensor input = x.value();
        Variable out = scalar(tape, Binary.POW, x, power);
        tape.note(out, dy -> send(tape, x, dy.shape(), (scratch, dx) -> {
            if (power == 0) {
                dx.zero();
                return;
            }
            Elementwise.binary(Binary.POW, input, power - 1, dx);
            Elementwise.binary(Binary.MULTIPLY, dx, power, dx);
            Elementwise.binary(Binary.MULTIPLY, dx, dy, dx);
        }), input);
        return out;
    }

    public static Variable exp(Tape tape, Variable x) {
        Variable out = unary(tape, Unary.EXP, x);
        Tensor y = out.value();
        tape.note(out, dy -> send(tape, x, dy.shape(), (scratch, dx) -> Elementwise.binary(Binary.MULTIPLY, dy, y, dx)),
                y);
        return out;
    }

    /** The natural logarithm: −∞ at 0, NaN below. */
    public static Variable log(Tape tape, Variable x) {
        Variable out = unary(tape, Unary.LOG, x);
        Tensor input = x.value();
        tape.note(out,
                dy -> send(tape, x, dy.shape(), (scratch, dx) -> Elementwise.binary(Binary.DIVIDE, dy, input, dx)),
                input);
        return out;
    }

    /** NaN below 0; the slope at 0 is infinite. */
    public static Variable sqrt(Tape tape, Variable x) {
        Variable out = unary(tape, Unary.SQRT, x);
        Tensor y = out.value();
        tape.note(out, dy -> send(tape, x, dy.shape(), (scratch, dx) -> {
            Elementwise.binary(Binary.DIVIDE, dy, y, dx);
            Elementwise.binary(Binary.MULTIPLY, dx, 0.5, dx);
        }), y);
        return out;
    }

    /** |x|, whose slope at 0 is 0. */
    public static Variable abs(Tape tape, Variable x) {
        Variable out = unary(tape, Unary.ABS, x);
        Tensor input = x.value();
        tape.note(out, dy -> send(tape, x, dy.shape(), (scratch, dx) -> {
            Elementwise.unary(Unary.SIGN, input, dx);
            Elementwise.binary(Binary.MULTIPLY, dx, dy, dx);
        }), input);
        return out;
    }

    public static Variable negate(Tape tape, Variable x) {
        Variable out = unary(tape, Unary.NEGATE, x);
        tape.note(out, dy -> send(tape, x, dy.shape(), (scratch, dx) -> Elementwise.unary(Unary.NEGATE, dy, dx)));
        return out;
    }

    /**
     * The values in another type; between floats the gradient is converted back, to and from integers there is none.
     */
    public static Variable cast(Tape tape, Variable x, DType type) {
        Tensor y = tape.empty(type, x.shape());
        Layouts.cast(x.value(), y);
        if (!type.isFloating() || !x.value().dtype().isFloating()) {
            return Variable.constant(y);
        }
        Variable out = tape.output(y, x);
        tape.note(out, dy -> send(tape, x, dy.shape(), (scratch, dx) -> Layouts.cast(dy, dx)));
        return out;
    }

    /** 1 where a op b, else 0: U8 of the shape both are repeated to. */
    public static Tensor compare(Tape tape, Comparison op, Variable a, Variable b) {
        Tensor out = tape.empty(DType.U8, Strided.broadcast("compare", a.shape(), b.shape()));
        Elementwise.compare(op, a.value(), b.value(), out);
        return out;
    }

    private static Variable unary(Tape tape, Unary op, Variable x) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        Elementwise.unary(op, x.value(), y);
        return tape.output(y, x);
    }

    private static Variable scalar(Tape tape, Binary op, Variable x, double constant) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        Elementwise.binary(op, x.value(), constant, y);
        return tape.output(y, x);
    }

    private static Variable binary(Tape tape, Binary op, Variable a, Variable b) {
        Shape shape = Strided.broadcast(op.name().toLowerCase(java.util.Locale.ROOT), a.shape(), b.shape());
        Tensor y = tape.empty(a.value().dtype(), shape);
        Elementwise.binary(op, a.value(), b.value(), y);
        return tape.output(y, a, b);
    }

    /**
     * Gives a value or a parameter its gradient, which {@code writer} writes as it is before the sum over what was
     * repeated.
     *
     * @param shape of what it writes, in the value's type
     */
    static void send(Tape tape, Variable target, Shape shape, BiConsumer<Scope, Tensor> writer) {
        if (!tape.wants(target)) {
            return;
        }
        try (Scope scratch = Scope.open(tape.device())) {
            if (!target.isParameter() && shape.equals(target.shape())) {
                tape.accumulate(target, to -> writer.accept(scratch, to));
                return;
            }
            Tensor whole = scratch.empty(target.value().dtype(), shape);
            writer.accept(scratch, whole);
            if (!target.isParameter()) {
                tape.accumulate(target, to -> Axes.sumTo(whole, target.shape(), to));
                return;
            }
            tape.accumulateParameter(target, (gradient, add) -> {
                Tensor sum = add ? scratch.empty(DType.F32, target.shape()) : gradient;
                Axes.sumTo(whole, target.shape(), sum);
                if (add) {
                    Pointwise.add(gradient, sum, gradient);
                }
            });
        }
    }
}
