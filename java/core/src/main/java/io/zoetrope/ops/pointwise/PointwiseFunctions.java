package io.zoetrope.ops.pointwise;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Linear;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.function.BiConsumer;

/** Differentiable pointwise operations. An activation keeps its input for the backward pass. */
public final class PointwiseFunctions {
    private PointwiseFunctions() {
    }

    /** An activation's backward pass. */
    @FunctionalInterface
    private interface Backward {
        /** @param dx written */
        void run(Tensor dy, Tensor x, Tensor dx);
    }

    private static Variable activation(Tape tape, Variable x, BiConsumer<Tensor, Tensor> forward, Backward backward) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        forward.accept(x.value(), y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> backward.run(dy, x.value(), dx)), x.value());
        return out;
    }

    public static Variable add(Tape tape, Variable a, Variable b) {
        Tensor y = tape.empty(a.value().dtype(), a.shape());
        Pointwise.add(a.value(), b.value(), y);
        Variable out = tape.output(y, a, b);
        tape.note(out, dy -> {
            tape.accumulateShared(a, dy);
            tape.accumulateShared(b, dy);
        });
        return out;
    }

    public static Variable silu(Tape tape, Variable x) {
        return activation(tape, x, Pointwise::silu, Pointwise::siluBackward);
    }

    /** max(x, 0). */
    public static Variable relu(Tape tape, Variable x) {
        return activation(tape, x, Pointwise::relu, Pointwise::reluBackward);
    }

    /** x where x > 0, else slope·x. */
    public static Variable leakyRelu(Tape tape, Variable x, float slope) {
        return activation(tape, x, (value, y) -> Pointwise.leakyRelu(value, slope, y),
                (dy, value, dx) -> Pointwise.leakyReluBackward(dy, value, slope, dx));
    }

    /**
     * The derivative of {@link #leakyRelu} at {@code x} along {@code tangent}: tangent where x > 0, else slope·tangent.
     * Linear in the tangent, which alone receives a gradient: the function's second derivative is 0 wherever it exists.
     *
     * @param x the activation's input, like tangent; slope 0 gives the derivative of ReLU
     */
    public static Variable leakyReluTangent(Tape tape, Variable tangent, Tensor x, float slope) {
        Tensor y = tape.empty(x.dtype(), x.shape());
        Pointwise.leakyReluBackward(tangent.value(), x, slope, y);
        Variable out = tape.output(y, tangent);
        tape.note(out, dy -> tape.accumulate(tangent, dt -> Pointwise.leakyReluBackward(dy, x, slope, dt)), x);
        return out;
    }

    /** x·½(1 + tanh(√(2/π)(x + 0.044715 x³))). */
    public static Variable gelu(Tape tape, Variable x) {
        return activation(tape, x, Pointwise::gelu, Pointwise::geluBackward);
    }

    /** x·Φ(x), the exact form of {@link #gelu}. */
    public static Variable geluErf(Tape tape, Variable x) {
        return activation(tape, x, Pointwise::geluErf, Pointwise::geluErfBackward);
    }

    /** x·tanh(ln(1 + eˣ)). */
    public static Variable mish(Tape tape, Variable x) {
        return activation(tape, x, Pointwise::mish, Pointwise::mishBackward);
    }

    /** factor·x + shift. */
    public static Variable affine(Tape tape, Variable x, float factor, float shift) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        if (shift == 0) {
            Pointwise.scale(x.value(), factor, y);
        } else {
            Pointwise.fill(y, 1f);
            Pointwise.axpby(factor, x.value(), shift, y, y);
        }
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.scale(dy, factor, dx)));
        return out;
    }

    /** tanh(x). */
    public static Variable tanh(Tape tape, Variable x) {
        return activation(tape, x, Pointwise::tanh, Pointwise::tanhBackward);
    }

    /** 1/(1 + exp(−x)). */
    public static Variable sigmoid(Tape tape, Variable x) {
        return activation(tape, x, Pointwise::sigmoid, Pointwise::sigmoidBackward);
    }

    /**
     * bias [K] (F32) times scale[n] for each sample: [N,K] of {@code type}, such as a convolution adds to its samples.
     *
     * @param scale F32 [N]; must not change before the backward pass
     */
    public static Variable scaledBias(Tape tape, Tensor scale, Variable bias, DType type) {
        Tensor y = tape.empty(type, scale.size(), bias.value().size());
        ScaledBias.forward(scale, bias.value(), y);
        Variable out = tape.output(y, bias);
        tape.note(out, dy -> tape.accumulateParameter(bias, (db, add) -> ScaledBias.backward(scale, dy, db, add)),
                scale);
        return out;
    }

    /**
     * x [B, S, C] plus fixed vectors for the places.
     *
     * @param positions F32 [S, C]
     */
    public static Variable addPositions(Tape tape, Variable x, Tensor positions) {
        Tensor input = x.value();
        if (!positions.shape().equals(Shape.of(input.dim(1), input.dim(2)))) {
            throw new IllegalArgumentException("add positions: " + positions.describe() + " for " + input.describe()
                    + ", expected [" + input.dim(1) + ", " + input.dim(2) + "]");
        }
        Tensor y = tape.empty(input.dtype(), input.shape());
        // A bias whose channels are all elements of a sample.
        Pointwise.addBias(input.reshape(input.dim(0), -1), positions.reshape(-1), y.reshape(input.dim(0), -1));
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulateShared(x, dy));
        return out;
    }
}
