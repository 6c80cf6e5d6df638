package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.Embedding;
import io.zoetrope.nn.GroupNormalization;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.embed.Embed;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.pool.PoolFunctions;
import io.zoetrope.ops.rows.RowFunctions;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The noise-predicting network of DDPM (Ho et al. 2020): a U of residual blocks with skip connections, attention at the
 * coarse resolutions, the timestep added inside every block. Parameter names are those of diffusers' {@code UNet2DModel}.
 */
public final class UNet {
    private static final float MAX_PERIOD = 10_000f;

    /** The blocks of one resolution. */
    private record Level(List<ResidualBlock> residuals, List<AttentionBlock> attentions, Convolution resample) {
    }

    private final UNetConfig config;
    private final Parameters parameters;
    private final Linear time1;
    private final Linear time2;
    private final Embedding classes;
    private final Convolution first;
    private final List<Level> down = new ArrayList<>();
    private final ResidualBlock middle1;
    private final AttentionBlock middleAttention;
    private final ResidualBlock middle2;
    private final List<Level> up = new ArrayList<>();
    private final GroupNormalization lastNorm;
    private final Convolution last;

    /** Declares the network's parameters on {@code p}; a ParameterStore then gives them memory. */
    public UNet(UNetConfig config, Parameters p) {
        this.config = config;
        this.parameters = p;
        List<Integer> widths = config.blockChannels();
        int groups = config.normGroups();
        long embedding = config.embedding();
        int levels = widths.size();

        first = Convolution.same(p.at("conv_in"), config.channels(), widths.get(0), 3, 1);
        time1 = Linear.of(p.at("time_embedding.linear_1"), config.timeFeatures(), embedding);
        time2 = Linear.of(p.at("time_embedding.linear_2"), embedding, embedding);
        classes = config.classes() == 0 ? null
                : new Embedding(p.at("class_embedding"), config.classes(), embedding);

        Deque<Integer> skips = new ArrayDeque<>(List.of(widths.get(0)));
        int width = widths.get(0);
        for (int level = 0; level < levels; level++) {
            Parameters at = p.at("down_blocks." + level);
            List<ResidualBlock> residuals = new ArrayList<>();
            List<AttentionBlock> attentions = new ArrayList<>();
            for (int layer = 0; layer < config.layersPerBlock(); layer++) {
                residuals.add(new ResidualBlock(at.at("resnets." + layer), width, widths.get(level), embedding, groups));
                width = widths.get(level);
                if (config.attention().get(level)) {
                    attentions.add(new AttentionBlock(at.at("attentions." + layer), width, groups));
                }
                skips.push(width);
            }
            Convolution halve = null;
            if (level < levels - 1) {
                halve = Convolution.same(at.at("downsamplers.0.conv"), width, width, 3, 2);
                skips.push(width);
            }
            down.add(new Level(residuals, attentions, halve));
        }
        Parameters middle = p.at("mid_block");
        middle1 = new ResidualBlock(middle.at("resnets.0"), width, width, embedding, groups);
        middleAttention = new AttentionBlock(middle.at("attentions.0"), width, groups);
        middle2 = new ResidualBlock(middle.at("resnets.1"), width, width, embedding, groups);
        for (int level = levels - 1; level >= 0; level--) {
            Parameters at = p.at("up_blocks." + (levels - 1 - level));
            List<ResidualBlock> residuals = new ArrayList<>();
            List<AttentionBlock> attentions = new ArrayList<>();
            for (int layer = 0; layer <= config.layersPerBlock(); layer++) {
                residuals.add(new ResidualBlock(at.at("resnets." + layer), width + skips.pop(), widths.get(level),
                        embedding, groups));
                width = widths.get(level);
                if (config.attention().get(level)) {
                    attentions.add(new AttentionBlock(at.at("attentions." + layer), width, groups));
                }
            }
            Convolution smooth = level == 0 ? null
                    : Convolution.same(at.at("upsamplers.0.conv"), width, width, 3, 1);
            up.add(new Level(residuals, attentions, smooth));
        }
        lastNorm = new GroupNormalization(p.at("conv_norm_out"), width, groups, true);
        last = Convolution.zero(p.at("conv_out"), width, config.channels(), 3);
    }

    public UNetConfig config() {
        return config;
    }

    public Parameters parameters() {
        return parameters;
    }

    /**
     * The prediction for noisy pictures.
     *
     * @param x      [N, size, size, channels] in the compute type
     * @param time   F32 or I32 [N], the timesteps
     * @param labels I32 [N] when the network has classes, else null
     */
    public Variable forward(Tape tape, Variable x, Tensor time, Tensor labels) {
        if ((labels != null) != (classes != null)) {
            throw new IllegalArgumentException(classes == null ? "this UNet has no classes, but labels were given"
                    : "this UNet has " + config.classes() + " classes: labels are needed");
        }
        Variable activatedTime = embedTime(tape, time, labels, x.value().dtype());
        Deque<Variable> skips = new ArrayDeque<>();
        Variable h = first.forward(tape, x);
        skips.push(h);
        for (Level level : down) {
            for (int i = 0; i < level.residuals.size(); i++) {
                h = level.residuals.get(i).forward(tape, h, activatedTime);
                h = level.attentions.isEmpty() ? h : level.attentions.get(i).forward(tape, h);
                skips.push(h);
            }
            if (level.resample != null) {
                h = level.resample.forward(tape, h);
                skips.push(h);
            }
        }
        h = middle1.forward(tape, h, activatedTime);
        h = middleAttention.forward(tape, h);
        h = middle2.forward(tape, h, activatedTime);
        for (Level level : up) {
            for (int i = 0; i < level.residuals.size(); i++) {
                h = level.residuals.get(i).forward(tape, RowFunctions.concatChannels(tape, h, skips.pop()), activatedTime);
                h = level.attentions.isEmpty() ? h : level.attentions.get(i).forward(tape, h);
            }
            if (level.resample != null) {
                h = level.resample.forward(tape, PoolFunctions.upsample2x(tape, h));
            }
        }
        return last.forward(tape, lastNorm.forward(tape, h));
    }

    private Variable embedTime(Tape tape, Tensor time, Tensor labels, DType compute) {
        Tensor features = tape.empty(compute, time.dim(0), config.timeFeatures());
        Embed.timestep(time, features, MAX_PERIOD);
        Variable hidden = PointwiseFunctions.silu(tape, time1.forward(tape, Variable.constant(features)));
        Variable embedding = time2.forward(tape, hidden);
        if (classes != null) {
            embedding = PointwiseFunctions.add(tape, embedding, classes.forward(tape, labels));
        }
        return PointwiseFunctions.silu(tape, embedding);
    }
}
