package io.zoetrope.io;

/** Told how long work goes on. All calls come from the thread that does the work. */
public interface Progress {
    /**
     * A stage of {@code total} equal units begins; an earlier one that was not ended counts as ended.
     *
     * @param stage what is done, for people
     */
    void begin(String stage, long total);

    /**
     * {@code done} units of the stage are complete.
     *
     * @param note the latest figure worth showing, such as a loss; empty for none
     */
    void advance(long done, String note);

    /** As {@link #advance(long, String)} with nothing to show. */
    default void advance(long done) {
        advance(done, "");
    }

    /** The stage is over. */
    void end();

    /** Tells nobody. */
    static Progress none() {
        return new Progress() {
            @Override
            public void begin(String stage, long total) {}

            @Override
            public void advance(long done, String note) {}

            @Override
            public void end() {}
        };
    }
}
