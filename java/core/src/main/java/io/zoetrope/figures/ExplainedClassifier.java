package io.zoetrope.figures;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.List;

/** A convolutional classifier that lets one look inside, as {@link ClassifierExplanation} does. */
public interface ExplainedClassifier {
    /**
     * What the network makes of a batch on its way.
     *
     * @param logits   [N, classes]
     * @param features [N, length], what the last layer decides by
     * @param maps     feature maps [N,H,W,C] from low to high: the first filters' answers, after pooling if it
     *                 {@linkplain #pools pools} them, after each stage
     */
    record Answers(Variable logits, Variable features, List<Variable> maps) {
    }

    Device device();

    /** What the classes mean, by number. */
    List<String> classNames();

    /** The probability of each class for each picture, [pictures][classes]. */
    float[][] classify(Images pictures);

    /** The first layer's filters, [filters, rows, columns, channels]. */
    Tensor filters();

    /** Whether the first filters' answers are pooled before the first stage. */
    boolean pools();

    /** The way of a batch through the network; inputs live in {@code scope}, the rest on {@code tape}. */
    Answers answers(Scope scope, Tape tape, Images pictures);
}
