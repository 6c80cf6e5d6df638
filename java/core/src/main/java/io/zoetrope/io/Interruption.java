package io.zoetrope.io;

import java.util.concurrent.CancellationException;

/** Lets long work end when its thread is interrupted, or its {@link CancellationToken} cancelled. */
public final class Interruption {
    private Interruption() {
    }

    /**
     * Called between two pieces of work, each as short as can be.
     *
     * @param work what is done, such as generating
     * @throws CancellationException if the thread was interrupted, and stays marked as interrupted, or a token was
     * cancelled
     */
    public static void check(String work) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException(work + " was interrupted: nothing of it was kept");
        }
        if (CancellationToken.isCurrentCancelled()) {
            throw new CancellationException(work + " was cancelled: nothing of it was kept");
        }
    }
}
