package io.zoetrope.train;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.Media;
import io.zoetrope.io.Config;
import io.zoetrope.option.Option;
import io.zoetrope.option.Values;
import java.io.IOException;
import java.util.List;

/** A kind of model, as {@link Trainer} starts its training. Stateless. */
public interface TrainingFamily {
    /** Makes the objective of a family of one's own. */
    @FunctionalInterface
    interface Maker {
        /**
         * @param batch examples in a micro-batch of the run
         * @throws IOException if data cannot be read
         */
        Objective make(TrainingContext context, Dataset data, int batch) throws IOException;
    }

    /**
     * A kind of one's own that has no options.
     *
     * @param name     kept by its runs, which only a family of the same name goes on with
     * @param settings likewise: what {@code maker} was made for, such as sizes and rates; a run is not gone on with
     *                 otherwise
     * @param maker    makes the objective of each training
     */
    static TrainingFamily of(String name, Config settings, Maker maker) {
        return new OwnFamily(name, settings, maker);
    }

    /** What runs of this kind call themselves, such as ddpm. */
    String name();

    /** What is trained on what, in a sentence or two, beginning with a verb. */
    default String about() {
        return "Train a model of the kind " + name() + ".";
    }

    /** What it learns from. */
    default Media learnsFrom() {
        return Media.ANY;
    }

    /** What a request may decide, beyond what is common to all runs. */
    default List<Option<?>> options() {
        return List.of();
    }

    /** Steps that suit these data where nobody says otherwise. */
    default long usualSteps(Dataset data) {
        return 1000;
    }

    /** Examples a step where nobody says otherwise. */
    default int usualBatch() {
        return 32;
    }

    /**
     * The request's options, read.
     *
     * @throws IllegalArgumentException naming one that is unknown or out of range
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    default Values values(TrainRequest request) throws IOException {
        return Values.of(name(), options(), request.options());
    }

    /**
     * The settings, beyond those of every run, that a run keeps for good: read from the request's options and data,
     * checked.
     *
     * @throws IllegalArgumentException naming the option that is out of range, or why the data do not suit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    Config settings(TrainRequest request) throws IOException;

    /**
     * A task at step 0.
     *
     * @param request  where the data are; its batch, seed and options give way to {@code settings}
     * @param settings the run's: those of {@link #settings}, and {@code steps}, {@code batch}, {@code seed}
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException;
}
