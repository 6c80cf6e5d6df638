package io.zoetrope.train;

import io.zoetrope.data.Images;
import java.nio.file.Path;
import java.util.Map;

/** What a {@link TrainingListener} hears of. */
public sealed interface TrainingEvent {
    /** The last step that was taken. */
    long step();

    /**
     * A row of the loss file was written.
     *
     * @param steps          of the whole run
     * @param values         by column: losses as means since the last row, learning rates, norms of gradients
     * @param stepsPerSecond since the last row or the start; checkpoints and samples count
     */
    record Row(long step, long steps, Map<String, Double> values, double stepsPerSecond) implements TrainingEvent {}

    /** The model has made these pictures. */
    record Samples(long step, Images images) implements TrainingEvent {}

    /**
     * The model was measured.
     *
     * @param values by name, such as {@code noise_r2}: see {@link Objective#measure}
     */
    record Measured(long step, Map<String, Double> values) implements TrainingEvent {}

    /**
     * A checkpoint of this step is whole, and the model of it.
     *
     * @param model its folder
     */
    record Saved(long step, Path model) implements TrainingEvent {}
}
