package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.reduce.ReduceFunctions;
import io.zoetrope.ops.rows.RowFunctions;
import io.zoetrope.tensor.Tensor;

/** A learned vector for each class that a network can be asked for or about; a network may have no classes. */
public final class ClassCondition {
    private final String network;
    private final int classes;
    private final int features;
    private final Embedding vectors;

    /**
     * @param network  what it is called in messages
     * @param classes  0: none
     * @param features length of a class's vector
     */
    public ClassCondition(Parameters parameters, String network, int classes, int features) {
        this.network = network;
        this.classes = classes;
        this.features = classes == 0 ? 0 : features;
        this.vectors = classes == 0 ? null : new Embedding(parameters, classes, features);
    }

    /** Channels that {@link #append} adds: none without classes. */
    public int features() {
        return features;
    }

    /**
     * {@code x} followed by the vectors of the classes.
     *
     * @param labels I32 [N] with classes, else null
     */
    public Variable append(Tape tape, Variable x, Tensor labels) {
        requireLabels(labels);
        return vectors == null ? x : RowFunctions.concatChannels(tape, x, vectors.forward(tape, labels));
    }

    /**
     * The score of each row: its product with the vector of its class, over √features (Miyato and Koyama 2018); without
     * classes the row itself.
     *
     * @param x      [N, features], [N, 1] without classes
     * @param labels I32 [N] with classes, else null
     */
    public Variable project(Tape tape, Variable x, Tensor labels) {
        requireLabels(labels);
        return vectors == null ? x
                : ReduceFunctions.dotRows(tape, x, vectors.forward(tape, labels), (float) (1 / Math.sqrt(features)));
    }

    private void requireLabels(Tensor labels) {
        if ((labels != null) != (vectors != null)) {
            throw new IllegalArgumentException(
                    vectors == null ? "this " + network + " has no classes, but labels were given"
                            : "this " + network + " has " + classes + " classes: labels are needed");
        }
    }
}
