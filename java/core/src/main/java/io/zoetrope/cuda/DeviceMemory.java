package io.zoetrope.cuda;

import jcuda.driver.CUdeviceptr;

/** A block of device memory, held from a {@link MemoryPool} or wrapped; closing it gives the block back. */
public final class DeviceMemory implements AutoCloseable {
    private final MemoryPool pool;
    private final MemoryPool.Block block;
    private final long bytes;
    private boolean closed;

    DeviceMemory(MemoryPool pool, MemoryPool.Block block, long bytes) {
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
