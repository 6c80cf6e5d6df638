package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.model.unet.UNetConfig.Conditioning;
import io.zoetrope.nn.Embedding;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.embed.Embed;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * The vector that every residual block of a {@link UNet} is told: the timestep's, and the class's where there are any.
 */
final class TimeEmbedding {
    private static final double MAX_PERIOD = 10_000;

    private final UNetConfig config;
    private final Layers time;
    private final Embedding classes;
    private final Layers number;

    /** Two linear layers with SiLU between them. */
    private record Layers(Linear first, Linear second) {
        static Layers of(Parameters p, long in, long out) {
            return new Layers(Linear.of(p.at("linear_1"), in, out), Linear.of(p.at("linear_2"), out, out));
        }

        Variable forward(Tape tape, Tensor features) {
            return second.forward(tape,
                    PointwiseFunctions.silu(tape, first.forward(tape, Variable.constant(features))));
        }
    }

    TimeEmbedding(UNetConfig config, Parameters p) {
        this.config = config;
        long width = config.embedding();
        time = Layers.of(p.at("time_embedding"), config.timeFeatures(), width);
        Parameters at = p.at("class_embedding");
        classes = config.conditioning() == Conditioning.TABLE ? new Embedding(at, config.classes(), width) : null;
        number = config.conditioning() == Conditioning.NUMBER ? Layers.of(at, config.timeFeatures(), width) : null;
    }

    /**
     * @param time   F32 or I32 [N]
     * @param labels as {@link Conditioning} says, null for none
     * @return [N, embedding] in the compute type, activated as the blocks want it
     */
    Variable forward(Tape tape, Tensor steps, Tensor labels, DType compute) {
        requireLabels(labels, steps.dim(0));
        Variable embedding = time.forward(tape, features(tape, steps, compute));
        Variable told = switch (config.conditioning()) {
            case NONE -> null;
            case TABLE -> classes.forward(tape, labels);
            case NUMBER -> number.forward(tape, features(tape, labels, compute));
            case VECTOR -> Variable.constant(inType(tape, labels, compute));
        };
        return config.blocks().activation().apply(tape,
                told == null ? embedding : PointwiseFunctions.add(tape, embedding, told));
    }

    private void requireLabels(Tensor labels, long samples) {
        String expected = switch (config.conditioning()) {
            case NONE -> "none: this UNet has no classes";
            case TABLE -> "I32 [" + samples + "], each below its " + config.classes() + " classes";
            case NUMBER -> "I32 or F32 [" + samples + "]: this UNet is conditioned on a number";
            case VECTOR -> "[" + samples + ", " + config.embedding() + "]: this UNet is conditioned on vectors";
        };
        boolean fits = switch (config.conditioning()) {
            case NONE -> labels == null;
            case TABLE -> labels != null && labels.dtype() == DType.I32 && labels.size() == samples;
            case NUMBER -> labels != null && labels.size() == samples;
            case VECTOR ->
                labels != null && labels.dtype().isFloating() && labels.size() == samples * config.embedding();
        };
        if (!fits) {
            throw new IllegalArgumentException(
                    "UNet: labels are " + Tensor.describe(labels) + ", expected " + expected);
        }
    }

    private Tensor features(Tape tape, Tensor values, DType compute) {
        long samples = values.size();
        int width = config.timeFeatures();
        int half = width / 2;
        // ln(P)/(half − shift) = ln(P')/half: the shift is a longer period.
        double period = Math.pow(MAX_PERIOD, half / (half - config.time().shift()));
        Tensor sinesFirst = tape.empty(compute, samples, width);
        Embed.timestep(values, sinesFirst, period);
        if (!config.time().cosinesFirst()) {
            return sinesFirst;
        }
        Tensor sines = tape.empty(compute, samples, half);
        Tensor cosines = tape.empty(compute, samples, half);
        Tensor features = tape.empty(compute, samples, width);
        if (width % 2 == 0) {
            Rows.split(sinesFirst, sines, cosines);
            Rows.concat(cosines, sines, features);
        } else {
            Tensor even = tape.empty(compute, samples, 2L * half);
            Tensor zero = tape.empty(compute, samples, 1);
            Tensor swapped = tape.empty(compute, samples, 2L * half);
            Rows.split(sinesFirst, even, zero);
            Rows.split(even, sines, cosines);
            Rows.concat(cosines, sines, swapped);
            Rows.concat(swapped, zero, features);
        }
        return features;
    }

    private static Tensor inType(Tape tape, Tensor vectors, DType compute) {
        Tensor converted = tape.empty(compute, vectors.dim(0), vectors.size() / vectors.dim(0));
        Pointwise.cast(vectors, converted);
        return converted;
    }
}
