package io.zoetrope.model.ddpm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.NoisePredictionMeter;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.ops.diffusion.Diffusion;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Measures how well a model predicts the noise in pictures it was not trained on, by timestep. Whatever the network
 * predicts is converted to noise first, so that models of different prediction types compare.
 */
public final class NoiseEvaluation {
    private static final int BATCH = 64;

    private NoiseEvaluation() {
    }

    /**
     * Measures a model over all timesteps. Each bin takes the same number of pictures, its timesteps spread evenly over
     * it. A class-conditional model is told the class of every picture.
     *
     * @param bins   bins of the timestep
     * @param perBin pictures for each bin
     * @param seed   of the noise
     */
    public static NoisePredictionReport measure(DdpmModel model, ImageDataset.Part examples, int bins, int perBin,
            long seed, Progress progress) {
        if (perBin < 1) {
            throw new IllegalArgumentException("pictures per bin: " + perBin + ", expected 1 or more");
        }
        UNetConfig shape = model.config().unet();
        Images pictures = examples.images();
        if (pictures.height() != shape.height() || pictures.width() != shape.width()
                || pictures.channels() != shape.channels()) {
            throw new IllegalArgumentException("pictures " + pictures + " do not fit the model: expected "
                    + shape.height() + "×" + shape.width() + " pixels and " + shape.channels() + " channels");
        }
        if (shape.classes() > 0) {
            requireClasses(examples.labels(), shape.classes());
        }
        int timesteps = model.config().timesteps();
        NoisePredictionMeter meter = new NoisePredictionMeter(timesteps, bins);
        int total = bins * perBin;
        progress.begin("evaluating", total);
        for (int start = 0; start < total; start += BATCH) {
            int count = Math.min(BATCH, total - start);
            int[] times = new int[count];
            for (int i = 0; i < count; i++) {
                times[i] = (int) ((long) (start + i) * timesteps / total);
            }
            addBatch(model, examples, start, times, seed, meter);
            progress.advance(start + count);
        }
        progress.end();
        return meter.report();
    }

    private static void requireClasses(int[] labels, int classes) {
        for (int label : labels) {
            if (label < 0 || label >= classes) {
                throw new IllegalArgumentException("a picture of class " + label
                        + " does not fit the model: expected a " + "class from 0 to " + (classes - 1));
            }
        }
    }

    private static void addBatch(DdpmModel model, ImageDataset.Part examples, int first, int[] times, long seed,
            NoisePredictionMeter meter) {
        UNetConfig shape = model.config().unet();
        Device device = model.device();
        int count = times.length;
        int pixels = shape.height() * shape.width() * shape.channels();
        float[] clean = new float[count * pixels];
        int[] classes = new int[count];
        for (int i = 0; i < count; i++) {
            int example = (first + i) % examples.images().count();
            examples.images().toFloats(example, clean, i * pixels);
            classes[i] = examples.labels()[example];
        }
        try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            long[] dims = {count, shape.height(), shape.width(), shape.channels()};
            Tensor t = scope.of(times, count);
            Tensor noisy = scope.empty(DType.F32, dims);
            Tensor noise = scope.empty(DType.F32, dims);
            Diffusion.forwardNoise(scope.of(clean, dims), t, model.alphaBar(), noisy, noise, null,
                    Diffusion.Target.EPSILON, RandomKey.of(seed, first));
            Tensor input = scope.empty(model.compute(), dims);
            Pointwise.cast(noisy, input);
            Tensor labels = shape.classes() > 0 ? scope.of(classes, count) : null;
            Tensor predicted = scope.empty(DType.F32, dims);
            Pointwise.cast(model.network().forward(tape, Variable.constant(input), t, labels).value(), predicted);
            Diffusion.convertPrediction(noisy, predicted, t, model.alphaBar(), null, predicted,
                    Diffusion.Target.valueOf(model.config().prediction().name()), 0f);
            float[] expected = noise.toFloats();
            float[] actual = predicted.toFloats();
            for (int i = 0; i < count; i++) {
                meter.add(times[i], actual, expected, i * pixels, pixels);
            }
        }
    }
}
