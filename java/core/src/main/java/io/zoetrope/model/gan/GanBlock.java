package io.zoetrope.model.gan;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.LeakyPass;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.conv.Conv2d;

/**
 * A residual block without normalisation (Huang et al. 2024): 1×1 to more channels, leaky ReLU, grouped 3×3, leaky ReLU, 1×1
 * back, plus the input. The last weights start at zero and the others small, so that many blocks start as the identity and
 * learn at one pace (Zhang, Dauphin and Ma 2019).
 */
final class GanBlock {
    private final Convolution widen;
    private final Convolution grouped;
    private final Convolution narrow;

    /** @param all residual blocks of the network, which its start is scaled by */
    GanBlock(Parameters p, int width, GanShape shape, int all) {
        int inner = width * shape.expansion();
        int groups = inner / shape.groupWidth();
        double gain = Math.pow(all, -0.25);
        widen = Convolution.of(p.at("conv1"), width, inner, 1, Conv2d.Spec.of(1, 0), Init.leaky(width, LeakyPass.SLOPE, gain));
        grouped = Convolution.of(p.at("conv2"), inner, inner, 3, Conv2d.Spec.of(1, 1).withGroups(groups),
                Init.leaky(9L * shape.groupWidth(), LeakyPass.SLOPE, gain));
        narrow = Convolution.unbiased(p.at("conv3"), inner, width, 1, Conv2d.Spec.of(1, 0), Init.zeros());
    }

    Variable forward(Tape tape, Variable x, LeakyPass pass) {
        Variable h = pass.activate(tape, pass.convolve(tape, widen, x));
        h = pass.activate(tape, pass.convolve(tape, grouped, h));
        return narrow.forward(tape, h, null, x);
    }
}
