package io.zoetrope.ops;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;

/**
 * The operands of one call with what it does to them, and whether one is written where another lies. Their
 * {@link Extent}s are kept as columns of numbers that are used again, so that a call without fault allocates nothing.
 */
final class Overlaps {
    enum Use { READ, UPDATE, WRITE }

    private int count;
    private Use[] uses = new Use[8];
    /** The names of all operands listed with this one, and which of them it is. */
    private String[] names = new String[8];
    private int[] indices = new int[8];
    private Device[] devices = new Device[8];
    private long[] begins = new long[8];
    private long[] ends = new long[8];
    private long[] pitches = new long[8];
    private long[] widths = new long[8];

    void clear() {
        Arrays.fill(devices, 0, count, null); // a thread's spare objects keep no device
        count = 0;
    }

    void add(Use use, String allNames, int index, Extent extent) {
        add(use, allNames, index, extent.device(), extent.begin(), extent.end(), extent.pitch(), extent.width());
    }

    /** A tensor is one row of bytes. */
    void add(Use use, String allNames, int index, Tensor tensor) {
        long begin = tensor.address();
        long bytes = tensor.bytes();
        add(use, allNames, index, tensor.device(), begin, begin + bytes, bytes, bytes);
    }

    private void add(Use use, String allNames, int index, Device device, long begin, long end, long pitch, long width) {
        if (count == uses.length) {
            grow(2 * count);
        }
        uses[count] = use;
        names[count] = allNames;
        indices[count] = index;
        devices[count] = device;
        begins[count] = begin;
        ends[count] = end;
        pitches[count] = pitch;
        widths[count] = width;
        count++;
    }

    private void grow(int size) {
        uses = Arrays.copyOf(uses, size);
        names = Arrays.copyOf(names, size);
        indices = Arrays.copyOf(indices, size);
        devices = Arrays.copyOf(devices, size);
        begins = Arrays.copyOf(begins, size);
        ends = Arrays.copyOf(ends, size);
        pitches = Arrays.copyOf(pitches, size);
        widths = Arrays.copyOf(widths, size);
    }

    /**
     * The device of all, none of them written where another lies.
     *
     * @param operands words the refusal
     */
    Device require(Operands operands) {
        Device device = devices[0];
        for (int i = 0; i < count; i++) {
            if (devices[i] != device) {
                throw operands.refusal(name(i) + " is on " + devices[i] + ", but " + name(0) + " on " + device
                        + ": expected one device");
            }
            for (int k = 0; k < i; k++) {
                if (disturbs(i, k) || disturbs(k, i)) {
                    int written = uses[i] == Use.READ ? k : i;
                    throw operands.refusal(
                            name(written) + " overlaps " + name(written == i ? k : i) + ": give it memory of its own");
                }
            }
        }
        clear();
        return device;
    }

    private String name(int operand) {
        return names[operand].split(", ")[indices[operand]];
    }

    private boolean disturbs(int one, int other) {
        return uses[one] != Use.READ
                && Extent.overlap(begins[one], ends[one], pitches[one], widths[one], begins[other], ends[other],
                        pitches[other], widths[other])
                && !(uses[one] == Use.UPDATE && uses[other] == Use.READ && isSame(one, other));
    }

    private boolean isSame(int one, int other) {
        return begins[one] == begins[other] && ends[one] == ends[other] && pitches[one] == pitches[other]
                && widths[one] == widths[other];
    }
}
