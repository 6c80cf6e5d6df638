package io.zoetrope.model.cnn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.nn.NormStatistics;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterBank;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A classifier being trained. A step chooses pictures, varies them, classifies, compares, pushes back and updates; the data
 * set, the counters and all randomness live on the device, so it is recorded once and replayed with a single call.
 */
final class CnnTask implements TrainingTask {
    private static final long PICTURES = 1;
    private static final long VARIATION = 2;
    /** Pictures that the statistics of the saved model are gathered from. */
    private static final int SETTLING = 4096;

    private final Device device;
    private final int batch;
    private final long seed;
    private final Augmentation augmentation;
    private final float smoothing;
    private final Scope scope;
    private final ConvNetModel model;
    private final Optimizer optimizer;
    private final Tensor pictures;
    private final Tensor labels;
    private final Tensor indices;
    private final Tensor x;
    private final Tensor wanted;
    private final Tensor random;
    private final Tensor loss;
    private final Tensor lossSum;
    private final Tensor correct;
    private final Tensor notFinite;
    private CapturedGraph graph;

    /**
     * @param config    what the classifier is
     * @param part      what to learn from
     * @param optimizer of a model's parameters
     * @param batch     pictures in a step
     * @param smoothing share of the target that all classes have alike
     * @param seed      of the first weights and everything drawn
     * @param start     first weights and statistics, laid out as the model's bank; null: drawn from the seed
     */
    CnnTask(Device device, ClassifierConfig config, ImageDataset.Part part, Function<ParameterBank, Optimizer> optimizer,
            int batch, Augmentation augmentation, float smoothing, long seed, float[] start) {
        Images images = part.images();
        this.device = device;
        this.batch = batch;
        this.seed = seed;
        this.augmentation = augmentation;
        this.smoothing = smoothing;
        this.model = new ConvNetModel(device, config, DType.BF16, seed);
        if (start != null) {
            model.bank().masters(start);
        }
        this.optimizer = optimizer.apply(model.bank());
        this.scope = Scope.open(device);
        this.pictures = scope.of(images.pixels(), images.count(), images.height(), images.width(), images.channels());
        this.labels = scope.of(part.labels(), images.count());
        this.indices = scope.empty(DType.I32, batch);
        this.x = scope.empty(model.compute(), batch, images.height(), images.width(), images.channels());
        this.wanted = scope.empty(DType.I32, batch);
        this.random = RandomKey.state(scope, seed, 0);
        this.loss = scope.zeros(DType.F32, 1);
        this.lossSum = scope.zeros(DType.F32, 1);
        this.correct = scope.zeros(DType.I32, 1);
        this.notFinite = scope.zeros(DType.I32, 1);
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "accuracy", "rate", "gradient_norm");
    }

    @Override
    public void step() {
        if (graph == null) {
            queue();
            graph = CapturedGraph.record(device, this::queue);
        } else {
            graph.launch();
        }
    }

    private void queue() {
        Random.shuffle(indices, Math.toIntExact(pictures.dim(0)), RandomKey.reading(random, PICTURES));
        augmentation.batch(pictures, labels, indices, model.normalisation(), x, wanted, RandomKey.reading(random, VARIATION));
        try (Tape tape = Tape.forTraining(device)) {
            Variable logits = model.network().forward(tape, Variable.constant(x), NormStatistics.TRAINING).logits();
            Tensor gradient = tape.empty(logits.value().dtype(), logits.shape());
            CrossEntropy.run(logits.value(), wanted, loss, CrossEntropy.Outputs.NONE.gradient(gradient).correct(correct)
                    .notFinite(notFinite).smoothing(smoothing));
            tape.backward(logits, gradient);
        }
        optimizer.step();
        Pointwise.add(lossSum, loss, lossSum);
        Random.advance(random);
    }

    @Override
    public double[] takeRow(long steps) {
        double mean = (double) lossSum.toFloats()[0] / steps;
        double accuracy = (double) correct.toInts()[0] / (steps * batch);
        lossSum.zero();
        correct.zero();
        return new double[] {mean, accuracy, optimizer.learningRate(), optimizer.gradientNorm()};
    }

    @Override
    public Optional<String> trouble() {
        return notFinite.toInts()[0] != 0 || optimizer.sawNonFinite()
                ? Optional.of("the loss or its gradient is no longer finite") : Optional.empty();
    }

    @Override
    public Map<String, Tensor> state() {
        return optimizer.state();
    }

    @Override
    public void restored(long steps) {
        random.copyFrom(new long[] {seed, steps});
        optimizer.restored(steps);
    }

    /** The moving average of the weights, with running statistics of its own. */
    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        try (ConvNetModel averaged = new ConvNetModel(device, model.config(), model.compute(), 0)) {
            averaged.bank().masters(optimizer.averaged());
            averaged.settle(pictures, SETTLING);
            averaged.save(folder, averaged.bank().masters().toFloats(), metadata);
        }
    }

    @Override
    public void close() {
        if (graph != null) {
            graph.close();
        }
        scope.close();
        optimizer.close();
        model.close();
    }
}
