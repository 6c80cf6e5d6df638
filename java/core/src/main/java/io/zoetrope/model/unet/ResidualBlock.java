package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.GroupNormalization;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.modulate.ModulateFunctions;
import io.zoetrope.ops.pointwise.PointwiseFunctions;

/**
 * Norm, activation, convolution, time embedding; norm, activation, convolution; plus the input (Ho et al. 2020). Or,
 * with scale and shift, the time embedding modulates the second norm (Nichol and Dhariwal 2021).
 */
final class ResidualBlock {
    /** Of the packed time embedding where it scales and shifts. */
    private static final int SCALE = 0;
    private static final int SHIFT = 1;
    private static final int PARTS = 2;

    private final UNetConfig.Blocks kind;
    private final float scale;
    private final GroupNormalization norm1;
    private final Convolution conv1;
    private final Linear time;
    private final GroupNormalization norm2;
    private final Convolution conv2;
    private final Convolution shortcut;

    /** @param scale by which the sum of input and change is divided */
    ResidualBlock(Parameters p, long in, long out, long embedding, UNetConfig.Blocks kind, float scale) {
        this.kind = kind;
        this.scale = scale;
        boolean fused = kind.activation() == Activation.SILU;
        norm1 = new GroupNormalization(p.at("norm1"), in, kind.groups(), kind.epsilon(), fused);
        conv1 = Convolution.same(p.at("conv1"), in, out, 3, 1);
        time = Linear.of(p.at("time_emb_proj"), embedding, kind.scaleShift() ? PARTS * out : out);
        norm2 = new GroupNormalization(p.at("norm2"), out, kind.groups(), kind.epsilon(), fused && !kind.scaleShift());
        conv2 = Convolution.zero(p.at("conv2"), out, out, 3);
        shortcut = in == out ? null : Convolution.same(p.at("conv_shortcut"), in, out, 1, 1);
    }

    /** @param activatedTime activation of the time embedding, [N, embedding] */
    Variable forward(Tape tape, Variable x, Variable activatedTime) {
        return tape.block(() -> compute(tape, x, activatedTime), x, activatedTime);
    }

    private Variable compute(Tape tape, Variable x, Variable activatedTime) {
        Variable embedded = time.forward(tape, activatedTime);
        Variable first = activated(tape, norm1.forward(tape, x));
        Variable h = conv1.forward(tape, first, kind.scaleShift() ? null : embedded, null);
        tape.release(first);
        Variable normed = norm2.forward(tape, h);
        tape.release(h);
        Variable changed = kind.scaleShift()
                ? kind.activation().apply(tape, ModulateFunctions.modulate(tape, normed, embedded, SHIFT, SCALE, PARTS))
                : activated(tape, normed);
        Variable residual = shortcut == null ? x : shortcut.forward(tape, x);
        Variable sum = conv2.forward(tape, changed, null, residual);
        return scale == 1 ? sum : PointwiseFunctions.affine(tape, sum, 1 / scale, 0);
    }

    /** SiLU is part of the norm. */
    private Variable activated(Tape tape, Variable normed) {
        return kind.activation() == Activation.SILU ? normed : kind.activation().apply(tape, normed);
    }
}
