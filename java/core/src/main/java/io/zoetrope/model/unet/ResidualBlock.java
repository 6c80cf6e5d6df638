package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.GroupNormalization;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;

/** Norm, SiLU, convolution, time embedding; norm, SiLU, convolution; plus the input (Ho et al. 2020). */
final class ResidualBlock {
    private final GroupNormalization norm1;
    private final Convolution conv1;
    private final Linear time;
    private final GroupNormalization norm2;
    private final Convolution conv2;
    private final Convolution shortcut;

    ResidualBlock(Parameters p, long in, long out, long embedding, int groups) {
        norm1 = new GroupNormalization(p.at("norm1"), in, groups, true);
        conv1 = Convolution.same(p.at("conv1"), in, out, 3, 1);
        time = Linear.of(p.at("time_emb_proj"), embedding, out);
        norm2 = new GroupNormalization(p.at("norm2"), out, groups, true);
        conv2 = Convolution.zero(p.at("conv2"), out, out, 3);
        shortcut = in == out ? null : Convolution.same(p.at("conv_shortcut"), in, out, 1, 1);
    }

    /** @param activatedTime SiLU of the time embedding, [N, embedding] */
    Variable forward(Tape tape, Variable x, Variable activatedTime) {
        Variable h = conv1.forward(tape, norm1.forward(tape, x), time.forward(tape, activatedTime), null);
        Variable residual = shortcut == null ? x : shortcut.forward(tape, x);
        return conv2.forward(tape, norm2.forward(tape, h), null, residual);
    }
}
