package io.zoetrope.model.cnn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.NormRelu;
import io.zoetrope.nn.NormStatistics;
import io.zoetrope.nn.Parameter;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.PreActivationBlock;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.conv.StemConvolution;
import io.zoetrope.ops.pool.PoolFunctions;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolutional network that recognises pictures: a first layer of 3 × 3 filters, max pooling, stages of residual
 * blocks, the average over all places, and a linear layer.
 */
public final class ConvNet {
    private static final int STEM_SIDE = 3;

    private final ConvNetConfig config;
    private final Parameters parameters;
    private final Parameter stem;
    private final List<List<PreActivationBlock>> stages = new ArrayList<>();
    private final NormRelu norm;
    private final Linear head;

    /**
     * What the network made of a batch on its way.
     *
     * @param logits   [N, classes]
     * @param features [N, config.features()], what the last layer decides by
     * @param maps feature maps [N,H,W,C] from low to high: the filters' answers, after pooling, after each stage; the
     *                 last is normalised and rectified, and {@code features} its mean over all places
     */
    public record Trace(Variable logits, Variable features, List<Variable> maps) {
    }

    public ConvNet(ConvNetConfig config, Parameters parameters) {
        this.config = config;
        this.parameters = parameters;
        this.stem = parameters.at("stem").convolution("weight",
                Init.heNormal((long) STEM_SIDE * STEM_SIDE * config.channels(), 0, 1), config.stemFilters(), STEM_SIDE,
                STEM_SIDE, config.channels());
        int width = config.stemFilters();
        for (int s = 0; s < config.widths().size(); s++) {
            Parameters stage = parameters.at("stages").at(Integer.toString(s));
            List<PreActivationBlock> blocks = new ArrayList<>();
            for (int b = 0; b < config.blocks().get(s); b++) {
                blocks.add(new PreActivationBlock(stage.at(Integer.toString(b)), width, config.widths().get(s),
                        s > 0 && b == 0 ? 2 : 1, config.normGroups()));
                width = config.widths().get(s);
            }
            stages.add(blocks);
        }
        this.norm = new NormRelu(parameters.at("norm"), width, config.normGroups());
        this.head = Linear.of(parameters.at("head"), width, config.classes());
    }

    public ConvNetConfig config() {
        return config;
    }

    public Parameters parameters() {
        return parameters;
    }

    /** The first layer's filters [stemFilters, 3, 3, channels]. */
    public Parameter filters() {
        return stem;
    }

    /** @param x normalised pictures [N,H,W,C] of the configured size */
    public Trace forward(Tape tape, Variable x, NormStatistics statistics) {
        List<Variable> maps = new ArrayList<>();
        Variable h = StemConvolution.conv2d(tape, x, stem.variable(), Conv2d.Spec.of(1, STEM_SIDE / 2));
        maps.add(h);
        if (config.stemPool() > 1) {
            h = PoolFunctions.maxPool(tape, h, config.stemPool(), config.stemPool());
            maps.add(h);
        }
        for (List<PreActivationBlock> stage : stages) {
            for (PreActivationBlock block : stage) {
                h = block.forward(tape, h, statistics);
            }
            maps.add(h);
        }
        h = norm.forward(tape, h, statistics);
        maps.set(maps.size() - 1, h);
        Variable features = PoolFunctions.globalAveragePool(tape, h);
        return new Trace(head.forward(tape, features), features, List.copyOf(maps));
    }
}
