package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.conv.Conv2d;

/**
 * Norm, ReLU, 3 × 3 convolution, twice, plus the input (He et al. 2016, arXiv:1603.05027). Where width or resolution
 * change, the shortcut is a 1 × 1 convolution of the first activation.
 */
public final class PreActivationBlock {
    private final NormRelu norm1;
    private final Convolution conv1;
    private final NormRelu norm2;
    private final Convolution conv2;
    private final Convolution shortcut;

    /** @param groups of the group norms; 0: batch norms */
    public PreActivationBlock(Parameters p, long in, long out, int stride, int groups) {
        norm1 = new NormRelu(p.at("norm1"), in, groups);
        conv1 = convolution(p.at("conv1"), in, out, 3, stride);
        norm2 = new NormRelu(p.at("norm2"), out, groups);
        conv2 = convolution(p.at("conv2"), out, out, 3, 1);
        shortcut = in == out && stride == 1 ? null : convolution(p.at("shortcut"), in, out, 1, stride);
    }

    private static Convolution convolution(Parameters p, long in, long out, int kernel, int stride) {
        return Convolution.unbiased(p, in, out, kernel, Conv2d.Spec.of(stride, kernel / 2),
                Init.heNormal(in * kernel * kernel, 0, 1));
    }

    /**
     * @param x [N,H,W,in];
     *
     * @return [N,H/stride,W/stride,out]
     */
    public Variable forward(Tape tape, Variable x, NormStatistics statistics) {
        return tape.block(() -> compute(tape, x, statistics), x);
    }

    private Variable compute(Tape tape, Variable x, NormStatistics statistics) {
        Variable activated = norm1.forward(tape, x, statistics);
        Variable residual = shortcut == null ? x : shortcut.forward(tape, activated);
        Variable h = norm2.forward(tape, conv1.forward(tape, activated), statistics);
        return conv2.forward(tape, h, null, residual);
    }
}
