package io.zoetrope.io;

import java.util.concurrent.CancellationException;

/**
 * Ends training or generation from any thread, where an interrupt of the working thread is not at hand. The work runs
 * in {@link #run}; {@link #cancel} ends it as an interrupt would, but leaves the thread's mark of interrupts alone.
 *
 * <pre>{@code
 * CancellationToken token = new CancellationToken();
 * button.onClick(token::cancel);
 * Images images = token.run(() -> pipeline.generate(request, progress));
 * }</pre>
 */
public final class CancellationToken {
    private static final ThreadLocal<Bound> CURRENT = new ThreadLocal<>();

    /** Work that may fail with {@code E}. */
    @FunctionalInterface
    public interface Work<T, E extends Exception> {
        T run() throws E;
    }

    /** The token of a thread, null where none counts, within an outer one's. */
    private record Bound(CancellationToken token, Bound outer) {
        private boolean isCancelled() {
            return token != null && (token.cancelled || outer != null && outer.isCancelled());
        }
    }

    private volatile boolean cancelled;

    /** Ends all work that this token runs now or later. For any thread; more than once is as once. */
    public void cancel() {
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled;
    }

    /**
     * Does {@code work} in this thread. An outer token of the thread goes on to count.
     *
     * @throws CancellationException within a step of {@link #cancel}; training has saved a checkpoint then
     * @throws E what the work throws
     */
    public <T, E extends Exception> T run(Work<T, E> work) throws E {
        return bound(this, work);
    }

    /**
     * Does {@code work} in this thread to its end, whatever its tokens say.
     *
     * @throws E what the work throws
     */
    public static <T, E extends Exception> T shielded(Work<T, E> work) throws E {
        return bound(null, work);
    }

    private static <T, E extends Exception> T bound(CancellationToken token, Work<T, E> work) throws E {
        Bound outer = CURRENT.get();
        CURRENT.set(new Bound(token, outer));
        try {
            return work.run();
        } finally {
            CURRENT.set(outer);
        }
    }

    /** Whether a token that this thread works under is cancelled. */
    public static boolean isCurrentCancelled() {
        Bound bound = CURRENT.get();
        return bound != null && bound.isCancelled();
    }
}
