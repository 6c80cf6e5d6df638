package io.zoetrope.measure;

/** One of those that run a case, in turns with the others. */
public interface Arm extends AutoCloseable {
    /** Who runs it, such as {@code zoetrope}, {@code cublas} or {@code pytorch compiled}. */
    String name();

    /** How it ran, where that is not its name's to say; empty otherwise. */
    default String how() {
        return "";
    }

    /**
     * Milliseconds of a run, as the mean over a round of about {@code milliseconds}, or over one run if that is longer.
     */
    double round(double milliseconds);

    /** ‖theirs − ours‖ / ‖ours‖ of the outputs, NaN where they are not compared. */
    default double deviation() {
        return Double.NaN;
    }

    /** How many runs of {@code one} millisecond each make a round. */
    static int runs(double one, double milliseconds) {
        return (int) Math.min(10_000, milliseconds / Math.max(one, 1e-3));
    }

    @Override
    void close();
}
