package io.zoetrope.train;

/** Training cannot go on: the loss or a gradient is no longer finite. The last good checkpoint is intact. */
public final class TrainingFailedException extends RuntimeException {
    public TrainingFailedException(String message) {
        super(message);
    }
}
