package io.zoetrope.train;

import io.zoetrope.io.CancellationToken;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The interrupts of a training's thread, kept until there is a good moment to stop, and whether its token is cancelled.
 * They must not reach the work on files: a channel closes under its thread's interrupt, and a file would be left
 * unwritten.
 */
final class Interrupts implements AutoCloseable {
    /** Work on files that can be done again from its start. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws IOException;
    }

    /** {@link Work} without a result. */
    @FunctionalInterface
    interface Action {
        void run() throws IOException;
    }

    private boolean seen;

    /**
     * Whether there was one so far; from here on the thread no longer shows it. True also once the token is cancelled.
     */
    boolean seen() {
        seen |= Thread.interrupted();
        return seen || CancellationToken.isCurrentCancelled();
    }

    /** Does {@code work} to its end, again from its start where an interrupt breaks it. */
    <T> T hold(Work<T> work) throws IOException {
        while (true) {
            seen();
            try {
                return CancellationToken.shielded(work::run);
            } catch (IOException | CancellationException e) {
                if (!broke(e)) {
                    throw e;
                }
            }
        }
    }

    /** As {@link #hold}. */
    void finish(Action action) throws IOException {
        hold(() -> {
            action.run();
            return null;
        });
    }

    /**
     * Does {@code work}, which does not need this thread, in one of its own: drawing swallows its thread's interrupts.
     */
    void aside(Action work) throws IOException {
        FutureTask<Void> task = new FutureTask<>(() -> {
            work.run();
            return null;
        });
        Thread thread = new Thread(task, "zoetrope-plot");
        thread.setDaemon(true);
        thread.start();
        while (true) {
            try {
                task.get();
                return;
            } catch (InterruptedException e) {
                seen = true;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof IOException cause) {
                    throw cause;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    /** Whether an interrupt came while work failed, which then is taken for the reason; it counts as seen. */
    boolean broke(Exception failure) {
        boolean interrupted = Thread.interrupted() || failure instanceof CancellationException;
        seen |= interrupted;
        return interrupted;
    }

    /** Shows the thread again what was seen. */
    @Override
    public void close() {
        if (seen) {
            Thread.currentThread().interrupt();
        }
    }
}
