package io.zoetrope.autograd;

import io.zoetrope.kernel.Pointwise;
import io.zoetrope.tensor.Tensor;

/** Differentiable activations other than SiLU ({@link Ops#silu}). Each keeps its input for the backward pass. */
public final class ActivationOps {
    private ActivationOps() {
    }

    /** max(x, 0). */
    public static Variable relu(Tape tape, Variable x) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        Pointwise.relu(x.value(), y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.reluBackward(dy, x.value(), dx)));
        return out;
    }

    /** x where x > 0, else slope·x. */
    public static Variable leakyRelu(Tape tape, Variable x, float slope) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        Pointwise.leakyRelu(x.value(), slope, y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.leakyReluBackward(dy, x.value(), slope, dx)));
        return out;
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
        tape.note(out, dy -> tape.accumulate(tangent, dt -> Pointwise.leakyReluBackward(dy, x, slope, dt)));
        return out;
    }

    /** x·½(1 + tanh(√(2/π)(x + 0.044715 x³))). */
    public static Variable gelu(Tape tape, Variable x) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        Pointwise.gelu(x.value(), y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.geluBackward(dy, x.value(), dx)));
        return out;
    }

    /** tanh(x). */
    public static Variable tanh(Tape tape, Variable x) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        Pointwise.tanh(x.value(), y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.tanhBackward(dy, x.value(), dx)));
        return out;
    }

    /** 1/(1 + exp(−x)). */
    public static Variable sigmoid(Tape tape, Variable x) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        Pointwise.sigmoid(x.value(), y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.sigmoidBackward(dy, x.value(), dx)));
        return out;
    }
}
