package io.zoetrope.cuda;

/**
 * The tensor maps of one layout at the addresses where tensors lay before: asking again for a map allocates nothing. A
 * map holds nothing but numbers, so it stays right whatever becomes of the memory. Thread-safe.
 */
public final class TensorMapCache {
    private static final int FIRST_SLOTS = 16;
    /** Of maps; a program that goes on using more addresses starts over. */
    static final int CAPACITY = 4096;
    /** 2^64 divided by the golden ratio: multiplying by it spreads addresses, whose low bits are alike. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private final TensorMapLayout layout;
    /** Open addressing with linear probing, never more than half full; replaced as a whole by those who add to it. */
    private volatile TensorMap[] slots = new TensorMap[FIRST_SLOTS];
    private int count;

    public TensorMapCache(TensorMapLayout layout) {
        this.layout = layout;
    }

    /** The map of the tensor at a device address. @see TensorMapLayout#at */
    public TensorMap at(long address) {
        TensorMap[] now = slots;
        TensorMap known = now[slot(now, address)];
        return known != null ? known : add(layout.at(address));
    }

    private synchronized TensorMap add(TensorMap made) {
        TensorMap[] now = slots;
        TensorMap other = now[slot(now, made.address())];
        if (other != null) {
            return other;
        }
        if (count == CAPACITY) {
            now = new TensorMap[0];
            count = 0;
        }
        int size = Math.max(FIRST_SLOTS, Integer.highestOneBit(2 * count + 1) * 2);
        TensorMap[] next = new TensorMap[size];
        for (TensorMap map : now) {
            if (map != null) {
                next[slot(next, map.address())] = map;
            }
        }
        next[slot(next, made.address())] = made;
        count++;
        slots = next;
        return made;
    }

    /** Where the map for an address is, or belongs. */
    private static int slot(TensorMap[] slots, long address) {
        int mask = slots.length - 1;
        int slot = (int) (address * SPREAD >>> Integer.SIZE) & mask;
        while (slots[slot] != null && slots[slot].address() != address) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    @Override
    public String toString() {
        return "maps of " + layout;
    }
}
