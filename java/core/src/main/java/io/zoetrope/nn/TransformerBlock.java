package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.attention.Attention;
import io.zoetrope.ops.attention.AttentionFunctions;
import io.zoetrope.ops.attention.CachedAttention;
import io.zoetrope.ops.attention.Rope;
import io.zoetrope.tensor.Tensor;
import java.util.List;
import java.util.function.Consumer;

/**
 * A pre-norm transformer block: self-attention, cross-attention where there is a memory to look at, and a two-layer
 * perceptron with GELU, each added to its input. It may be causal or not, turn queries and keys by their positions,
 * have its norms and residuals modulated by a condition (adaLN-Zero, Peebles and Xie 2023), and decode one token at a
 * time over a cache. Parameter names are those of diffusers' {@code BasicTransformerBlock}.
 */
public final class TransformerBlock {
    /** Vectors of a modulation: shift, scale and gate of the attention, then of the perceptron. */
    private static final int PARTS = 6;

    /**
     * The shape of a block.
     *
     * @param width       channels of a token
     * @param heads       which divide the width
     * @param hidden      channels inside the perceptron
     * @param adaptive    whether a condition of the same width modulates it
     * @param memoryWidth channels of the tokens that cross-attention looks at; 0: no cross-attention
     */
    public record Config(int width, int heads, int hidden, boolean adaptive, int memoryWidth) {
        public Config {
            if (width < 1 || heads < 1 || width % heads != 0 || hidden < 1 || memoryWidth < 0) {
                throw new IllegalArgumentException(
                        "transformer block: width " + width + ", heads " + heads + ", hidden " + hidden + ", memory "
                                + memoryWidth + ": expected positive sizes with heads that divide the width");
            }
        }
    }

    /**
     * What goes with the tokens.
     *
     * @param modulation what {@link #modulation} made of the condition; null unless the block is adaptive
     * @param memory     [B, M, memoryWidth]; null unless the block has cross-attention
     * @param rope       table of rotations by place; null: none
     * @param causal     the first so many samples of the batch are causal
     * @param watch      is handed the self-attention's weights, F32 [B, H, S, S]; null: not wanted
     */
    public record Context(Variable modulation, Variable memory, Tensor rope, int causal, Consumer<Tensor> watch) {
        public static final Context NONE = new Context(null, null, null, 0, null);
    }

    private final Config config;
    private final LayerNormalization norm1;
    private final Linear qkv;
    private final Linear projection;
    private final LayerNormalization norm2;
    private final Linear crossQuery;
    private final Linear crossKeysValues;
    private final Linear crossProjection;
    private final LayerNormalization norm3;
    private final Linear up;
    private final Linear down;
    private final Linear modulation;

    public TransformerBlock(Config config, Parameters p) {
        this.config = config;
        int width = config.width();
        boolean adaptive = config.adaptive();
        norm1 = adaptive ? LayerNormalization.plain() : LayerNormalization.affine(p.at("norm1"), width);
        qkv = Linear.stacked(p.at("attn1"), List.of("to_q", "to_k", "to_v"), width, width);
        projection = residual(p.at("attn1.to_out.0"), width, width);
        if (config.memoryWidth() > 0) {
            norm2 = LayerNormalization.affine(p.at("norm2"), width);
            crossQuery = Linear.of(p.at("attn2.to_q"), width, width);
            crossKeysValues = Linear.stacked(p.at("attn2"), List.of("to_k", "to_v"), config.memoryWidth(), width);
            crossProjection = Linear.zero(p.at("attn2.to_out.0"), width, width);
        } else {
            norm2 = null;
            crossQuery = null;
            crossKeysValues = null;
            crossProjection = null;
        }
        norm3 = adaptive ? LayerNormalization.plain() : LayerNormalization.affine(p.at("norm3"), width);
        up = Linear.of(p.at("ff.net.0.proj"), width, config.hidden());
        down = residual(p.at("ff.net.2"), config.hidden(), width);
        modulation = adaptive ? Linear.zero(p.at("norm1.linear"), width, (long) PARTS * width) : null;
    }

    /** A block starts as the identity: by its gates where it is adaptive, else by the last layer of each branch. */
    private Linear residual(Parameters p, int in, int out) {
        return config.adaptive() ? Linear.of(p, in, out) : Linear.zero(p, in, out);
    }

    public Config config() {
        return config;
    }

    /** The block's modulation by an activated condition [B, width]; the same for all tokens of a sample. */
    public Variable modulation(Tape tape, Variable condition) {
        if (modulation == null) {
            throw new IllegalStateException("this transformer block takes no condition");
        }
        return modulation.forward(tape, condition);
    }

    /** @param x tokens [B, S, width] */
    public Variable forward(Tape tape, Variable x, Context context) {
        check(context);
        return tape.block(() -> compute(tape, x, context), x, context.modulation(), context.memory());
    }

    private Variable compute(Tape tape, Variable x, Context context) {
        Variable packed = project(tape, x, context);
        Variable mixed = tape.reshape(
                AttentionFunctions.selfAttention(tape, packed, context.rope(), context.causal(), context.watch()),
                x.shape().dims());
        return rest(tape, x, mixed, context);
    }

    /**
     * One token of each sample at the place that {@code cache} has come to; its key and value are appended.
     *
     * @param x       [B, 1, width]
     * @param context as the whole sequence would have it; causal and watch are not looked at
     * @param layer   which of the cache's layers is this block's
     */
    public Variable decode(Tape tape, Variable x, Context context, KeyValueCache cache, int layer) {
        if (tape.isRecording()) {
            throw new IllegalStateException("decoding over a cache has no backward pass: use Tape.forInference");
        }
        check(context);
        Tensor packed = project(tape, x, context).value();
        Attention.Heads query = Attention.Heads.part(packed, 0);
        Attention.Heads key = Attention.Heads.part(packed, 1);
        if (context.rope() != null) {
            Attention.Heads both = Attention.Heads.parts(packed, 0, 2);
            Rope.rotate(both, both, context.rope(), 0, cache.length(), false);
        }
        CachedAttention.append(key, Attention.Heads.part(packed, 2), cache.keys(layer), cache.values(layer),
                cache.length());
        Tensor o = tape.empty(packed.dtype(), query.batch(), 1, query.heads(), query.dim());
        CachedAttention.decode(query, cache.keys(layer), cache.values(layer), Attention.Heads.of(o), cache.length(), 1,
                (float) (1 / Math.sqrt(query.dim())));
        return rest(tape, x, Variable.constant(o.reshape(x.shape().dims())), context);
    }

    private void check(Context context) {
        if ((context.modulation() == null) == config.adaptive()
                || (context.memory() == null) != (config.memoryWidth() == 0)) {
            throw new IllegalArgumentException(
                    "transformer block: modulation " + Variable.describe(context.modulation()) + ", memory "
                            + Variable.describe(context.memory()) + " for " + config);
        }
    }

    private Variable project(Tape tape, Variable x, Context context) {
        long[] dims = x.shape().dims();
        Variable normed = norm(tape, norm1, x, context, 0, 1);
        return tape.reshape(qkv.forward(tape, normed), dims[0], dims[1], 3, config.heads(),
                config.width() / config.heads());
    }

    private Variable rest(Tape tape, Variable x, Variable mixed, Context context) {
        Variable h = join(tape, projection, mixed, x, context, 2);
        if (config.memoryWidth() > 0) {
            h = look(tape, h, context.memory());
        }
        Variable normed = norm(tape, norm3, h, context, 3, 4);
        return join(tape, down, up.forwardGelu(tape, normed), h, context, 5);
    }

    private Variable norm(Tape tape, LayerNormalization norm, Variable x, Context context, int shift, int scale) {
        return config.adaptive() ? norm.modulated(tape, x, context.modulation(), shift, scale, PARTS)
                : norm.forward(tape, x);
    }

    private Variable join(Tape tape, Linear last, Variable branch, Variable x, Context context, int gate) {
        return config.adaptive() ? last.forwardGated(tape, branch, x, context.modulation(), gate, PARTS)
                : last.forward(tape, branch, x);
    }

    private Variable look(Tape tape, Variable x, Variable memory) {
        long[] dims = x.shape().dims();
        int heads = config.heads();
        long channels = config.width() / heads;
        Variable query = tape.reshape(crossQuery.forward(tape, norm2.forward(tape, x)), dims[0], dims[1], heads,
                channels);
        Variable keysValues = tape.reshape(crossKeysValues.forward(tape, memory), dims[0], memory.value().dim(1), 2,
                heads, channels);
        Variable seen = tape.reshape(AttentionFunctions.crossAttention(tape, query, keysValues), dims);
        return crossProjection.forward(tape, seen, x);
    }
}
