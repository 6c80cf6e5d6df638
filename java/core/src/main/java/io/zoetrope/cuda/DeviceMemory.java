package io.zoetrope.cuda;

/** A block of device memory held from a {@link MemoryPool}; closing it gives the block back. */
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

    /** @throws IllegalStateException when the block was given back or its device is closed */
    public long address() {
        if (closed) {
            throw new IllegalStateException("this device memory (" + bytes + " bytes) was given back: its scope is closed");
        }
        pool.requireOpen();
        return block.address();
    }

    /** The bytes asked for. */
    public long bytes() {
        return bytes;
    }

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
