package io.zoetrope.model.gan;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.model.adversarial.GeneratorModel;
import io.zoetrope.nn.ClassCondition;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.FixupBlock;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.PiecewiseLinearPass;
import io.zoetrope.nn.TransposedConvolution;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.pool.PoolFunctions;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Makes pictures of noise: a small map of features, residual blocks, twice the size, and so on (Huang et al. 2024). */
public final class GanGenerator implements GeneratorModel.Generator {
    private record Level(Convolution change, List<FixupBlock> blocks) {
    }

    private final GanConfig shape;
    private final ClassCondition classes;
    private final Linear first;
    private final List<Level> levels = new ArrayList<>();
    private final TransposedConvolution last;

    /** Declares the network's parameters on {@code p}; a ParameterStore then gives them memory. */
    public GanGenerator(GanConfig shape, Parameters p) {
        this.shape = shape;
        classes = new ClassCondition(p.at("class_embedding"), "generator", shape.classes(), shape.classFeatures());
        int deepest = shape.levels() - 1;
        int width = shape.widths().get(deepest);
        long inputs = (long) shape.latent() + classes.features();
        first = Linear.of(p.at("first"), inputs, (long) shape.size(deepest) * shape.size(deepest) * width);
        for (int level = deepest; level >= 0; level--) {
            Parameters at = p.at("levels." + (deepest - level));
            int next = shape.widths().get(level);
            Convolution change = next == width ? null : Convolution.unbiased(at.at("change"), width, next, 1,
                    Conv2d.Spec.of(1, 0), Init.normal(1 / Math.sqrt(width)));
            width = next;
            List<FixupBlock> blocks = new ArrayList<>();
            for (int block = 0; block < shape.blocks().get(level); block++) {
                blocks.add(new FixupBlock(at.at("blocks." + block), width, shape.expansion(), shape.groupWidth(),
                        shape.residualBlocks()));
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
    @Override
    public Variable forward(Tape tape, Variable noise, Tensor labels) {
        int deepest = shape.levels() - 1;
        Variable input = classes.append(tape, noise, labels);
        Variable h = tape.reshape(first.forward(tape, input), noise.value().dim(0), shape.size(deepest),
                shape.size(deepest), shape.widths().get(deepest));
        PiecewiseLinearPass pass = PiecewiseLinearPass.plain();
        for (int i = 0; i < levels.size(); i++) {
            Level level = levels.get(i);
            h = level.change == null ? h : level.change.forward(tape, h);
            h = i == 0 ? h : PoolFunctions.upsample2x(tape, h);
            for (FixupBlock block : level.blocks) {
                h = block.forward(tape, h, pass);
            }
        }
        return last.forward(tape, h);
    }
}
