package io.zoetrope.train;

import io.zoetrope.data.Images;
import io.zoetrope.nn.WeightTransfer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What a {@link TrainingListener} hears of. */
public sealed interface TrainingEvent {
    /** The last step that was taken. */
    long step();

    /**
     * A new run's model has its first values.
     *
     * @param transfer   what came from the model that the tuning names
     * @param trained    how many numbers are trained, those of adapters included
     * @param parameters how many the model has learned in the end
     */
    record Begun(long step, Tuning tuning, Optional<WeightTransfer.Report> transfer, long trained,
            long parameters) implements TrainingEvent {}

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
