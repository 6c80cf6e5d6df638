package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A pass through a network of convolutions, linear maps and leaky ReLUs, which is piecewise linear in its input.
 *
 * <p>A {@linkplain #recording recording} pass keeps on which side of zero every activation was. A
 * {@linkplain #tangent tangent} of it takes the same sides whatever its input, with biases scaled for each sample: it
 * is linear in input and scales together, and equals the network where the input is the recorded one and the scales are
 * 1. Gradient penalties are made of it without differentiating twice (cuda/src/loss/gradient_penalty.cu).
 */
public final class PiecewiseLinearPass {
    /** The usual negative slope. */
    public static final float NEGATIVE_SLOPE = 0.2f;

    private final List<Tensor> inputs;
    private final Tensor scale;
    private int next;

    private PiecewiseLinearPass(List<Tensor> inputs, Tensor scale) {
        this.inputs = inputs;
        this.scale = scale;
    }

    /** A pass that keeps nothing. */
    public static PiecewiseLinearPass plain() {
        return new PiecewiseLinearPass(null, null);
    }

    /** A pass that a {@link #tangent} can be taken of, while the tape it ran on is open. */
    public static PiecewiseLinearPass recording() {
        return new PiecewiseLinearPass(new ArrayList<>(), null);
    }

    /**
     * The linear pass that touches this one, which must have run.
     *
     * @param biasScale F32 [N], what sample n's biases are multiplied by; must not change before the backward pass
     */
    public PiecewiseLinearPass tangent(Tensor biasScale) {
        if (inputs == null || inputs.isEmpty() || scale != null) {
            throw new IllegalStateException("only a recording pass that has run has a tangent");
        }
        return new PiecewiseLinearPass(inputs, biasScale);
    }

    /** A convolution, its bias scaled where this pass is a tangent. */
    public Variable convolve(Tape tape, Convolution convolution, Variable x) {
        return scale == null ? convolution.forward(tape, x) : convolution.forwardScaled(tape, x, scale);
    }

    /** Leaky ReLU, or its derivative at the recorded input where this pass is a tangent. */
    public Variable activate(Tape tape, Variable x) {
        if (scale != null) {
            if (next == inputs.size()) {
                throw new IllegalStateException(
                        "a tangent took more than the " + inputs.size() + " activations of the pass it touches");
            }
            return PointwiseFunctions.leakyReluTangent(tape, x, inputs.get(next++), NEGATIVE_SLOPE);
        }
        if (inputs != null) {
            inputs.add(tape.keep(x.value()));
        }
        return PointwiseFunctions.leakyRelu(tape, x, NEGATIVE_SLOPE);
    }
}
