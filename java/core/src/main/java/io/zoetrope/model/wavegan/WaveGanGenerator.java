package io.zoetrope.model.wavegan;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.model.adversarial.GeneratorModel;
import io.zoetrope.nn.ClassCondition;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.TransposedConvolution;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes sounds of noise: a few features, then transposed convolutions along time, each a few times as long (WaveGAN).
 */
public final class WaveGanGenerator implements GeneratorModel.Generator {
    private final WaveGanConfig shape;
    private final ClassCondition classes;
    private final Linear first;
    private final List<TransposedConvolution> levels = new ArrayList<>();

    /** Declares the network's parameters on {@code p}; a ParameterStore then gives them memory. */
    public WaveGanGenerator(WaveGanConfig shape, Parameters p) {
        this.shape = shape;
        classes = new ClassCondition(p.at("class_embedding"), "generator", shape.classes(), shape.classFeatures());
        int deepest = shape.levels();
        first = Linear.of(p.at("first"), (long) shape.latent() + classes.features(),
                (long) shape.length(deepest) * shape.channels(deepest));
        for (int level = deepest; level > 0; level--) {
            int in = shape.channels(level);
            // About kernel / stride of the taps meet in each place.
            levels.add(TransposedConvolution.line(p.at("levels." + (deepest - level)), in, shape.channels(level - 1),
                    shape.kernel(), shape.stride(), Init.heNormal((long) in * shape.kernel() / shape.stride(), 0, 1)));
        }
    }

    /**
     * Sounds of -1 to 1.
     *
     * @param noise  [N, latent] in the compute type, standard normal
     * @param labels I32 [N] when the network has classes, else null
     * @return [N, samples, 1]
     */
    @Override
    public Variable forward(Tape tape, Variable noise, Tensor labels) {
        long count = noise.value().dim(0);
        Variable input = classes.append(tape, noise, labels);
        Variable h = tape.reshape(first.forward(tape, input), count, 1, shape.length(shape.levels()),
                shape.channels(shape.levels()));
        for (TransposedConvolution level : levels) {
            h = level.forward(tape, PointwiseFunctions.relu(tape, h));
        }
        return tape.reshape(PointwiseFunctions.tanh(tape, h), count, shape.samples(), 1);
    }
}
