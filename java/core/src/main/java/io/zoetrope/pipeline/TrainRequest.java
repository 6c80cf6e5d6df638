package io.zoetrope.pipeline;

import io.zoetrope.data.ImageDataset;
import java.nio.file.Path;

/**
 * What to train.
 *
 * @param data       what to learn from
 * @param steps      optimiser steps in all, counted from the run's first start
 * @param batch      pictures a step
 * @param seed       of the weights, the order of the data, the noise and the timesteps
 * @param run        the run's folder
 * @param resume     go on with the run in {@code run}; its own settings win over {@code batch} and {@code seed}
 * @param saveEvery  steps between checkpoints
 * @param sampleEvery steps between grids of pictures; 0 for none
 */
public record TrainRequest(ImageDataset data, long steps, int batch, long seed, Path run, boolean resume,
        int saveEvery, int sampleEvery) {
    public TrainRequest {
        if (steps < 1) {
            throw new IllegalArgumentException("steps must be at least 1, not " + steps);
        }
        if (batch < 1 || batch > data.train().images().count()) {
            throw new IllegalArgumentException("batch must be between 1 and the " + data.train().images().count()
                    + " training pictures of " + data.name() + ", not " + batch);
        }
        if (saveEvery < 1) {
            throw new IllegalArgumentException("saveEvery must be at least 1, not " + saveEvery);
        }
        if (sampleEvery < 0) {
            throw new IllegalArgumentException("sampleEvery must be at least 0, not " + sampleEvery);
        }
    }
}
