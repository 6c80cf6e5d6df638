package io.zoetrope.model.patches;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.ops.embed.Patches;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** A classifier of patches (ViT) being trained: pictures shifted by up to two pixels, cross-entropy with smoothed labels. */
final class PatchesClassifierTask extends PatchesTask {
    private static final long PICTURES = 1;
    private static final long AUGMENTATION = 2;
    private static final int SHIFT = 2;
    private static final float SMOOTHING = 0.05f;

    private final Tensor data;
    private final Tensor labels;
    private final Tensor indices;
    private final Tensor classes;
    private final Tensor pixels;
    private final Tensor patches;
    private final Tensor hits;
    private final Tensor lossSum;
    private final Augmentation augmentation;
    private final Augmentation.Normalisation normalisation;

    PatchesClassifierTask(Device device, ImageDataset set, PatchesConfig config, int batch, AdamW.Hyper settings, long seed) {
        super(device, config, settings, seed);
        Images pictures = set.train().images();
        this.data = scope.of(pictures.pixels(), pictures.count(), pictures.height(), pictures.width(), pictures.channels());
        this.labels = scope.of(set.train().labels(), pictures.count());
        this.indices = scope.empty(DType.I32, batch);
        this.classes = scope.empty(DType.I32, batch);
        this.pixels = scope.empty(model.compute(), batch, pictures.height(), pictures.width(), pictures.channels());
        this.patches = scope.empty(model.compute(), batch, config.network().places(), config.network().patch());
        this.hits = scope.zeros(DType.I32, 1);
        this.lossSum = scope.zeros(DType.F32, 1);
        this.augmentation = new Augmentation(Math.min(SHIFT, pictures.width() / 2), false, false, 0, 1);
        // Bytes to [−1, 1], as pictures are given to the trained model.
        this.normalisation = new Augmentation.Normalisation(same(127.5f), same(1 / 127.5f));
    }

    private Tensor same(float value) {
        float[] values = new float[model.config().channels()];
        Arrays.fill(values, value);
        return scope.of(values, values.length);
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "accuracy", "rate", "gradient_norm");
    }

    @Override
    void learn() {
        Random.shuffle(indices, Math.toIntExact(data.dim(0)), RandomKey.reading(random, PICTURES));
        augmentation.batch(data, labels, indices, normalisation, pixels, classes, RandomKey.reading(random, AUGMENTATION));
        Patches.patchify(pixels, patches, model.config().size(), model.config().size());
        try (Tape tape = Tape.forTraining(device)) {
            Variable logits = model.network().classify(tape, model.places(), Variable.constant(patches), null);
            Tensor gradient = tape.empty(logits.value().dtype(), logits.shape());
            CrossEntropy.run(logits.value(), classes, loss, CrossEntropy.Outputs.NONE.gradient(gradient).correct(hits)
                    .notFinite(notFinite).smoothing(SMOOTHING));
            tape.backward(logits, gradient);
        }
        Pointwise.add(lossSum, loss, lossSum);
    }

    @Override
    public double[] takeRow(long steps) {
        double accuracy = (double) hits.toInts()[0] / (steps * indices.dim(0));
        hits.zero();
        return new double[] {take(lossSum, steps)[0], accuracy, optimizer.learningRate(), optimizer.gradientNorm()};
    }
}
