package io.zoetrope.train;

import java.nio.file.Path;
import java.util.concurrent.CancellationException;

/**
 * The thread that trained was interrupted, as {@code Future.cancel(true)} does, or its
 * {@link io.zoetrope.io.CancellationToken} cancelled. A checkpoint of the last step is whole; the thread stays marked
 * as interrupted if it was.
 */
public final class TrainingInterruptedException extends CancellationException {
    private static final long serialVersionUID = 1;

    private final transient Path run;
    private final long step;

    /** @param step the last that was taken and saved; 0: none */
    TrainingInterruptedException(Path run, long step) {
        super(step == 0 ? "training in " + run + " was interrupted before its first step was taken: start it again"
                : "training in " + run + " was interrupted: step " + step
                        + " is saved; resume the run to go on from there");
        this.run = run;
        this.step = step;
    }

    /** The run's folder. */
    public Path run() {
        return run;
    }

    /** The last step that was taken; a resumed run goes on with the next one. */
    public long step() {
        return step;
    }
}
