package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.conv.Conv2d;

/**
 * A residual block without normalisation (Huang et al. 2024): 1×1 to more channels, leaky ReLU, grouped 3×3, leaky
 * ReLU, 1×1 back, plus the input. The last weights start at zero and the others small, so that many blocks start as the
 * identity and learn at one pace (Fixup: Zhang, Dauphin and Ma 2019).
 */
public final class FixupBlock {
    private final Convolution widen;
    private final Convolution grouped;
    private final Convolution narrow;

    /**
     * @param expansion  channels inside, as a multiple of the width
     * @param groupWidth channels of a group of the 3×3 convolution
     * @param all        residual blocks of the network, which its start is scaled by
     */
    public FixupBlock(Parameters p, int width, int expansion, int groupWidth, int all) {
        int inner = width * expansion;
        double gain = Math.pow(all, -0.25);
        double slope = PiecewiseLinearPass.NEGATIVE_SLOPE;
        widen = Convolution.of(p.at("conv1"), width, inner, 1, Conv2d.Spec.of(1, 0), Init.heNormal(width, slope, gain));
        grouped = Convolution.of(p.at("conv2"), inner, inner, 3, Conv2d.Spec.of(1, 1).withGroups(inner / groupWidth),
                Init.heNormal(9L * groupWidth, slope, gain));
        narrow = Convolution.unbiased(p.at("conv3"), inner, width, 1, Conv2d.Spec.of(1, 0), Init.zeros());
    }

    /** @param x [N,H,W,width]; the result is as large */
    public Variable forward(Tape tape, Variable x, PiecewiseLinearPass pass) {
        return tape.part(() -> compute(tape, x, pass));
    }

    private Variable compute(Tape tape, Variable x, PiecewiseLinearPass pass) {
        Variable h = pass.activate(tape, pass.convolve(tape, widen, x));
        h = pass.activate(tape, pass.convolve(tape, grouped, h));
        return narrow.forward(tape, h, null, x);
    }
}
