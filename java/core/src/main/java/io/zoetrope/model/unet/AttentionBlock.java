package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.GroupNormalization;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.attention.AttentionFunctions;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import java.util.List;
import java.util.OptionalInt;

/** Norm, self-attention over the pixels, projection; plus the input. */
final class AttentionBlock {
    private final long heads;
    private final long headDim;
    private final float scale;
    private final GroupNormalization norm;
    private final Linear qkv;
    private final Linear projection;

    /**
     * @param headDim as many heads of this width as fit into the channels; none: one head of all of them
     * @param groups  of the norm; none: no norm
     * @param scale   by which the sum of input and change is divided
     */
    AttentionBlock(Parameters p, long channels, OptionalInt headDim, OptionalInt groups, float epsilon, float scale) {
        this.headDim = headDim.isPresent() ? headDim.getAsInt() : channels;
        this.heads = channels / this.headDim;
        this.scale = scale;
        norm = groups.isEmpty() ? null
                : new GroupNormalization(p.at("group_norm"), channels, groups.getAsInt(), epsilon, false);
        // Before diffusers 0.17.
        p.formerly("to_q", "query");
        p.formerly("to_k", "key");
        p.formerly("to_v", "value");
        p.formerly("to_out.0", "proj_attn");
        long inner = heads * this.headDim;
        qkv = Linear.stacked(p, List.of("to_q", "to_k", "to_v"), channels, inner);
        projection = Linear.zero(p.at("to_out.0"), inner, channels);
    }

    Variable forward(Tape tape, Variable x) {
        return tape.block(() -> compute(tape, x), x);
    }

    private Variable compute(Tape tape, Variable x) {
        long[] dims = x.shape().dims();
        long batch = dims[0];
        long pixels = dims[1] * dims[2];
        Variable normed = norm == null ? x : norm.forward(tape, x);
        Variable rows = tape.reshape(normed, batch, pixels, dims[3]);
        Variable packed = tape.reshape(qkv.forward(tape, rows), batch, pixels, 3, heads, headDim);
        Variable mixed = tape.reshape(AttentionFunctions.attention(tape, packed, false), batch, dims[1], dims[2],
                heads * headDim);
        Variable sum = projection.forward(tape, mixed, x);
        return scale == 1 ? sum : PointwiseFunctions.affine(tape, sum, 1 / scale, 0);
    }
}
