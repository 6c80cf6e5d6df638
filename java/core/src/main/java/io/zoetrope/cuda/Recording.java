package io.zoetrope.cuda;

import java.util.HashMap;
import java.util.Map;

/**
 * A graph in the making: the thread that makes it, the streams that take part (the first, and those that waited for it)
 * and the memory that the recorded work was given.
 */
final class Recording {
    private final Thread thread = Thread.currentThread();
    private final Map<Stream, MemoryStore> stores = new HashMap<>();
    private boolean over;

    Recording(Stream first) {
        add(first);
    }

    Thread thread() {
        return thread;
    }

    void add(Stream stream) {
        stores.computeIfAbsent(stream, MemoryStore::new);
        stream.recording(this);
    }

    MemoryStore store(Stream stream) {
        return stores.get(stream);
    }

    boolean isOver() {
        return over;
    }

    Iterable<MemoryStore> stores() {
        return stores.values();
    }

    /** The streams are ordinary ones again. */
    void end() {
        over = true;
        stores.keySet().forEach(stream -> stream.recording(null));
    }
}
