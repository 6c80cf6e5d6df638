package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * Host memory in which a launch's parameters are laid out as the driver reads them, with the list before them that
 * {@code cuLaunchKernel} takes as {@code extra}. It is made once and used again, so that a launch allocates nothing.
 * The bridge takes the parameters as they lie; JCuda has one address to pass on instead of a structure of pointers to
 * build (some 3 µs).
 */
final class LaunchBuffer {
    /** Bytes that the parameters of a kernel may take. */
    static final int CAPACITY = 4096;
    /** The most parameters that a cooperative launch, which takes an address for each, can have. */
    private static final int MAX_PARAMETERS = 512;

    // Layout: extra = {BUFFER_POINTER, &parameters, BUFFER_SIZE, &size, END}, size, pad, parameters, addresses of
    // parameters
    private static final int SIZE = 40;
    private static final int PARAMETERS = 64;
    private static final int ADDRESSES = PARAMETERS + CAPACITY;
    private static final int BYTES = ADDRESSES + MAX_PARAMETERS * Long.BYTES;
    private static final long BUFFER_POINTER_KEY = 1;
    private static final long BUFFER_SIZE_KEY = 2;

    private final ByteBuffer memory = ByteBuffer.allocateDirect(BYTES).order(ByteOrder.nativeOrder());
    private final ByteBuffer parameters = memory.slice(PARAMETERS, CAPACITY);
    private final int[] offsets = new int[MAX_PARAMETERS];
    private int count;
    private int size;
    private long address;
    private Pointer extra;
    private Pointer addresses;

    /** A pointer of JCuda to a given host address. */
    private static final class HostAddress extends Pointer {
        private HostAddress(long address) {
            super(address);
        }
    }

    void clear() {
        count = 0;
        size = 0;
    }

    /**
     * Makes room for a parameter of {@code bytes} bytes.
     *
     * @return where to write it
     */
    private int place(int offset, int bytes) {
        if (offset < 0 || bytes < 0 || offset > CAPACITY - bytes || count == MAX_PARAMETERS) {
            throw new IllegalArgumentException("a launch with a parameter of " + bytes + " bytes at offset " + offset
                    + ": the parameters of a kernel take at most " + CAPACITY
                    + " bytes; pass more through device memory");
        }
        offsets[count++] = offset;
        size = Math.max(size, offset + bytes);
        return PARAMETERS + offset;
    }

    void put32(int offset, int value) {
        memory.putInt(place(offset, Integer.BYTES), value);
    }

    void put64(int offset, long value) {
        memory.putLong(place(offset, Long.BYTES), value);
    }

    void put16(int offset, short value) {
        memory.putShort(place(offset, Short.BYTES), value);
    }

    void put8(int offset, byte value) {
        memory.put(place(offset, Byte.BYTES), value);
    }

    void put(int offset, byte[] bytes) {
        memory.put(place(offset, bytes.length), bytes);
    }

    void put(int offset, TensorMap map) {
        map.copyTo(memory, place(offset, TensorMap.BYTES));
    }

    /** Bytes laid out so far, with the gaps between parameters. */
    int size() {
        return size;
    }

    /** The parameters from the first byte on, as {@link Bridge#launch} takes them. */
    ByteBuffer parameters() {
        return parameters;
    }

    /**
     * The parameters as {@code cuLaunchKernel} takes them.
     *
     * @param bytes the size that the kernel expects
     */
    Pointer extra(Device device, int bytes) {
        locate(device);
        memory.putLong(SIZE, bytes);
        return extra;
    }

    /** The parameters as {@code cuLaunchCooperativeKernel} takes them: an address for each. */
    Pointer addresses(Device device) {
        locate(device);
        for (int i = 0; i < count; i++) {
            memory.putLong(ADDRESSES + i * Long.BYTES, address + PARAMETERS + offsets[i]);
        }
        return addresses;
    }

    private void locate(Device device) {
        if (extra == null) {
            address = addressOf(device, memory);
            memory.putLong(0, BUFFER_POINTER_KEY).putLong(8, address + PARAMETERS);
            memory.putLong(16, BUFFER_SIZE_KEY).putLong(24, address + SIZE).putLong(32, 0);
            addresses = new HostAddress(address + ADDRESSES);
            extra = new HostAddress(address);
        }
    }

    /**
     * JCuda does not tell where a direct buffer lies, but it tells the driver: a pointer to a pointer to the buffer,
     * copied to the device and back, is its address.
     */
    private static long addressOf(Device device, ByteBuffer buffer) {
        CUdeviceptr cell = new CUdeviceptr();
        long[] address = new long[1];
        device.enter();
        Driver.check("preparing launches", () -> JCudaDriver.cuMemAlloc(cell, Long.BYTES));
        try {
            Driver.check("preparing launches",
                    () -> JCudaDriver.cuMemcpyHtoD(cell, Pointer.to(Pointer.to(buffer)), Long.BYTES));
            Driver.check("preparing launches", () -> JCudaDriver.cuMemcpyDtoH(Pointer.to(address), cell, Long.BYTES));
        } finally {
            Driver.result(() -> JCudaDriver.cuMemFree(cell));
        }
        return address[0];
    }
}
