package io.zoetrope.ops.array;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.array.Elementwise.Binary;
import io.zoetrope.ops.array.Elementwise.Comparison;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Operations on tensors without gradients: each queues its kernels and returns a new tensor of the scope that this was
 * made for. What is computed, and what is refused, is said where the differentiable operation of the same name is:
 * {@link MathFunctions}, {@link ShapeFunctions}, {@link AxisFunctions}, {@link IndexFunctions}.
 *
 * <pre>{@code
 * TensorMath math = TensorMath.in(scope);
 * Tensor probabilities = math.softmax(math.multiply(logits, 1 / temperature));
 * }</pre>
 *
 * <p>Operands are repeated to one another's shapes (broadcasting); an axis may be negative, which counts from the end.
 * May be recorded into a graph. One thread at a time, as its scope.
 */
public final class TensorMath {
    private final Scope scope;

    /** Values, and where along the axis they were (I32). */
    public record Selection(Tensor values, Tensor indices) {
    }

    private TensorMath(Scope scope) {
        this.scope = scope;
    }

    /** Operations whose results are this scope's. */
    public static TensorMath in(Scope scope) {
        return new TensorMath(scope);
    }

    private static Variable of(Tensor tensor) {
        return Variable.constant(tensor);
    }

    private static Variable[] of(Tensor... tensors) {
        return Stream.of(tensors).map(Variable::constant).toArray(Variable[]::new);
    }

    /** Runs an operation; what it makes beside its result is freed. */
    private Tensor run(Function<Tape, Variable> operation) {
        try (Tape tape = Tape.into(scope)) {
            return tape.part(() -> operation.apply(tape)).value();
        }
    }

    // ---- elementwise: F32 and BF16, add to multiply, max and min also I32 -------------------------------------------

    /** a + b. */
    public Tensor add(Tensor a, Tensor b) {
        return run(tape -> MathFunctions.add(tape, of(a), of(b)));
    }

    /** a + b. */
    public Tensor add(Tensor a, double b) {
        return binary(Binary.ADD, a, b);
    }

    /** a − b. */
    public Tensor subtract(Tensor a, Tensor b) {
        return run(tape -> MathFunctions.subtract(tape, of(a), of(b)));
    }

    /** a − b. */
    public Tensor subtract(Tensor a, double b) {
        return binary(Binary.SUBTRACT, a, b);
    }

    /** a · b, element by element. */
    public Tensor multiply(Tensor a, Tensor b) {
        return run(tape -> MathFunctions.multiply(tape, of(a), of(b)));
    }

    /** a · b. */
    public Tensor multiply(Tensor a, double b) {
        return binary(Binary.MULTIPLY, a, b);
    }

    /** a / b. */
    public Tensor divide(Tensor a, Tensor b) {
        return run(tape -> MathFunctions.divide(tape, of(a), of(b)));
    }

    /** a / b. */
    public Tensor divide(Tensor a, double b) {
        return binary(Binary.DIVIDE, a, b);
    }

    /** x to a power. */
    public Tensor pow(Tensor x, double power) {
        return binary(Binary.POW, x, power);
    }

    /** The larger of two. */
    public Tensor max(Tensor a, Tensor b) {
        return run(tape -> MathFunctions.max(tape, of(a), of(b)));
    }

    /** The larger of two. */
    public Tensor max(Tensor a, double b) {
        return binary(Binary.MAX, a, b);
    }

    /** The smaller of two. */
    public Tensor min(Tensor a, Tensor b) {
        return run(tape -> MathFunctions.min(tape, of(a), of(b)));
    }

    /** The smaller of two. */
    public Tensor min(Tensor a, double b) {
        return binary(Binary.MIN, a, b);
    }

    private Tensor binary(Binary op, Tensor a, double b) {
        Tensor out = scope.emptyLike(a);
        Elementwise.binary(op, a, b, out);
        return out;
    }

    public Tensor exp(Tensor x) {
        return run(tape -> MathFunctions.exp(tape, of(x)));
    }

    /** The natural logarithm. */
    public Tensor log(Tensor x) {
        return run(tape -> MathFunctions.log(tape, of(x)));
    }

    public Tensor sqrt(Tensor x) {
        return run(tape -> MathFunctions.sqrt(tape, of(x)));
    }

    public Tensor abs(Tensor x) {
        return run(tape -> MathFunctions.abs(tape, of(x)));
    }

    public Tensor negate(Tensor x) {
        return run(tape -> MathFunctions.negate(tape, of(x)));
    }

    /** 1 where a op b, else 0: U8. */
    public Tensor compare(Comparison op, Tensor a, Tensor b) {
        return run(tape -> of(MathFunctions.compare(tape, op, of(a), of(b))));
    }

    /** 1 where a op b, else 0: U8. */
    public Tensor compare(Comparison op, Tensor a, double b) {
        Tensor out = scope.empty(DType.U8, a.shape());
        Elementwise.compare(op, a, b, out);
        return out;
    }

    /** a where the condition (U8) is not 0, else b, of any type. */
    public Tensor where(Tensor condition, Tensor a, Tensor b) {
        return run(tape -> MathFunctions.where(tape, condition, of(a), of(b)));
    }

    /** The values in another type; see {@link Layouts#cast} for their rounding. */
    public Tensor cast(Tensor x, DType type) {
        return run(tape -> MathFunctions.cast(tape, of(x), type));
    }

    // ---- layouts: every type ----------------------------------------------------------------------------------------

    /** Elements {@code from} (inclusive) to {@code to} (exclusive) along an axis. */
    public Tensor slice(Tensor x, int axis, long from, long to) {
        return slice(x, axis, from, to, 1);
    }

    /** Every {@code step}-th of them. */
    public Tensor slice(Tensor x, int axis, long from, long to, long step) {
        return run(tape -> ShapeFunctions.slice(tape, of(x), axis, from, to, step));
    }

    /** The dimensions in another order: dimension d of the result is dimension {@code order[d]} of x. */
    public Tensor permute(Tensor x, int... order) {
        return run(tape -> ShapeFunctions.permute(tape, of(x), order));
    }

    /** Two dimensions exchanged. */
    public Tensor transpose(Tensor x, int one, int other) {
        return run(tape -> ShapeFunctions.transpose(tape, of(x), one, other));
    }

    /** One after another along an axis. */
    public Tensor concat(int axis, Tensor... parts) {
        return run(tape -> ShapeFunctions.concat(tape, axis, of(parts)));
    }

    /** One after another along a new axis, which the result has at {@code axis}. */
    public Tensor stack(int axis, Tensor... parts) {
        return run(tape -> ShapeFunctions.stack(tape, axis, of(parts)));
    }

    /** With elements of one value around it, so many before and after along each dimension. */
    public Tensor pad(Tensor x, long[] before, long[] after, float value) {
        return run(tape -> ShapeFunctions.pad(tape, of(x), before, after, value));
    }

    /** Repeated to a shape, as operands of arithmetic are. */
    public Tensor repeat(Tensor x, long... dims) {
        Tensor out = scope.empty(x.dtype(), dims);
        Layouts.repeat(x, out);
        return out;
    }

    // ---- along axes -------------------------------------------------------------------------------------------------

    /** The sum over axes, all of them where none is named. @param keep the axes stay, with one element */
    public Tensor sum(Tensor x, boolean keep, int... axes) {
        return run(tape -> AxisFunctions.sum(tape, of(x), keep, axes));
    }

    /** The mean over axes, all of them where none is named. @param keep the axes stay, with one element */
    public Tensor mean(Tensor x, boolean keep, int... axes) {
        return run(tape -> AxisFunctions.mean(tape, of(x), keep, axes));
    }

    /** The largest along an axis. @param keep the axis stays, with one element */
    public Tensor max(Tensor x, int axis, boolean keep) {
        return run(tape -> AxisFunctions.max(tape, of(x), axis, keep));
    }

    /** The smallest along an axis. @param keep the axis stays, with one element */
    public Tensor min(Tensor x, int axis, boolean keep) {
        return run(tape -> AxisFunctions.min(tape, of(x), axis, keep));
    }

    /** Where the largest along an axis is: I32 without the axis. */
    public Tensor argmax(Tensor x, int axis) {
        return run(tape -> of(AxisFunctions.argmax(tape, of(x), axis)));
    }

    /** Where the smallest along an axis is: I32 without the axis. */
    public Tensor argmin(Tensor x, int axis) {
        return run(tape -> of(AxisFunctions.argmin(tape, of(x), axis)));
    }

    /** The k largest along an axis, the largest first. */
    public Selection topK(Tensor x, int axis, int k) {
        try (Tape tape = Tape.into(scope)) {
            AxisFunctions.Selection selection = AxisFunctions.topK(tape, of(x), axis, k);
            return new Selection(selection.values().value(), selection.indices());
        }
    }

    /** exp x / Σ exp x over the innermost dimension. */
    public Tensor softmax(Tensor x) {
        return run(tape -> AxisFunctions.softmax(tape, of(x)));
    }

    // ---- indices, products, chance ----------------------------------------------------------------------------------

    /** Elements of an axis by index (I32). */
    public Tensor gather(Tensor x, int axis, Tensor ids) {
        return run(tape -> IndexFunctions.gather(tape, of(x), axis, ids));
    }

    /** The sums of x's elements by index (I32) along an axis, which has {@code length} elements in the result. */
    public Tensor scatterAdd(Tensor x, int axis, Tensor ids, long length) {
        return run(tape -> IndexFunctions.scatterAdd(tape, of(x), axis, ids, length));
    }

    /** Products of matrices […, m, k] and […, k, n]. */
    public Tensor matmul(Tensor a, Tensor b) {
        return run(tape -> IndexFunctions.matmul(tape, of(a), of(b)));
    }

    /** Zero with a probability, else scaled to keep the mean; the same key drops the same elements. */
    public Tensor dropout(Tensor x, double probability, RandomKey key) {
        return run(tape -> IndexFunctions.dropout(tape, of(x), probability, key));
    }
}
