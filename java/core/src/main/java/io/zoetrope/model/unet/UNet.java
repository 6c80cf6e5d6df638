package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.GroupNormalization;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.pool.PoolFunctions;
import io.zoetrope.ops.rows.RowFunctions;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;

/**
 * The noise-predicting network of DDPM (Ho et al. 2020): a U of residual blocks with skip connections, attention where
 * it is asked for, the timestep added inside every block. Parameter names are those of diffusers' {@code UNet2DModel}.
 */
public final class UNet {
    /** The blocks of one resolution. */
    private record Level(List<ResidualBlock> residuals, List<AttentionBlock> attentions, Convolution resample) {
        Variable block(int i, Tape tape, Variable x, Variable activatedTime) {
            Variable h = residuals.get(i).forward(tape, x, activatedTime);
            return attentions.isEmpty() ? h : consumed(tape, h, attentions.get(i).forward(tape, h));
        }
    }

    private final UNetConfig config;
    private final Parameters parameters;
    private final TimeEmbedding time;
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
        UNetConfig.Blocks blocks = config.blocks();
        int levels = widths.size();

        first = Convolution.same(p.at("conv_in"), config.picture().in(), widths.get(0), 3, 1);
        time = new TimeEmbedding(config, p);

        Deque<Integer> skips = new ArrayDeque<>(List.of(widths.get(0)));
        int width = widths.get(0);
        for (int level = 0; level < levels; level++) {
            Parameters at = p.at("down_blocks." + level);
            List<ResidualBlock> residuals = new ArrayList<>();
            List<AttentionBlock> attentions = new ArrayList<>();
            for (int layer = 0; layer < config.layersPerBlock(); layer++) {
                residuals.add(residual(at.at("resnets." + layer), width, widths.get(level), 1));
                width = widths.get(level);
                if (config.downAttention().get(level)) {
                    attentions.add(attention(at.at("attentions." + layer), width));
                }
                skips.push(width);
            }
            Convolution halve = null;
            if (level < levels - 1) {
                halve = halving(at.at("downsamplers.0.conv"), width);
                skips.push(width);
            }
            down.add(new Level(residuals, attentions, halve));
        }
        Parameters middle = p.at("mid_block");
        UNetConfig.Middle between = config.middle();
        middle1 = residual(middle.at("resnets.0"), width, width, between.scale());
        middleAttention = between.attention() ? new AttentionBlock(middle.at("attentions.0"), width, config.headDim(),
                between.groups(), blocks.epsilon(), between.scale()) : null;
        middle2 = residual(middle.at("resnets.1"), width, width, between.scale());
        for (int i = 0; i < levels; i++) {
            Parameters at = p.at("up_blocks." + i);
            int out = widths.get(levels - 1 - i);
            List<ResidualBlock> residuals = new ArrayList<>();
            List<AttentionBlock> attentions = new ArrayList<>();
            for (int layer = 0; layer <= config.layersPerBlock(); layer++) {
                residuals.add(residual(at.at("resnets." + layer), width + skips.pop(), out, 1));
                width = out;
                if (config.upAttention().get(i)) {
                    attentions.add(attention(at.at("attentions." + layer), width));
                }
            }
            Convolution smooth = i == levels - 1 ? null
                    : Convolution.same(at.at("upsamplers.0.conv"), width, width, 3, 1);
            up.add(new Level(residuals, attentions, smooth));
        }
        lastNorm = new GroupNormalization(p.at("conv_norm_out"), width, blocks.groups(), blocks.epsilon(), true);
        last = Convolution.zero(p.at("conv_out"), width, config.picture().out(), 3);
    }

    private ResidualBlock residual(Parameters p, int in, int out, float scale) {
        return new ResidualBlock(p, in, out, config.embedding(), config.blocks(), scale);
    }

    private AttentionBlock attention(Parameters p, int width) {
        UNetConfig.Blocks blocks = config.blocks();
        return new AttentionBlock(p, width, config.headDim(), OptionalInt.of(blocks.groups()), blocks.epsilon(), 1);
    }

    private Convolution halving(Parameters p, int width) {
        return config.blocks().halvedAtEnd()
                ? Convolution.of(p, width, width, 3, new Conv2d.Spec(2, 0, 0, 1, 1), Init.fanIn(9L * width))
                : Convolution.same(p, width, width, 3, 2);
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
     * @param x      [N, height, width, in] in the compute type; height and width are multiples of 2^(resolutions − 1)
     * @param steps  F32 or I32 [N], the timesteps
     * @param labels what else the network is told, see {@link UNetConfig.Conditioning}: classes I32 [N] as a rule; null
     *               where it is told nothing
     * @return [N, height, width, out]
     */
    public Variable forward(Tape tape, Variable x, Tensor steps, Tensor labels) {
        requirePictures(x.value());
        return tape.part(() -> compute(tape, x, steps, labels));
    }

    private Variable compute(Tape tape, Variable x, Tensor steps, Tensor labels) {
        Variable activatedTime = tape.part(() -> time.forward(tape, steps, labels, x.value().dtype()));
        Deque<Variable> skips = new ArrayDeque<>();
        Variable h = first.forward(tape, config.picture().centre() ? PointwiseFunctions.affine(tape, x, 2, -1) : x);
        skips.push(h);
        for (Level level : down) {
            for (int i = 0; i < level.residuals.size(); i++) {
                h = level.block(i, tape, h, activatedTime);
                skips.push(h);
            }
            if (level.resample != null) {
                h = level.resample.forward(tape, h);
                skips.push(h);
            }
        }
        // The way down's last result is a skip, too: it lives on.
        h = middle1.forward(tape, h, activatedTime);
        h = middleAttention == null ? h : consumed(tape, h, middleAttention.forward(tape, h));
        h = consumed(tape, h, middle2.forward(tape, h, activatedTime));
        for (Level level : up) {
            for (int i = 0; i < level.residuals.size(); i++) {
                Variable skip = skips.pop();
                Variable joined = consumed(tape, h, consumed(tape, skip, RowFunctions.concatChannels(tape, h, skip)));
                h = consumed(tape, joined, level.block(i, tape, joined, activatedTime));
            }
            if (level.resample != null) {
                Variable large = consumed(tape, h, PoolFunctions.upsample2x(tape, h));
                h = consumed(tape, large, level.resample.forward(tape, large));
            }
        }
        return last.forward(tape, consumed(tape, h, lastNorm.forward(tape, h)));
    }

    /** What was made of {@code input}, which nothing else needs. */
    private static Variable consumed(Tape tape, Variable input, Variable made) {
        tape.release(input);
        return made;
    }

    private void requirePictures(Tensor x) {
        long factor = 1L << (config.blockChannels().size() - 1);
        if (x.rank() != 4 || x.dim(1) % factor != 0 || x.dim(2) % factor != 0 || x.dim(3) != config.picture().in()) {
            throw new IllegalArgumentException("UNet: pictures are " + x.describe() + ", expected [N, height, width, "
                    + config.picture().in() + "] with height and width multiples of " + factor);
        }
    }
}
