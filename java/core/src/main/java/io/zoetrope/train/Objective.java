package io.zoetrope.train;

import io.zoetrope.data.Images;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a training step computes: the part of training that differs from model to model. {@link RecordedTraining} does
 * the rest. Made with a {@link TrainingContext}, which holds what it needs and owns what it makes.
 */
public interface Objective {
    /** The columns of the loss file after the step. The first is the loss that is shown and drawn. */
    List<String> columns();

    /**
     * A value for each of {@link #columns}. The queued steps are done.
     *
     * @param means   of what {@link TrainingContext#report} named, over the micro-batches since the last row
     * @param batches how many those are: steps, unless the optimisation accumulates several for each
     */
    double[] row(double[] means, long batches);

    /** Something else worth showing beside the loss, as it stood at the last {@link #row}; empty for nothing. */
    default String note() {
        return "";
    }

    /**
     * What must be learned from the data before the first step of a run. Not recorded, and not called in a continued
     * one.
     */
    default void prepare() {
    }

    /**
     * Queues one micro-batch: forward, loss and backward on {@link TrainingContext#tape}, and
     * {@link TrainingContext#update} for each optimiser once its gradients are complete. Runs once and is recorded
     * once, for all micro-batches of a step but the last and for the last; nothing in it may depend on what the host
     * knows of the step.
     */
    void queue();

    /** What a bit-exact continuation needs beside the optimisers' state, by name. */
    default Map<String, Tensor> state() {
        return Map.of();
    }

    /** Called once {@link #state} and the optimisers hold what a checkpoint held. */
    default void restored() {
    }

    /**
     * Writes the model as pipelines load it.
     *
     * @throws IOException if it cannot be written
     */
    void save(Path folder, Map<String, String> metadata) throws IOException;

    /** See {@link TrainingTask#samples}. */
    default Optional<Images> samples() {
        return Optional.empty();
    }

    /** See {@link TrainingTask#measure}. */
    default Map<String, Double> measure() {
        return Map.of();
    }

    /**
     * See {@link TrainingTask#report}.
     *
     * @throws IOException if a file of the run cannot be written
     */
    default void report(RunFolder run, long step) throws IOException {
    }
}
