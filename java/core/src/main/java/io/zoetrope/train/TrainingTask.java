package io.zoetrope.train;

import io.zoetrope.data.Images;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model being trained, as {@link Trainer} drives it. The numbers drawn in a step depend on the seed and the step's
 * number alone, so that a resumed run draws what an uninterrupted one would have.
 */
public interface TrainingTask extends AutoCloseable {
    /** How the model began, where it says so: told to listeners when a run is new. */
    default Optional<TrainingEvent.Begun> begun() {
        return Optional.empty();
    }

    /** The columns of the loss file after the step. The first is the loss that is shown and drawn. */
    List<String> columns();

    /** Queues one step. The first also records it as a graph, later ones replay that. */
    void step();

    /**
     * A value for each of {@link #columns}: losses as means over the steps since the last call. Waits for the queued
     * steps.
     *
     * @param steps how many those are
     */
    double[] takeRow(long steps);

    /** What the last row says beside the loss, in a few words for people; empty for nothing. */
    default String note() {
        return "";
    }

    /** Why training must stop, such as a gradient that is no longer finite. Waits for the queued steps. */
    Optional<String> trouble();

    /** All that a bit-exact continuation needs beside the number of steps, by name; the tensors themselves. */
    Map<String, Tensor> state();

    /** Continues after {@code steps} steps, once the tensors of {@link #state} hold what they held then. */
    void restored(long steps);

    /**
     * Writes the model as pipelines load it.
     *
     * @throws IOException if it cannot be written
     */
    void save(Path folder, Map<String, String> metadata) throws IOException;

    /** What the model makes so far, if that can be shown as pictures. */
    default Optional<Images> samples() {
        return Optional.empty();
    }

    /** How good the model is so far, by name, beside the losses; asked for with samples where somebody listens. */
    default Map<String, Double> measure() {
        return Map.of();
    }

    /**
     * Called before each checkpoint: for plots and reports of the family's own in the run's folder. It is called again
     * for the same step when the run was killed before the checkpoint was whole, and must then leave the same files.
     *
     * @throws IOException if a file of the run cannot be written
     */
    default void report(RunFolder run, long step) throws IOException {
    }

    @Override
    void close();
}
