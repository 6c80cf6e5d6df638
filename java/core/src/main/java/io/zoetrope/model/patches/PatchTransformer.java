package io.zoetrope.model.patches;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.model.patches.PatchesConfig.Purpose;
import io.zoetrope.nn.Embedding;
import io.zoetrope.nn.KeyValueCache;
import io.zoetrope.nn.LayerNormalization;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.TransformerBlock;
import io.zoetrope.ops.attention.Rope;
import io.zoetrope.ops.embed.Embed;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.reduce.ReduceFunctions;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * A transformer over the patches of a picture.
 *
 * <p>As a classifier (ViT, Dosovitskiy et al. 2021) it reads the patches' values and predicts the class from the mean
 * of its tokens. As a generator it reads and predicts numbers of patches in a palette, in two ways with one set of
 * weights: in order, each from those before it, and bidirectionally, those that are masked from those that are not
 * (MaskGIT, Chang et al. 2022). A condition made of the class and the way of reading modulates every block, so the
 * weights are told which of the two is asked for.
 */
public final class PatchTransformer {
    /**
     * Way of reading, an entry of the mode table: position s is given the token of position s − 1, and predicts its
     * own.
     */
    public static final int IN_ORDER = 0;
    /** Way of reading: position s is given its own token, or the mask. */
    public static final int MASKED = 1;
    private static final int MODES = 2;
    private static final float MAX_PERIOD = 10_000;
    private static final float ROPE_BASE = 100;

    /**
     * The fixed tables of the positions, in device memory.
     *
     * @param embedding F32 [positions, width], added to the tokens
     * @param rope      rotations by row and column; null: none
     */
    public record Positions(Tensor embedding, Tensor rope) {
    }

    /** Modulations of all blocks and of the last norm by one condition. */
    public record Modulations(List<Variable> blocks, Variable last) {
    }

    private final PatchesConfig config;
    private final Parameters parameters;
    private final Embedding tokens;
    private final Embedding classes;
    private final Embedding modes;
    private final Linear lastModulation;
    private final Linear patches;
    private final List<TransformerBlock> blocks = new ArrayList<>();
    private final LayerNormalization lastNorm;
    private final Linear head;

    /** Declares the network's parameters on {@code p}; a ParameterStore then gives them memory. */
    public PatchTransformer(PatchesConfig config, Parameters p) {
        this.config = config;
        this.parameters = p;
        int width = config.modelWidth();
        boolean generates = config.purpose() == Purpose.GENERATE;
        tokens = generates ? new Embedding(p.at("token_embedding"), config.palette() + 2L, width) : null;
        classes = generates ? new Embedding(p.at("class_embedding"), config.classes() + 1L, width) : null;
        modes = generates ? new Embedding(p.at("mode_embedding"), MODES, width) : null;
        patches = generates ? null : Linear.of(p.at("patch_embedding"), config.patch(), width);
        for (int layer = 0; layer < config.layers(); layer++) {
            blocks.add(new TransformerBlock(config.block(), p.at("blocks." + layer)));
        }
        lastNorm = generates ? LayerNormalization.plain() : LayerNormalization.affine(p.at("norm_out"), width);
        lastModulation = generates ? Linear.zero(p.at("norm_out.linear"), width, 2L * width) : null;
        head = Linear.zero(p.at("proj_out"), width, generates ? config.palette() : config.classes());
    }

    public PatchesConfig config() {
        return config;
    }

    public Parameters parameters() {
        return parameters;
    }

    /** The tables of the positions, which go with the scope. */
    public Positions positions(Scope scope) {
        Tensor positions = scope.empty(DType.F32, config.positions(), config.modelWidth());
        Embed.positions(positions, MAX_PERIOD, config.rows(), config.columns());
        if (!config.rotary()) {
            return new Positions(positions, null);
        }
        int[] coordinates = new int[2 * config.positions()];
        for (int i = 0; i < config.positions(); i++) {
            coordinates[2 * i] = i / config.columns();
            coordinates[2 * i + 1] = i % config.columns();
        }
        Tensor rope = scope.empty(DType.F32, config.positions(), config.modelWidth() / config.heads() / 2, 2);
        try (Scope scratch = Scope.open(scope.device())) {
            Rope.table(scratch.of(coordinates, config.positions(), 2), rope, ROPE_BASE);
        }
        return new Positions(positions, rope);
    }

    /** An empty cache for generating {@code batch} pictures in order. */
    public KeyValueCache cache(Scope scope, DType compute, long batch) {
        return new KeyValueCache(scope, compute, config.layers(), batch, config.positions(), config.block());
    }

    /**
     * What the class and the way of reading do to the blocks; the same for all tokens of a picture.
     *
     * @param classIds I32 [B]: 0 … classes, the last meaning any
     * @param modeIds  I32 [B]: {@link #IN_ORDER} or {@link #MASKED}
     */
    public Modulations modulations(Tape tape, Tensor classIds, Tensor modeIds) {
        require(Purpose.GENERATE);
        Variable condition = PointwiseFunctions.silu(tape,
                PointwiseFunctions.add(tape, classes.forward(tape, classIds), modes.forward(tape, modeIds)));
        List<Variable> each = new ArrayList<>();
        for (TransformerBlock block : blocks) {
            each.add(block.modulation(tape, condition));
        }
        return new Modulations(each, lastModulation.forward(tape, condition));
    }

    /**
     * Logits of the palette's patches for every position.
     *
     * @param ids    I32 [B, positions]; samples read in order are given their tokens shifted by one
     * @param causal the first so many samples are read in order
     * @param watch  is handed each layer's number and attention, F32 [B, heads, positions, places]; null: not wanted
     * @return [B·positions, palette]
     */
    public Variable logits(Tape tape, Positions positions, Tensor ids, Modulations modulations, int causal,
            BiConsumer<Integer, Tensor> watch) {
        require(Purpose.GENERATE);
        long batch = ids.dim(0);
        if (ids.rank() != 2 || ids.dim(1) != config.positions()) {
            throw new IllegalArgumentException(
                    "patch transformer: tokens " + ids.describe() + ", expected I32[B, " + config.positions() + "]");
        }
        Variable x = tape.reshape(tokens.forward(tape, ids.reshape(-1)), batch, config.positions(),
                config.modelWidth());
        x = PointwiseFunctions.addPositions(tape, x, positions.embedding());
        x = run(tape, x, positions, modulations.blocks(), causal, watch);
        Variable normed = lastNorm.modulated(tape, x, modulations.last(), 0, 1, 2);
        return head.forward(tape, tape.reshape(normed, batch * config.positions(), config.modelWidth()));
    }

    /**
     * Logits for the position that {@code cache} has come to, from the token before it. The cache then holds this
     * position too, once its length is advanced.
     *
     * @param ids I32 [B]: the token before, {@link PatchesConfig#start()} at the first position
     * @return [B, palette]
     */
    public Variable decode(Tape tape, Positions positions, Tensor ids, Modulations modulations, KeyValueCache cache) {
        require(Purpose.GENERATE);
        long batch = ids.dim(0);
        Variable embedded = tokens.forward(tape, ids);
        Tensor place = tape.empty(DType.F32, 1, config.modelWidth());
        Rows.gather(positions.embedding(), cache.length(), place);
        Tensor placed = tape.empty(embedded.value().dtype(), batch, 1, config.modelWidth());
        Pointwise.addBias(embedded.value().reshape(batch, 1, config.modelWidth()), place.reshape(config.modelWidth()),
                placed);
        Variable x = Variable.constant(placed);
        for (int layer = 0; layer < blocks.size(); layer++) {
            x = blocks.get(layer).decode(tape, x,
                    new TransformerBlock.Context(modulations.blocks().get(layer), null, positions.rope(), 0, null),
                    cache, layer);
        }
        Variable normed = lastNorm.modulated(tape, x, modulations.last(), 0, 1, 2);
        return head.forward(tape, tape.reshape(normed, batch, config.modelWidth()));
    }

    /**
     * Logits of the classes.
     *
     * @param values [B, positions, patch] in the compute type: the patches themselves
     * @param watch  as in {@link #logits}
     * @return [B, classes]
     */
    public Variable classify(Tape tape, Positions positions, Variable values, BiConsumer<Integer, Tensor> watch) {
        require(Purpose.CLASSIFY);
        Variable x = PointwiseFunctions.addPositions(tape, patches.forward(tape, values), positions.embedding());
        x = lastNorm.forward(tape, run(tape, x, positions, null, 0, watch));
        return head.forward(tape, ReduceFunctions.mean(tape, x));
    }

    private Variable run(Tape tape, Variable x, Positions positions, List<Variable> modulations, int causal,
            BiConsumer<Integer, Tensor> watch) {
        Variable h = x;
        for (int layer = 0; layer < blocks.size(); layer++) {
            int number = layer;
            h = blocks.get(layer).forward(tape, h,
                    new TransformerBlock.Context(modulations == null ? null : modulations.get(layer), null,
                            positions.rope(), causal, watch == null ? null : weights -> watch.accept(number, weights)));
        }
        return h;
    }

    private void require(Purpose purpose) {
        if (config.purpose() != purpose) {
            throw new IllegalStateException(
                    "this patch transformer was made to " + config.purpose() + ", not to " + purpose);
        }
    }
}
