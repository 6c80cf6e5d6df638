package io.zoetrope.measure;

/** One of those that run a case, in turns with the others. */
public interface Arm extends AutoCloseable {
    /** Who runs it, such as {@code zoetrope}, {@code cublas} or {@code pytorch compiled}. */
    String name();

    /** How it ran, where that is not its name's to say; empty otherwise. */
    String how();

    /**
     * Milliseconds of a run, as the mean over a round of about {@code milliseconds}, or over one run if that is longer.
     */
    double round(double milliseconds);

    /** ‖theirs − ours‖ / ‖ours‖ of the outputs, NaN where they are not compared. */
    double deviation();

    @Override
    void close();
}
