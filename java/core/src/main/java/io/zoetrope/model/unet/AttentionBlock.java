package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.GroupNormalization;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.attention.AttentionFunctions;
import java.util.List;

/** Norm, single-head self-attention over the pixels, projection; plus the input. */
final class AttentionBlock {
    private final long channels;
    private final GroupNormalization norm;
    private final Linear qkv;
    private final Linear projection;

    AttentionBlock(Parameters p, long channels, int groups) {
        this.channels = channels;
        norm = new GroupNormalization(p.at("group_norm"), channels, groups, false);
        qkv = Linear.stacked(p, List.of("to_q", "to_k", "to_v"), channels, channels);
        projection = Linear.zero(p.at("to_out.0"), channels, channels);
    }

    Variable forward(Tape tape, Variable x) {
        long[] dims = x.shape().dims();
        long batch = dims[0];
        long pixels = dims[1] * dims[2];
        Variable rows = tape.reshape(norm.forward(tape, x), batch, pixels, channels);
        Variable packed = tape.reshape(qkv.forward(tape, rows), batch, pixels, 3, 1, channels);
        Variable mixed = tape.reshape(AttentionFunctions.attention(tape, packed, false), dims);
        return projection.forward(tape, mixed, x);
    }
}
