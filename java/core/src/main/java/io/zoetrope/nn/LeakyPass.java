package io.zoetrope.nn;

import io.zoetrope.autograd.ActivationOps;
import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A pass through a network of convolutions, linear maps and leaky ReLUs, which is piecewise linear in its input.
 *
 * <p>A {@linkplain #remembering remembering} pass keeps which way every activation went. A pass {@linkplain #linear along}
 * it takes the same ways whatever its input, with biases scaled for each sample: it is linear in input and scales together,
 * and equals the network where the input is the remembered one and the scales are 1. Gradient penalties are made of it
 * without differentiating twice (cuda/ops/loss/gradient_penalty.cu).
 */
public final class LeakyPass {
    /** The usual slope below zero. */
    public static final float SLOPE = 0.2f;

    private final List<Tensor> inputs;
    private final Tensor scale;
    private int next;

    private LeakyPass(List<Tensor> inputs, Tensor scale) {
        this.inputs = inputs;
        this.scale = scale;
    }

    /** A pass that remembers nothing. */
    public static LeakyPass plain() {
        return new LeakyPass(null, null);
    }

    /** A pass to go along later, while the tape it ran on is open. */
    public static LeakyPass remembering() {
        return new LeakyPass(new ArrayList<>(), null);
    }

    /**
     * The linear pass along this one, which must have run.
     *
     * @param biasScale F32 [N], what sample n's biases are multiplied by; must not change before the backward pass
     */
    public LeakyPass linear(Tensor biasScale) {
        if (inputs == null || inputs.isEmpty() || scale != null) {
            throw new IllegalStateException("only a remembering pass that has run can be gone along");
        }
        return new LeakyPass(inputs, biasScale);
    }

    /** A convolution, its bias scaled where this pass is linear. */
    public Variable convolve(Tape tape, Convolution convolution, Variable x) {
        return scale == null ? convolution.forward(tape, x) : convolution.forwardScaled(tape, x, scale);
    }

    /** Leaky ReLU, or its derivative where this pass is linear. */
    public Variable activate(Tape tape, Variable x) {
        if (scale != null) {
            if (next == inputs.size()) {
                throw new IllegalStateException("a linear pass took more than the " + inputs.size()
                        + " activations of the pass it goes along");
            }
            return ActivationOps.leakyReluTangent(tape, x, inputs.get(next++), SLOPE);
        }
        if (inputs != null) {
            inputs.add(x.value());
        }
        return ActivationOps.leakyRelu(tape, x, SLOPE);
    }
}
