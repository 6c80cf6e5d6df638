package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;

/** A block of device memory, held from a {@link MemoryPool} or wrapped; closing it gives the block back. */
public final class DeviceMemory implements AutoCloseable {
    private final MemoryPool pool;
    private final MemoryBlock block;
    private final long bytes;
    private boolean closed;

    DeviceMemory(MemoryPool pool, MemoryBlock block, long bytes) {
        this.pool = pool;
        this.block = block;
        this.bytes = bytes;
    }

    /**
     * Memory that other code allocated on the device. Closing this leaves it to its owner; the device's work with it
     * must have run before the owner frees it.
     *
     * @param bytes from the pointer on, within one allocation
     * @param owner kept from being collected until this is closed; may be null
     * @throws IllegalArgumentException when the driver knows of no such memory on the device, or it is in use here
     * already
     */
    public static DeviceMemory wrap(Device device, CUdeviceptr pointer, long bytes, Object owner) {
        return device.memory().adopt(Addresses.of(pointer), bytes, owner);
    }

    /** Where it lies. */
    public Device device() {
        return pool.device();
    }

    /** @throws IllegalStateException when the block was given back or its device is closed */
    public long address() {
        if (closed) {
            throw new IllegalStateException(
                    "this device memory (" + bytes + " bytes) was given back: its scope is closed");
        }
        pool.requireOpen();
        return block.address();
    }

    /**
     * The memory itself as the host sees it, without a copy, where the device's memory is the host's: on softcuda.
     * Waits for queued work.
     *
     * @param offset bytes from the beginning
     * @return read-only, in the order of the device's bytes; shows what the device writes, also after this was given
     *         back
     * @throws UnsupportedOperationException on a GPU
     */
    public ByteBuffer hostView(long offset, long bytes) {
        if (offset < 0 || bytes < 0 || bytes > Integer.MAX_VALUE || offset > this.bytes - bytes) {
            throw new IllegalArgumentException("host view of " + bytes + " bytes at byte " + offset + " of a block of "
                    + this.bytes + ": expected a part of it of at most " + Integer.MAX_VALUE + " bytes");
        }
        long start = address() + offset;
        requireHostMemory(device().isSoftware(), device().toString());
        if (BridgeLibrary.failure().isPresent()) {
            throw new DeviceException(CUresult.CUDA_ERROR_NOT_SUPPORTED,
                    "a host view of device memory needs the bridge, which is " + Bridge.status());
        }
        device().requireNotRecording("viewing device memory from the host");
        device().synchronize();
        if (bytes == 0) {
            return ByteBuffer.allocate(0).asReadOnlyBuffer().order(ByteOrder.nativeOrder());
        }
        return BridgeNative.hostBuffer(start, bytes).asReadOnlyBuffer().order(ByteOrder.nativeOrder());
    }

    static void requireHostMemory(boolean software, String device) {
        if (!software) {
            throw new UnsupportedOperationException("a host view of memory of " + device
                    + ": the host cannot read it where it is; copy it with Tensor.copyTo(ByteBuffer) or toFloats()");
        }
    }

    /** The bytes asked for. */
    public long bytes() {
        return bytes;
    }

    /** Whether it was given back. */
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pool.giveBack(block);
        }
    }
}
