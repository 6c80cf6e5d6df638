package io.zoetrope.train;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterValues;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Telling pictures apart, whatever the network: augmented pictures, and cross-entropy with smoothed labels. */
public final class ClassificationObjective implements Objective {
    private static final long PICTURES = 1;
    private static final long VARIATION = 2;

    /** A network that gives each picture a score for each class. */
    public interface Classifier {
        /** Type of activations and weights. */
        DType compute();

        /** How bytes become what the network sees. */
        Augmentation.Normalisation normalisation();

        /**
         * @param x normalised pictures [N,H,W,C] in the compute type;
         *
         * @return [N, classes]
         */
        Variable logits(Tape tape, Tensor x);

        /**
         * Writes the model with the moving average of its weights.
         *
         * @param averaged of the parameters
         * @param pictures those it learned from, U8 [M,H,W,C]
         * @throws IOException if it cannot be written
         */
        void save(Path folder, ParameterValues averaged, Tensor pictures, Map<String, String> metadata)
                throws IOException;
    }

    /**
     * How pictures are shown.
     *
     * @param batch        pictures in a step
     * @param augmentation how they are varied
     * @param smoothing    share of the target that all classes have alike
     */
    public record Settings(int batch, Augmentation augmentation, float smoothing) {
    }

    private final TrainingContext context;
    private final Classifier classifier;
    private final Optimizer optimizer;
    private final Settings settings;
    private final BatchSource.Batch batch;
    private final RandomKey variation;
    private final Tensor x;
    private final Tensor labels;
    private final Tensor loss;
    private final Tensor correct;

    /** @param optimizer of the classifier's parameters, named to the context */
    public ClassificationObjective(TrainingContext context, Classifier classifier, Optimizer optimizer,
            ImageDataset.Part part, Settings settings) {
        Images images = part.images();
        Scope scope = context.scope();
        this.context = context;
        this.classifier = classifier;
        this.optimizer = optimizer;
        this.settings = settings;
        this.batch = context.batches(new ShuffledExamples(scope,
                scope.of(images.pixels(), images.count(), images.height(), images.width(), images.channels()),
                scope.of(part.labels(), images.count()), settings.batch(), context.key(PICTURES)));
        this.variation = context.key(VARIATION);
        this.x = scope.empty(classifier.compute(), batch.size(), images.height(), images.width(), images.channels());
        this.labels = scope.empty(DType.I32, batch.size());
        this.loss = context.report(scope.zeros(DType.F32, 1));
        this.correct = scope.zeros(DType.I32, 1);
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "accuracy", "rate", "gradient_norm");
    }

    @Override
    public double[] row(double[] means, long batches) {
        double accuracy = (double) correct.toInts()[0] / (batches * batch.size());
        correct.zero();
        return new double[] {means[0], accuracy, optimizer.learningRate(), optimizer.gradientNorm()};
    }

    @Override
    public void queue() {
        settings.augmentation().batch(batch.examples(), batch.labels(), batch.indices(), classifier.normalisation(), x,
                labels, variation);
        try (Tape tape = context.tape()) {
            Variable logits = classifier.logits(tape, x);
            Tensor gradient = tape.empty(logits.value().dtype(), logits.shape());
            CrossEntropy.run(logits.value(), labels, loss, CrossEntropy.Outputs.NONE.gradient(gradient).correct(correct)
                    .notFinite(context.notFinite()).smoothing(settings.smoothing()));
            tape.backward(logits, gradient);
        }
        context.update(optimizer);
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        classifier.save(folder, optimizer.averaged(), batch.examples(), metadata);
    }
}
