package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.GroupNormalization;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.embed.Embed;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.pool.PoolFunctions;
import io.zoetrope.ops.reduce.ReduceFunctions;
import io.zoetrope.ops.rows.RowFunctions;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;

/**
 * A UNet that paints what a text says: at the coarser resolutions its pixels attend to each other and to the words
 * (Rombach et al. 2022, section 3.3), and every residual block is told the time and the mean of the words. One residual
 * block at each resolution on either way and one in the middle.
 */
public final class TextUNet {
    private static final double MAX_PERIOD = 10_000;
    private static final int EMBEDDING_FACTOR = 4;

    /**
     * The shape of a network.
     *
     * @param channels  of what goes in and comes out
     * @param widths    channels at each resolution, finest first; the resolution halves from one to the next
     * @param attention how many of the coarsest resolutions have attention
     * @param headDim   width of an attention head, which divides the widths that have attention
     * @param groups    of the norms, which divide all widths
     * @param textWidth channels of a word
     */
    public record Config(int channels, List<Integer> widths, int attention, int headDim, int groups, int textWidth) {
        public Config {
            widths = List.copyOf(widths);
            int levels = widths.size();
            if (channels < 1 || textWidth < 1 || levels < 1 || levels > UNetConfig.MOST_RESOLUTIONS || attention < 0
                    || attention > levels || headDim < 1 || groups < 1) {
                throw new IllegalArgumentException("text UNet: channels " + channels + ", widths " + widths
                        + ", attention " + attention + ", heads of " + headDim + ", " + groups + " groups, words of "
                        + textWidth + ": expected positive sizes, and attention at some of the resolutions");
            }
            for (int level = 0; level < levels; level++) {
                int width = widths.get(level);
                boolean attends = level >= levels - attention;
                if (width < 2 || width > UNetConfig.MOST_CHANNELS || width % groups != 0
                        || attends && width % headDim != 0) {
                    throw new IllegalArgumentException("text UNet: width " + width + ": expected a multiple of "
                            + groups + " groups" + (attends ? " and of heads of " + headDim : ""));
                }
            }
        }

        /** Height and width of pictures must be multiples of it. */
        public int factor() {
            return 1 << widths.size() - 1;
        }
    }

    /** The blocks of one resolution on one way. */
    private record Level(ResidualBlock residual, AttentionBlock self, CrossAttentionBlock cross, Convolution resample) {
        Variable forward(Tape tape, Variable x, Variable embedding, Variable words) {
            Variable h = residual.forward(tape, x, embedding);
            if (self != null) {
                h = consumed(tape, h, self.forward(tape, h));
                h = consumed(tape, h, cross.forward(tape, h, words));
            }
            return h;
        }
    }

    private final Config config;
    private final int features;
    private final Linear time1;
    private final Linear time2;
    private final Linear text;
    private final Convolution first;
    private final List<Level> down = new ArrayList<>();
    private final ResidualBlock middle;
    private final List<Level> up = new ArrayList<>();
    private final GroupNormalization lastNorm;
    private final Convolution last;

    /** Declares the network's parameters on {@code p}. */
    public TextUNet(Config config, Parameters p) {
        this.config = config;
        List<Integer> widths = config.widths();
        int levels = widths.size();
        features = widths.get(0);
        int embedding = EMBEDDING_FACTOR * features;
        time1 = Linear.of(p.at("time_embedding.linear_1"), features, embedding);
        time2 = Linear.of(p.at("time_embedding.linear_2"), embedding, embedding);
        text = Linear.of(p.at("text_embedding"), config.textWidth(), embedding);
        first = Convolution.same(p.at("conv_in"), config.channels(), widths.get(0), 3, 1);
        for (int level = 0; level < levels; level++) {
            int width = widths.get(level);
            Parameters at = p.at("down_blocks." + level);
            down.add(level(at, level, width, width, embedding, level == levels - 1 ? null
                    : Convolution.same(at.at("downsampler"), width, widths.get(level + 1), 3, 2)));
        }
        int coarsest = widths.get(levels - 1);
        middle = residual(p.at("mid_block"), coarsest, coarsest, embedding);
        for (int level = levels - 1; level >= 0; level--) {
            int width = widths.get(level);
            Parameters at = p.at("up_blocks." + (levels - 1 - level));
            up.add(level(at, level, 2 * width, width, embedding,
                    level == 0 ? null : Convolution.same(at.at("upsampler"), width, widths.get(level - 1), 3, 1)));
        }
        lastNorm = new GroupNormalization(p.at("conv_norm_out"), widths.get(0), config.groups(), true);
        last = Convolution.zero(p.at("conv_out"), widths.get(0), config.channels(), 3);
    }

    private Level level(Parameters p, int level, int in, int width, int embedding, Convolution resample) {
        boolean attends = level >= config.widths().size() - config.attention();
        ResidualBlock residual = residual(p.at("resnet"), in, width, embedding);
        if (!attends) {
            return new Level(residual, null, null, resample);
        }
        UNetConfig.Blocks blocks = UNetConfig.Blocks.of(config.groups());
        return new Level(residual,
                new AttentionBlock(p.at("attn1"), width, OptionalInt.of(config.headDim()),
                        OptionalInt.of(config.groups()), blocks.epsilon(), 1),
                new CrossAttentionBlock(p.at("attn2"), width, config.headDim(), config.textWidth()), resample);
    }

    private ResidualBlock residual(Parameters p, int in, int out, int embedding) {
        return new ResidualBlock(p, in, out, embedding, UNetConfig.Blocks.of(config.groups()), 1);
    }

    public Config config() {
        return config;
    }

    /**
     * @param x     [N, H, W, channels] in the compute type, H and W multiples of {@link Config#factor}
     * @param times F32 [N], some hundreds from one end to the other
     * @param words [N, M, textWidth]
     * @return as {@code x}
     */
    public Variable forward(Tape tape, Variable x, Tensor times, Variable words) {
        Tensor pictures = x.value();
        if (pictures.rank() != 4 || pictures.dim(1) % config.factor() != 0 || pictures.dim(2) % config.factor() != 0
                || pictures.dim(3) != config.channels()) {
            throw new IllegalArgumentException("text UNet: pictures are " + pictures.describe()
                    + ", expected [N, H, W, " + config.channels() + "] with H and W multiples of " + config.factor());
        }
        return tape.part(() -> compute(tape, x, times, words));
    }

    private Variable compute(Tape tape, Variable x, Tensor times, Variable words) {
        Variable embedding = tape.part(() -> embedding(tape, times, words));
        Deque<Variable> skips = new ArrayDeque<>();
        Variable h = first.forward(tape, x);
        for (Level level : down) {
            h = consumed(tape, h, level.forward(tape, h, embedding, words));
            skips.push(h);
            h = level.resample() == null ? h : level.resample().forward(tape, h);
        }
        h = middle.forward(tape, h, embedding);
        for (Level level : up) {
            Variable skip = skips.pop();
            Variable joined = consumed(tape, h, consumed(tape, skip, RowFunctions.concatChannels(tape, h, skip)));
            h = consumed(tape, joined, level.forward(tape, joined, embedding, words));
            if (level.resample() != null) {
                Variable large = consumed(tape, h, PoolFunctions.upsample2x(tape, h));
                h = consumed(tape, large, level.resample().forward(tape, large));
            }
        }
        return last.forward(tape, consumed(tape, h, lastNorm.forward(tape, h)));
    }

    /** What residual blocks are told, activated: of the time, and of all words together. */
    private Variable embedding(Tape tape, Tensor times, Variable words) {
        Tensor waves = tape.empty(words.value().dtype(), times.size(), features);
        Embed.timestep(times, waves, MAX_PERIOD);
        Variable ofTime = time2.forward(tape,
                PointwiseFunctions.silu(tape, time1.forward(tape, Variable.constant(waves))));
        Variable ofWords = text.forward(tape, ReduceFunctions.mean(tape, words));
        return PointwiseFunctions.silu(tape, PointwiseFunctions.add(tape, ofTime, ofWords));
    }

    /** What was made of {@code input}, which nothing else needs. */
    private static Variable consumed(Tape tape, Variable input, Variable made) {
        tape.release(input);
        return made;
    }
}
