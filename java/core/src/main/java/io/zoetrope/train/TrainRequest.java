package io.zoetrope.train;

import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.io.Config;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What to train.
 *
 * @param data        what to learn from
 * @param steps optimiser steps in all, counted from the run's first start; 0, for a resumed run alone: as many as it
 *                    was started for
 * @param batch       examples a step
 * @param seed        of the weights, the order of the data and all noise
 * @param run         the run's folder
 * @param resume      go on with the run in {@code run}; its own settings win over {@code batch} and {@code seed}, and
 *                    {@code options} may only repeat them
 * @param saveEvery   steps between checkpoints
 * @param sampleEvery steps between samples; 0 for none
 * @param options     what was given of {@link TrainingFamily#allOptions}, by their names
 */
public record TrainRequest(Dataset data, long steps, int batch, long seed, Path run, boolean resume, int saveEvery,
        int sampleEvery, Config options) {
    public TrainRequest {
        if (steps < (resume ? 0 : 1)) {
            throw new OptionException("steps", "must be at least 1, not " + steps);
        }
        if (batch < 1 || batch > data.trainingExamples()) {
            throw new OptionException("batch", "must be between 1 and the " + data.trainingExamples() + " training "
                    + data.examples() + " of " + data.name() + ", not " + batch);
        }
        if (saveEvery < 1) {
            throw new OptionException("save_every", "must be at least 1, not " + saveEvery);
        }
        if (sampleEvery < 0) {
            throw new OptionException("sample_every", "must be at least 0, not " + sampleEvery);
        }
    }

    /** A new run of 1000 steps of up to 32 examples, seed 0, with a checkpoint every 500 steps. */
    public static TrainRequest of(Dataset data, Path run) {
        return new TrainRequest(data, 1000, Math.min(32, data.trainingExamples()), 0, run, false, 500, 0,
                Config.empty());
    }

    public TrainRequest withSteps(long all) {
        return new TrainRequest(data, all, batch, seed, run, resume, saveEvery, sampleEvery, options);
    }

    public TrainRequest withBatch(int examples) {
        return new TrainRequest(data, steps, examples, seed, run, resume, saveEvery, sampleEvery, options);
    }

    public TrainRequest withSeed(long other) {
        return new TrainRequest(data, steps, batch, other, run, resume, saveEvery, sampleEvery, options);
    }

    public TrainRequest savingEvery(int between) {
        return new TrainRequest(data, steps, batch, seed, run, resume, between, sampleEvery, options);
    }

    public TrainRequest samplingEvery(int between) {
        return new TrainRequest(data, steps, batch, seed, run, resume, saveEvery, between, options);
    }

    /** Goes on with the run in its folder. */
    public TrainRequest resuming() {
        return new TrainRequest(data, steps, batch, seed, run, true, saveEvery, sampleEvery, options);
    }

    /** The same with another {@link Tuning}. */
    public TrainRequest tuned(Tuning tuning) {
        Set<String> replaced = Tuning.options().stream().map(Option::name).collect(Collectors.toSet());
        Config others = Config.empty();
        for (String name : options.names()) {
            others = replaced.contains(name) ? others : others.with(options.only(name));
        }
        return withOptions(others.with(tuning.toOptions()));
    }

    /** The same request with other options. */
    TrainRequest withOptions(Config others) {
        return new TrainRequest(data, steps, batch, seed, run, resume, saveEvery, sampleEvery, others);
    }

    /**
     * The data as pictures.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public ImageDataset pictures() {
        if (data instanceof ImageDataset pictures) {
            return pictures;
        }
        throw new IllegalArgumentException(
                data.name() + " holds " + data.examples() + ": this model learns from pictures");
    }

    /**
     * The data as square pictures.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public ImageDataset squarePictures() {
        ImageDataset pictures = pictures();
        if (pictures.height() != pictures.width()) {
            throw new IllegalArgumentException("pictures of " + pictures.width() + "×" + pictures.height()
                    + " pixels: this model needs square ones; crop or pad them");
        }
        return pictures;
    }
}
