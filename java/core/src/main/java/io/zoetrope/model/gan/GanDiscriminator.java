package io.zoetrope.model.gan;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.Embedding;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.LeakyPass;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.pool.PoolFunctions;
import io.zoetrope.ops.reduce.ReduceFunctions;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores pictures: the mirror image of {@link GanGenerator}, ended by a filter for each channel over the whole of the
 * smallest map. With classes the score is the product of the picture's features with the class's (Miyato and Koyama 2018).
 * Without activations other than leaky ReLU, and with no normalisation, it is piecewise linear in the picture.
 */
public final class GanDiscriminator {
    private record Level(List<GanBlock> blocks, Convolution change) {
    }

    private final GanShape shape;
    private final Convolution first;
    private final List<Level> levels = new ArrayList<>();
    private final Convolution whole;
    private final Linear features;
    private final Embedding classes;

    /** Declares the network's parameters on {@code p}; a ParameterBank then gives them memory. */
    public GanDiscriminator(GanShape shape, Parameters p) {
        this.shape = shape;
        int width = shape.widths().get(0);
        int window = shape.patch() == 1 ? 1 : 2 * shape.patch();
        first = Convolution.of(p.at("first"), shape.channels(), width, window, Conv2d.Spec.of(shape.patch(), window / 4),
                Init.normal(1 / Math.sqrt(window * window * shape.channels())));
        for (int level = 0; level < shape.levels(); level++) {
            Parameters at = p.at("levels." + level);
            List<GanBlock> blocks = new ArrayList<>();
            for (int block = 0; block < shape.blocks().get(level); block++) {
                blocks.add(new GanBlock(at.at("blocks." + block), width, shape, Math.max(1, shape.residualBlocks())));
            }
            int next = level + 1 < shape.levels() ? shape.widths().get(level + 1) : width;
            levels.add(new Level(blocks, next == width ? null
                    : Convolution.unbiased(at.at("change"), width, next, 1, Conv2d.Spec.of(1, 0), Init.normal(1 / Math.sqrt(width)))));
            width = next;
        }
        int size = shape.size(shape.levels() - 1);
        whole = Convolution.unbiased(p.at("whole"), width, width, size, Conv2d.Spec.of(1, 0).withGroups(width),
                Init.normal(1.0 / size));
        features = Linear.unbiased(p.at("features"), width, shape.classes() == 0 ? 1 : shape.classFeatures());
        classes = shape.classes() == 0 ? null : new Embedding(p.at("class_embedding"), shape.classes(), shape.classFeatures());
    }

    /**
     * A score for each picture.
     *
     * @param x      [N, size, size, channels] in the compute type
     * @param labels I32 [N] when the network has classes, else null
     * @param pass   plain, remembering or linear
     * @return [N, 1]
     */
    public Variable forward(Tape tape, Variable x, Tensor labels, LeakyPass pass) {
        if ((labels != null) != (classes != null)) {
            throw new IllegalArgumentException(classes == null ? "this discriminator has no classes, but labels were given"
                    : "this discriminator has " + shape.classes() + " classes: labels are needed");
        }
        Variable h = pass.convolve(tape, first, x);
        for (int level = 0; level < levels.size(); level++) {
            for (GanBlock block : levels.get(level).blocks) {
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
        return classes == null ? h : ReduceFunctions.dotRows(tape, h, classes.forward(tape, labels),
                (float) (1 / Math.sqrt(shape.classFeatures())));
    }
}
