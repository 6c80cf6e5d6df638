package io.zoetrope.model.gan;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.Embedding;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.LeakyPass;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.TransposedConvolution;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.pool.PoolFunctions;
import io.zoetrope.ops.rows.RowFunctions;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Makes pictures of noise: a small map of features, residual blocks, twice the size, and so on (Huang et al. 2024). */
public final class GanGenerator {
    private record Level(Convolution change, List<GanBlock> blocks) {
    }

    private final GanShape shape;
    private final Embedding classes;
    private final Linear first;
    private final List<Level> levels = new ArrayList<>();
    private final TransposedConvolution last;

    /** Declares the network's parameters on {@code p}; a ParameterBank then gives them memory. */
    public GanGenerator(GanShape shape, Parameters p) {
        this.shape = shape;
        classes = shape.classes() == 0 ? null : new Embedding(p.at("class_embedding"), shape.classes(), shape.classFeatures());
        int deepest = shape.levels() - 1;
        int width = shape.widths().get(deepest);
        long inputs = shape.latent() + (classes == null ? 0 : shape.classFeatures());
        first = Linear.of(p.at("first"), inputs, (long) shape.size(deepest) * shape.size(deepest) * width);
        for (int level = deepest; level >= 0; level--) {
            Parameters at = p.at("levels." + (deepest - level));
            int next = shape.widths().get(level);
            Convolution change = next == width ? null
                    : Convolution.unbiased(at.at("change"), width, next, 1, Conv2d.Spec.of(1, 0), Init.normal(1 / Math.sqrt(width)));
            width = next;
            List<GanBlock> blocks = new ArrayList<>();
            for (int block = 0; block < shape.blocks().get(level); block++) {
                blocks.add(new GanBlock(at.at("blocks." + block), width, shape, Math.max(1, shape.residualBlocks())));
            }
            levels.add(new Level(change, blocks));
        }
        // Of the 4 x 4 taps of the transposed convolution, four meet in each pixel.
        int patch = shape.patch();
        last = TransposedConvolution.enlarging(p.at("last"), width, shape.channels(), patch == 1 ? 1 : 2 * patch, patch,
                Init.normal(1.0 / (patch * Math.sqrt(width))));
    }

    /**
     * Pictures, about -1 to 1.
     *
     * @param noise  [N, latent] in the compute type, standard normal
     * @param labels I32 [N] when the network has classes, else null
     * @return [N, size, size, channels]
     */
    public Variable forward(Tape tape, Variable noise, Tensor labels) {
        if ((labels != null) != (classes != null)) {
            throw new IllegalArgumentException(classes == null ? "this generator has no classes, but labels were given"
                    : "this generator has " + shape.classes() + " classes: labels are needed");
        }
        int deepest = shape.levels() - 1;
        Variable input = classes == null ? noise : RowFunctions.concatChannels(tape, noise, classes.forward(tape, labels));
        Variable h = tape.reshape(first.forward(tape, input), noise.value().dim(0), shape.size(deepest),
                shape.size(deepest), shape.widths().get(deepest));
        LeakyPass pass = LeakyPass.plain();
        for (int i = 0; i < levels.size(); i++) {
            Level level = levels.get(i);
            h = level.change == null ? h : level.change.forward(tape, h);
            h = i == 0 ? h : PoolFunctions.upsample2x(tape, h);
            for (GanBlock block : level.blocks) {
                h = block.forward(tape, h, pass);
            }
        }
        return last.forward(tape, h);
    }
}
