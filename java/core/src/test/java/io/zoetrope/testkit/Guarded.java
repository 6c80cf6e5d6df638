package io.zoetrope.testkit;

import static org.assertj.core.api.Assertions.fail;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes tensors with a canary on either side and outputs poisoned with NaN. Closing it checks that every canary is
 * intact, so a kernel that writes outside its buffers fails the test; an element a kernel forgets to write stays NaN.
 *
 * <p>With {@code offset} elements of misalignment a tensor's address is no multiple of a vector's size.
 */
public final class Guarded implements AutoCloseable {
    private static final int CANARY_BYTES = 256;
    /**
     * The upper byte of every 16 bits of a canary; with the lower one, which tells tensors apart, a NaN wherever an f32
     * or a bf16 begins: what is read beyond a tensor shows in the results, even times 0, and in what is written beyond
     * another.
     */
    private static final byte CANARY = (byte) 0xFF;
    private static final int FIRST_CANARY = 0x81;
    private static final int CANARIES = 0x7E;
    /** All-ones bytes: NaN in f32 and bf16, -1 in the integer types. */
    private static final byte POISON = (byte) 0xFF;

    private record Fence(Tensor whole, long start, long bytes, byte canary, String name) {
        byte canary(int place) {
            return place % 2 == 0 ? canary : CANARY;
        }
    }

    private final Scope scope;
    private final int offset;
    private final List<Fence> fences = new ArrayList<>();

    public Guarded(Device device) {
        this(device, 0);
    }

    /** @param offset elements by which every tensor is shifted off its alignment */
    public Guarded(Device device, int offset) {
        this.scope = Scope.open(device);
        this.offset = offset;
    }

    /** A poisoned tensor for a kernel to write. */
    public Tensor output(String name, DType dtype, long... dims) {
        long size = io.zoetrope.tensor.Shape.of(dims).size();
        long start = CANARY_BYTES + (long) offset * dtype.bytes();
        long bytes = size * dtype.bytes();
        Tensor whole = scope.empty(DType.U8, start + bytes + CANARY_BYTES);
        byte[] content = new byte[Math.toIntExact(whole.size())];
        Fence fence = new Fence(whole, start, bytes, (byte) (FIRST_CANARY + fences.size() % CANARIES), name);
        for (int i = 0; i < content.length; i++) {
            content[i] = fence.canary(i);
        }
        java.util.Arrays.fill(content, (int) start, (int) (start + bytes), POISON);
        whole.copyFrom(content);
        fences.add(fence);
        return whole.as(dtype, start, dims);
    }

    /** A tensor with these values. */
    public Tensor input(String name, DType dtype, float[] values, long... dims) {
        return output(name, dtype, dims).copyFrom(values);
    }

    public Tensor input(String name, int[] values, long... dims) {
        return output(name, DType.I32, dims).copyFrom(values);
    }

    public Tensor input(String name, long[] values, long... dims) {
        return output(name, DType.I64, dims).copyFrom(values);
    }

    public Tensor input(String name, byte[] values, long... dims) {
        return output(name, DType.U8, dims).copyFrom(values);
    }

    @Override
    public void close() {
        try {
            for (Fence fence : fences) {
                byte[] content = fence.whole.toBytes();
                for (int i = 0; i < content.length; i++) {
                    boolean outside = i < fence.start || i >= fence.start + fence.bytes;
                    if (outside && content[i] != fence.canary(i)) {
                        fail("tensor '%s' (%d bytes): byte %d outside of it was overwritten", fence.name, fence.bytes,
                                i - fence.start);
                    }
                }
            }
        } finally {
            scope.close();
        }
    }
}
