package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.LayerNormalization;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.attention.AttentionFunctions;
import java.util.List;

/** Norm, attention of the pixels to the tokens of a memory, projection; plus the input. Starts as the identity. */
final class CrossAttentionBlock {
    private final long heads;
    private final long headDim;
    private final LayerNormalization norm;
    private final Linear query;
    private final Linear keysValues;
    private final Linear projection;

    /**
     * @param headDim     which divides the channels
     * @param memoryWidth channels of the memory's tokens
     */
    CrossAttentionBlock(Parameters p, long channels, long headDim, long memoryWidth) {
        this.headDim = headDim;
        this.heads = channels / headDim;
        norm = LayerNormalization.affine(p.at("norm"), channels);
        query = Linear.of(p.at("to_q"), channels, channels);
        keysValues = Linear.stacked(p, List.of("to_k", "to_v"), memoryWidth, channels);
        projection = Linear.zero(p.at("to_out.0"), channels, channels);
    }

    /**
     * @param x      [N, H, W, channels]
     * @param memory [N, M, memoryWidth]
     */
    Variable forward(Tape tape, Variable x, Variable memory) {
        return tape.block(() -> compute(tape, x, memory), x, memory);
    }

    private Variable compute(Tape tape, Variable x, Variable memory) {
        long[] dims = x.shape().dims();
        Variable rows = tape.reshape(x, dims[0], dims[1] * dims[2], dims[3]);
        Variable asked = tape.reshape(query.forward(tape, norm.forward(tape, rows)), dims[0], dims[1] * dims[2], heads,
                headDim);
        Variable known = tape.reshape(keysValues.forward(tape, memory), dims[0], memory.value().dim(1), 2, heads,
                headDim);
        Variable seen = tape.reshape(AttentionFunctions.crossAttention(tape, asked, known), dims);
        return projection.forward(tape, seen, x);
    }
}
