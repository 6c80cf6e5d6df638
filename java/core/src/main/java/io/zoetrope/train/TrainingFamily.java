package io.zoetrope.train;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.Config;
import java.io.IOException;

/** A kind of model, as {@link Trainer} starts its training. Stateless. */
public interface TrainingFamily {
    /** What runs of this kind call themselves, such as ddpm. */
    String name();

    /**
     * The settings, beyond those of every run, that a run keeps for good: read from the request's options and data, checked.
     *
     * @throws IllegalArgumentException naming the option that is out of range, or why the data do not suit
     */
    Config settings(TrainRequest request) throws IOException;

    /**
     * A task at step 0.
     *
     * @param request  where the data are; its batch, seed and options give way to {@code settings}
     * @param settings the run's: those of {@link #settings}, and {@code steps}, {@code batch}, {@code seed}
     */
    TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException;
}
