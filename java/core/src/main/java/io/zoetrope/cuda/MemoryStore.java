package io.zoetrope.cuda;

import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * Free memory for work on one stream. Of the free blocks that are large enough the smallest is taken, of equal ones the
 * one of the lowest address: which it is depends on what was asked for and given back alone, so that a program that
 * repeats itself has the same addresses each time. Guarded by the pool.
 */
final class MemoryStore {
    private final Stream stream;
    private final TreeSet<MemoryBlock> free = new TreeSet<>(
            Comparator.comparingLong(MemoryBlock::bytes).thenComparingLong(MemoryBlock::address));
    /** Bytes of the driver's allocations for this store. */
    private long held;
    private boolean retired;
    /** The store that took over when this one's stream ended. */
    private MemoryStore heir;

    MemoryStore(Stream stream) {
        this.stream = stream;
    }

    MemoryStore living() {
        return heir == null ? this : heir.living();
    }

    Stream stream() {
        return stream;
    }

    long held() {
        return held;
    }

    void holds(long more) {
        held += more;
    }

    boolean isRetired() {
        return retired;
    }

    /** Nothing is taken any more. */
    void retire() {
        retired = true;
    }

    /** Takes the best block of at least so many bytes and at most so many; null where there is none. */
    MemoryBlock take(long least, long most) {
        MemoryBlock best = free.ceiling(new MemoryBlock(Long.MIN_VALUE, least, this));
        if (best == null || best.bytes() > most) {
            return null;
        }
        free.remove(best);
        return best;
    }

    void remove(MemoryBlock block) {
        free.remove(block);
    }

    void put(MemoryBlock block) {
        free.add(block);
    }

    /** The free blocks that are whole allocations, in the order of their sizes. */
    List<MemoryBlock> whole() {
        return free.stream().filter(MemoryBlock::isWhole).toList();
    }

    /** Gives all to another store: this one's stream has ended. */
    void bequeath(MemoryStore to) {
        heir = to;
        to.free.addAll(free);
        to.held += held;
        free.clear();
        held = 0;
    }
}
