package io.zoetrope.model.wavegan;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.ClassCondition;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.PiecewiseLinearPass;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.phaseshuffle.PhaseShuffle;
import io.zoetrope.ops.phaseshuffle.PhaseShuffleFunctions;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores sounds: strided convolutions along time with phase shuffle between them (WaveGAN), and with classes the
 * product of the sound's features with the class's. It is piecewise linear in the sound.
 */
public final class WaveGanDiscriminator {
    private final WaveGanConfig shape;
    private final List<Convolution> levels = new ArrayList<>();
    private final Linear features;
    private final ClassCondition classes;

    /** Declares the network's parameters on {@code p}; a ParameterStore then gives them memory. */
    public WaveGanDiscriminator(WaveGanConfig shape, Parameters p) {
        this.shape = shape;
        int excess = shape.kernel() - shape.stride();
        Conv2d.Spec spec = Conv2d.Spec.line(shape.stride(), excess / 2, excess - excess / 2);
        for (int level = 0; level < shape.levels(); level++) {
            int in = shape.channels(level);
            levels.add(Convolution.line(p.at("levels." + level), in, shape.channels(level + 1), shape.kernel(), spec,
                    Init.heNormal((long) in * shape.kernel(), PiecewiseLinearPass.NEGATIVE_SLOPE, 1)));
        }
        features = Linear.unbiased(p.at("features"),
                (long) shape.length(shape.levels()) * shape.channels(shape.levels()),
                shape.classes() == 0 ? 1 : shape.classFeatures());
        classes = new ClassCondition(p.at("class_embedding"), "discriminator", shape.classes(), shape.classFeatures());
    }

    /**
     * A score for each sound.
     *
     * @param x      [N, samples, 1] in the compute type
     * @param labels I32 [N] when the network has classes, else null
     * @param pass   plain, remembering or linear
     * @param key of the shifts, which a linear pass must share with the pass it goes along; its stream and the next
     *               ones, as many as levels, are drawn from; null: nothing is shifted
     * @return [N, 1]
     */
    public Variable forward(Tape tape, Variable x, Tensor labels, PiecewiseLinearPass pass, RandomKey key) {
        long count = x.value().dim(0);
        Variable h = x;
        for (int level = 0; level < levels.size(); level++) {
            h = tape.reshape(h, count, 1, shape.length(level), shape.channels(level));
            h = pass.activate(tape, pass.convolve(tape, levels.get(level), h));
            if (key != null && shape.shuffle() > 0 && level + 1 < levels.size()) {
                Tensor shifts = tape.empty(DType.I32, count);
                PhaseShuffle.draw(shifts, shape.shuffle(), key.withStream(key.stream() + level));
                h = PhaseShuffleFunctions.phaseShuffle(tape,
                        tape.reshape(h, count, shape.length(level + 1), shape.channels(level + 1)), shifts,
                        shape.shuffle());
            }
        }
        h = features.forward(tape,
                tape.reshape(h, count, (long) shape.length(shape.levels()) * shape.channels(shape.levels())));
        return classes.project(tape, h, labels);
    }
}
