package io.zoetrope.cuda;

/** While this is open, the operations that the thread calls are queued on the stream it was made with. */
public final class StreamUse implements AutoCloseable {
    private final CallingThread thread;
    private final StreamUse outer;
    private final Stream stream;
    private boolean closed;

    StreamUse(CallingThread thread, StreamUse outer, Stream stream) {
        this.thread = thread;
        this.outer = outer;
        this.stream = stream;
    }

    StreamUse outer() {
        return outer;
    }

    Stream stream() {
        return stream;
    }

    /**
     * Goes back to the stream before.
     *
     * @throws IllegalStateException in another thread or before an inner use is closed
     */
    @Override
    public void close() {
        if (!closed) {
            thread.leave(this);
            closed = true;
        }
    }
}
