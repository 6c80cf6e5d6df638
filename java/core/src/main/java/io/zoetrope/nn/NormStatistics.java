package io.zoetrope.nn;

/**
 * Which statistics batch norms normalise by. Group norms have none to choose.
 *
 * @param ofBatch  the batch's own, which also move the running ones; else the running ones
 * @param momentum the batch's share in the new running statistics
 */
public record NormStatistics(boolean ofBatch, float momentum) {
    /** For inference. */
    public static final NormStatistics RUNNING = new NormStatistics(false, 0);
    /** For training. */
    public static final NormStatistics TRAINING = new NormStatistics(true, 0.1f);

    /** The batch's own, as the n-th of several batches, counted from 1, whose plain mean the running ones become. */
    public static NormStatistics averaging(int n) {
        return new NormStatistics(true, 1f / n);
    }
}
