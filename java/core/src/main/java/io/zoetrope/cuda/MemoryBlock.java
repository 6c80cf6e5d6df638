package io.zoetrope.cuda;

import java.util.ArrayList;
import java.util.List;

/**
 * A stretch of one allocation of the driver's, lent or free. The blocks of an allocation lie one after another without
 * gaps and know their neighbours, so that free ones are joined again. Guarded by the pool.
 */
final class MemoryBlock {
    private static final long FREE = -1;

    private final long address;
    /** Where it goes when it is given back; null for memory that was wrapped. */
    private final MemoryStore store;
    private long bytes;
    private MemoryBlock before;
    private MemoryBlock after;
    /** Work of other streams that may still use this free block. */
    private List<Stream.Mark> marks = List.of();
    /** The bytes that were asked for by who holds it now, {@link #FREE} when nobody does. */
    private long lent = FREE;
    /** Of memory that was wrapped: what must live as long. */
    private Object owner;

    /** A whole allocation, free. */
    MemoryBlock(long address, long bytes, MemoryStore store) {
        this.address = address;
        this.bytes = bytes;
        this.store = store;
    }

    /** Memory that was wrapped, lent until it is given back. */
    static MemoryBlock wrapped(long address, long bytes, Object owner) {
        MemoryBlock block = new MemoryBlock(address, bytes, null);
        block.owner = owner;
        block.lent = bytes;
        return block;
    }

    boolean isWrapped() {
        return store == null;
    }

    long address() {
        return address;
    }

    long bytes() {
        return bytes;
    }

    long end() {
        return address + bytes;
    }

    /** The store that has it now. */
    MemoryStore store() {
        return store.living();
    }

    boolean isFree() {
        return lent == FREE;
    }

    /** Whether it begins an allocation of the driver's. */
    boolean isFirst() {
        return store != null && before == null;
    }

    /** Whether it is an allocation of the driver's. */
    boolean isWhole() {
        return before == null && after == null;
    }

    /** The bytes that were asked for. */
    long lent() {
        return lent;
    }

    void lend(long asked) {
        lent = asked;
    }

    void giveBack(List<Stream.Mark> stillUsing) {
        lent = FREE;
        marks = stillUsing;
        owner = null;
    }

    /** Lets a stream wait for the work that may still use this block. */
    void await(Stream stream) {
        marks.forEach(stream::waitFor);
        forget();
    }

    void forget() {
        marks.forEach(Stream.Mark::release);
        marks = List.of();
    }

    /** Keeps the first bytes. @return the rest, a free block of its own */
    MemoryBlock split(long first) {
        MemoryBlock rest = new MemoryBlock(address + first, bytes - first, store);
        marks.forEach(Stream.Mark::hold);
        rest.marks = marks;
        rest.before = this;
        rest.after = after;
        if (after != null) {
            after.before = rest;
        }
        after = rest;
        bytes = first;
        return rest;
    }

    MemoryBlock freeBefore() {
        return before != null && before.isFree() ? before : null;
    }

    MemoryBlock freeAfter() {
        return after != null && after.isFree() ? after : null;
    }

    /** Takes the free block after this free one in. */
    void absorbAfter() {
        MemoryBlock gone = after;
        List<Stream.Mark> both = new ArrayList<>(marks);
        both.addAll(gone.marks);
        marks = both.isEmpty() ? List.of() : both;
        bytes += gone.bytes;
        after = gone.after;
        if (after != null) {
            after.before = this;
        }
    }
}
