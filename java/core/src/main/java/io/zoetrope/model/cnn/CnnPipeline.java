package io.zoetrope.model.cnn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Preparation;
import io.zoetrope.data.Sounds;
import io.zoetrope.figures.ExplainedClassifier;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.Classifier;
import io.zoetrope.metric.FeatureEncoder;
import io.zoetrope.metric.NetworkEncoder;
import io.zoetrope.model.ModelPipeline;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.nn.NormStatistics;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Predicate;

/**
 * Recognises pictures, and sounds by their spectrograms.
 *
 * <pre>{@code
 * try (Device device = Device.open(); CnnPipeline cnn = CnnPipeline.fromPretrained(device, "fashion-cnn")) {
 *     Images shoe = cnn.preparation().read(Path.of("shoe.jpg")).image();
 *     float[] probabilities = cnn.classify(shoe)[0];
 * }
 * }</pre>
 */
public final class CnnPipeline extends ModelPipeline<ConvNetModel> implements Classifier, ExplainedClassifier {
    /** The name of the default model. */
    public static final String FASHION_CNN = "fashion-cnn";
    /** The name of the one that ships for sounds: it knows spoken digits. */
    public static final String DIGITS_CNN = "digits-cnn";
    /** Pictures in one pass; a picture's answer does not depend on the others. */
    private static final int BATCH = 250;

    /** Takes the model over: closing the pipeline closes it. */
    public CnnPipeline(ConvNetModel model) {
        super(model);
    }

    /**
     * The model in a folder if there is one of that name, else the one that ships under it. @see PretrainedModels#open
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static CnnPipeline fromPretrained(Device device, String nameOrFolder) throws IOException {
        return PretrainedModels.open(nameOrFolder, folder -> fromPretrained(device, folder));
    }

    /**
     * A model from its folder.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static CnnPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new CnnPipeline(ConvNetModel.load(device, folder, DType.BF16));
    }

    @Override
    public List<String> classNames() {
        return model().config().classNames();
    }

    @Override
    public Preparation preparation() {
        return model().config().preparation();
    }

    /** As {@link #classify(Images, Progress)}. */
    @Override
    public float[][] classify(Images pictures) {
        return classify(pictures, Progress.none());
    }

    /**
     * The probability of each class for each picture, [pictures][classes]: where the model was trained with mirrored
     * pictures, the mean of those for the picture and for its mirror image.
     *
     * @param pictures of the model's size, see {@link #preparation}
     */
    @Override
    public float[][] classify(Images pictures, Progress progress) {
        boolean both = model().config().mirrored();
        progress.begin("classifying", (both ? 2L : 1L) * pictures.count());
        float[][] probabilities = probabilities(pictures, progress, 0);
        if (both) {
            float[][] mirrored = probabilities(pictures.mirrored(), progress, pictures.count());
            for (int i = 0; i < probabilities.length; i++) {
                for (int c = 0; c < probabilities[i].length; c++) {
                    probabilities[i][c] = (probabilities[i][c] + mirrored[i][c]) / 2;
                }
            }
        }
        progress.end();
        return probabilities;
    }

    private float[][] probabilities(Images pictures, Progress progress, long before) {
        return rows(pictures, model().config().network().classes(),
                (trace, out) -> CrossEntropy.softmax(trace.logits().value(), out),
                done -> progress.advance(before + done));
    }

    @Override
    public FeatureEncoder encoder(String name) {
        return new NetworkEncoder(name, model().config().fingerprint(), model().store(), this::features);
    }

    @Override
    public void requireKnown(Dataset data) {
        model().config().requireKnown(data);
    }

    @Override
    public ImageDataset seen(Dataset data) {
        return model().config().seen(data);
    }

    @Override
    public ImageDataset.Part seenTest(Dataset data) {
        return model().config().seenTest(data);
    }

    @Override
    public Images seen(Sounds sounds) {
        return model().config().sounds().orElseThrow(() -> new IllegalArgumentException(
                "the classifier recognises " + model().config().examples() + ", not " + sounds)).images(sounds);
    }

    /**
     * Labels pictures or spectrograms with a classifier that ships, loading it for each call.
     *
     * @param suits whether a classifier knows these pictures and classes
     * @return empty if none that ships does
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Optional<Function<Images, int[]>> shipped(Device device, Predicate<ClassifierConfig> suits)
            throws IOException {
        for (String name : List.of(FASHION_CNN, DIGITS_CNN)) {
            ClassifierConfig config = PretrainedModels.load(name, ConvNetModel::config);
            if (suits.test(config)) {
                return Optional.of(pictures -> {
                    try (CnnPipeline classifier = fromPretrained(device, name)) {
                        return classifier.labels(pictures);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }
        }
        return Optional.empty();
    }

    /** What the last layer decides by, [pictures][length]: pictures that look alike have features near each other. */
    public float[][] features(Images pictures) {
        return rows(pictures, model().config().network().features(),
                (trace, out) -> Pointwise.cast(trace.features().value(), out), done -> {});
    }

    private float[][] rows(Images pictures, int length, BiConsumer<ConvNet.Trace, Tensor> take, IntConsumer passed) {
        return rows(pictures.count(), BATCH, length,
                (scope, tape, from, to, out) -> take.accept(trace(scope, tape, pictures.slice(from, to)), out), passed);
    }

    @Override
    public Device device() {
        return model().device();
    }

    @Override
    public Tensor filters() {
        return model().network().filters().variable().value();
    }

    @Override
    public boolean pools() {
        return model().config().network().stemPool() > 1;
    }

    @Override
    public Answers answers(Scope scope, Tape tape, Images pictures) {
        ConvNet.Trace trace = trace(scope, tape, pictures);
        return new Answers(trace.logits(), trace.features(), trace.maps());
    }

    /**
     * The way of a batch through the network; inputs live in {@code scope}, the rest on {@code tape}. A tape for
     * training can run back to the pictures, whether the model's parameters are trained or not.
     */
    public ConvNet.Trace trace(Scope scope, Tape tape, Images pictures) {
        return model().network().forward(tape, Variable.input(input(scope, pictures)), NormStatistics.RUNNING);
    }

    /**
     * A batch as the network takes it.
     *
     * @throws IllegalArgumentException if it is of another size
     */
    public Tensor input(Scope scope, Images pictures) {
        ConvNetConfig shape = model().config().network();
        if (pictures.height() != shape.height() || pictures.width() != shape.width()
                || pictures.channels() != shape.channels()) {
            throw new IllegalArgumentException(
                    "classify: " + pictures + ", but the model takes " + shape.height() + " × " + shape.width()
                            + (shape.channels() == 1 ? ", grey" : ", RGB") + ": prepare them with preparation()");
        }
        int[] all = new int[pictures.count()];
        Arrays.setAll(all, i -> i);
        return model().normalised(scope,
                scope.of(pictures.pixels(), all.length, shape.height(), shape.width(), shape.channels()),
                scope.of(all, all.length));
    }
}
