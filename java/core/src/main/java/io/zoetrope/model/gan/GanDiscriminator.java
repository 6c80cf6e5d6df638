package io.zoetrope.model.gan;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.ClassCondition;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.FixupBlock;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.PiecewiseLinearPass;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.pool.PoolFunctions;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores pictures: the mirror image of {@link GanGenerator}, ended by a filter for each channel over the whole of the
 * smallest map. With classes the score is the product of the picture's features with the class's (Miyato and Koyama
 * 2018). Without activations other than leaky ReLU, and with no normalisation, it is piecewise linear in the picture.
 */
public final class GanDiscriminator {
    private record Level(List<FixupBlock> blocks, Convolution change) {
    }

    private final GanConfig shape;
    private final Convolution first;
    private final List<Level> levels = new ArrayList<>();
    private final Convolution whole;
    private final Linear features;
    private final ClassCondition classes;

    /** Declares the network's parameters on {@code p}; a ParameterStore then gives them memory. */
    public GanDiscriminator(GanConfig shape, Parameters p) {
        this.shape = shape;
        int width = shape.widths().get(0);
        int window = shape.patch() == 1 ? 1 : 2 * shape.patch();
        first = Convolution.of(p.at("first"), shape.channels(), width, window,
                Conv2d.Spec.of(shape.patch(), window / 4),
                Init.normal(1 / Math.sqrt(window * window * shape.channels())));
        for (int level = 0; level < shape.levels(); level++) {
            Parameters at = p.at("levels." + level);
            List<FixupBlock> blocks = new ArrayList<>();
            for (int block = 0; block < shape.blocks().get(level); block++) {
                blocks.add(new FixupBlock(at.at("blocks." + block), width, shape.expansion(), shape.groupWidth(),
                        shape.residualBlocks()));
            }
            int next = level + 1 < shape.levels() ? shape.widths().get(level + 1) : width;
            levels.add(new Level(blocks, next == width ? null : Convolution.unbiased(at.at("change"), width, next, 1,
                    Conv2d.Spec.of(1, 0), Init.normal(1 / Math.sqrt(width)))));
            width = next;
        }
        int size = shape.size(shape.levels() - 1);
        whole = Convolution.unbiased(p.at("whole"), width, width, size, Conv2d.Spec.of(1, 0).withGroups(width),
                Init.normal(1.0 / size));
        features = Linear.unbiased(p.at("features"), width, shape.classes() == 0 ? 1 : shape.classFeatures());
        classes = new ClassCondition(p.at("class_embedding"), "discriminator", shape.classes(), shape.classFeatures());
    }

    /**
     * A score for each picture.
     *
     * @param x      [N, size, size, channels] in the compute type
     * @param labels I32 [N] when the network has classes, else null
     * @param pass   plain, remembering or linear
     * @return [N, 1]
     */
    public Variable forward(Tape tape, Variable x, Tensor labels, PiecewiseLinearPass pass) {
        Variable h = pass.convolve(tape, first, x);
        for (int level = 0; level < levels.size(); level++) {
            for (FixupBlock block : levels.get(level).blocks) {
                h = block.forward(tape, h, pass);
            }
            if (level + 1 < levels.size()) {
                h = PoolFunctions.averagePool(tape, h, 2, 2);
            }
            Convolution change = levels.get(level).change;
            h = change == null ? h : change.forward(tape, h);
        }
        h = whole.forward(tape, h);
        h = features.forward(tape, tape.reshape(h, h.value().dim(0), h.value().dim(3)));
        return classes.project(tape, h, labels);
    }
}
