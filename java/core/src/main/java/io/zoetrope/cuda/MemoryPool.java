package io.zoetrope.cuda;

import java.util.List;
import java.util.TreeMap;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUpointer_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * A caching arena of device memory. Any thread may use it.
 *
 * <p>Blocks given back are handed out again without waiting for the kernels that used them. A block returns to the
 * store of the stream that it was made for, so whoever gets it next runs after all earlier work of that stream; for the
 * work that other streams had queued when it was given back, the stream is made to wait when the block is handed out
 * again. While a graph is recorded, blocks come from and return to stores of the graph's own, because every replay
 * writes to the same addresses.
 *
 * <p>A free block is cut to what is asked for, and free neighbours are joined. Under softcuda's checkers every block is
 * an allocation of the driver's, so that accesses beyond its bounds are seen; {@code -Dzoetrope.memory.whole=true}
 * makes it so everywhere, for NVIDIA's compute-sanitizer.
 */
public final class MemoryPool {
    private static final String WHOLE = "zoetrope.memory.whole";
    /** Names the checkers of softcuda that are on. */
    private static final String CHECKS = "ZOETROPE_CHECK";
    private static final long GRAIN = 512;
    private static final long PAGE = 1 << 21;
    /** A new allocation of the driver's is at least this part of what its store has: few, little unused. */
    private static final int GROWTH_DIVISOR = 4;
    private static final long MOST_GROWTH = 32 * PAGE;
    /** A block that is not cut may be larger than asked by this fraction of its size. */
    private static final int MAX_WASTE_DIVISOR = 4;

    private final Device device;
    private final boolean cuts;
    private final TreeMap<Long, MemoryBlock> owned = new TreeMap<>();
    private long inUse;
    private long cached;
    private long peak;

    MemoryPool(Device device) {
        this.device = device;
        this.cuts = !Boolean.parseBoolean(
                System.getProperty(WHOLE, Boolean.toString(device.isSoftware() && System.getenv(CHECKS) != null)));
    }

    /**
     * Memory for {@code bytes} bytes (at least one), aligned to 256 bytes, contents undefined.
     *
     * @throws DeviceOutOfMemoryException when neither the cache nor the device has it
     */
    public synchronized DeviceMemory allocate(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("device memory of " + bytes + " bytes: expected 0 or more");
        }
        Stream stream = device.stream();
        stream.requireUsable();
        MemoryStore store = stream.store();
        long rounded = round(Math.max(1, bytes));
        MemoryBlock block = store.take(rounded, cuts ? Long.MAX_VALUE : rounded + rounded / (MAX_WASTE_DIVISOR - 1));
        if (block == null) {
            block = fromDriver(store, rounded, bytes);
        } else {
            cached -= block.bytes();
        }
        if (cuts && block.bytes() > rounded) {
            MemoryBlock rest = block.split(rounded);
            owned.put(rest.address(), rest);
            store.put(rest);
            cached += rest.bytes();
        }
        block.await(store.stream());
        block.lend(bytes);
        inUse += block.bytes();
        peak = Math.max(peak, inUse);
        return new DeviceMemory(this, block, bytes);
    }

    private static long round(long bytes) {
        return bytes > Long.MAX_VALUE - GRAIN ? bytes : (bytes + GRAIN - 1) / GRAIN * GRAIN;
    }

    /** What is asked of the driver for a block of so many bytes. */
    private long allocation(MemoryStore store, long rounded) {
        long growth = Math.min(MOST_GROWTH, store.held() / GROWTH_DIVISOR);
        long wanted = Math.max(rounded, growth);
        return cuts && wanted <= Long.MAX_VALUE - PAGE ? (wanted + PAGE - 1) / PAGE * PAGE : rounded;
    }

    private MemoryBlock fromDriver(MemoryStore store, long rounded, long asked) {
        CUdeviceptr pointer = new CUdeviceptr();
        long bytes = allocation(store, rounded);
        int result = allocate(pointer, bytes);
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY && trim() > 0) {
            result = allocate(pointer, bytes);
        }
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY && bytes > rounded) {
            bytes = rounded;
            result = allocate(pointer, bytes);
        }
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY || result == CUresult.CUDA_ERROR_INVALID_VALUE) {
            long[] free = new long[1];
            long[] total = new long[1];
            Driver.result(() -> JCudaDriver.cuMemGetInfo(free, total));
            throw new DeviceOutOfMemoryException(asked, inUse, cached, free[0], total[0]);
        }
        device.check("allocating " + asked + " bytes of device memory", result);
        MemoryBlock block = new MemoryBlock(Addresses.of(pointer), bytes, store);
        owned.put(block.address(), block);
        store.holds(bytes);
        return block;
    }

    private int allocate(CUdeviceptr pointer, long bytes) {
        device.enter();
        return Driver.result(() -> JCudaDriver.cuMemAlloc(pointer, bytes));
    }

    /** Takes other code's memory into the list of what may be used, until it is given back. */
    synchronized DeviceMemory adopt(long address, long bytes, Object owner) {
        if (bytes < 1) {
            throw new IllegalArgumentException("wrapping " + bytes + " bytes of device memory: expected 1 or more");
        }
        CUdeviceptr start = new CUdeviceptr();
        long[] size = new long[1];
        device.enter();
        int result = Driver.result(() -> JCudaDriver.cuMemGetAddressRange(start, size, Addresses.pointer(address)));
        String range = range("wrapping", bytes, address);
        if (result != CUresult.CUDA_SUCCESS) {
            throw new IllegalArgumentException(
                    range + ": the driver knows of no memory there: " + Driver.describe(result));
        }
        long left = size[0] - (address - Addresses.of(start));
        if (bytes > left) {
            throw new IllegalArgumentException(
                    range + ": of that allocation of " + size[0] + " bytes, " + left + " are left");
        }
        int[] ordinal = {device.ordinal()};
        Driver.result(() -> JCudaDriver.cuPointerGetAttribute(Pointer.to(ordinal),
                CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, Addresses.pointer(address)));
        if (ordinal[0] != device.ordinal()) {
            throw new IllegalArgumentException(range + ": they are on device " + ordinal[0] + ", not on " + device);
        }
        var below = owned.lowerEntry(address + bytes);
        if (below != null && below.getValue().end() > address) {
            throw new IllegalArgumentException(range + ": they are in use here already; take a view of that tensor");
        }
        MemoryBlock block = MemoryBlock.wrapped(address, bytes, owner);
        owned.put(address, block);
        return new DeviceMemory(this, block, bytes);
    }

    Device device() {
        return device;
    }

    void requireOpen() {
        device.requireOpen();
    }

    synchronized void giveBack(MemoryBlock block) {
        if (block.isWrapped()) {
            owned.remove(block.address());
            block.giveBack(List.of());
            return;
        }
        inUse -= block.bytes();
        if (device.isClosed()) {
            block.giveBack(List.of());
            return;
        }
        MemoryStore store = block.store();
        cached += block.bytes();
        block.giveBack(store.isRetired() ? List.of() : device.workBesides(store.stream()));
        MemoryBlock joined = joined(store, block);
        store.put(joined);
        if (store.isRetired() && joined.isWhole()) {
            free(store, joined);
        }
    }

    /** A free block with its free neighbours, which are in the store; it is not yet. */
    private MemoryBlock joined(MemoryStore store, MemoryBlock block) {
        MemoryBlock after = block.freeAfter();
        if (after != null) {
            store.remove(after);
            owned.remove(after.address());
            block.absorbAfter();
        }
        MemoryBlock before = block.freeBefore();
        if (before == null) {
            return block;
        }
        store.remove(before);
        owned.remove(block.address());
        before.absorbAfter();
        return before;
    }

    /** Gives a free block, an allocation of the driver's, back to it. */
    private void free(MemoryStore store, MemoryBlock block) {
        store.remove(block);
        store.holds(-block.bytes());
        cached -= block.bytes();
        block.forget();
        owned.remove(block.address());
        device.enter();
        device.check("freeing device memory",
                Driver.result(() -> JCudaDriver.cuMemFree(Addresses.pointer(block.address()))));
    }

    /**
     * Fails unless {@code bytes} bytes from {@code address} on lie in one block of this device that is in use.
     *
     * @param what what is to be done with them, for the message
     */
    synchronized void requireInUse(long address, long bytes, String what) {
        device.requireOpen();
        var below = owned.floorEntry(address);
        MemoryBlock block = below == null ? null : below.getValue();
        long offset = block == null ? 0 : address - block.address();
        if (block == null || offset >= block.bytes()) {
            throw new IllegalArgumentException(range(what, bytes, address) + ": " + device + " has no memory there");
        }
        if (block.isFree()) {
            throw new IllegalStateException(range(what, bytes, address) + ": that memory of " + device
                    + " was given back: its scope is closed");
        }
        if (bytes > block.lent() - offset) {
            throw new IllegalArgumentException(range(what, bytes, address) + ": they pass the end of the block of "
                    + block.lent() + " bytes at 0x" + Long.toHexString(block.address()) + ", of which "
                    + Math.max(0, block.lent() - offset) + " are left");
        }
    }

    private static String range(String what, long bytes, long address) {
        return what + " " + bytes + " bytes at 0x" + Long.toHexString(address);
    }

    /**
     * Returns the cached memory to the driver, but for parts of allocations that are in use.
     *
     * @return the bytes returned
     */
    public synchronized long trim() {
        long bytes = 0;
        for (Stream stream : device.streams()) {
            if (!stream.isRecorded()) {
                stream.synchronize();
            }
        }
        for (Stream stream : device.streams()) {
            bytes += empty(stream.ownStore());
        }
        return bytes;
    }

    private long empty(MemoryStore store) {
        long bytes = 0;
        for (MemoryBlock block : store.whole()) {
            free(store, block);
            bytes += block.bytes();
        }
        return bytes;
    }

    /** The store's stream has ended, with no work left: its blocks serve another. */
    synchronized void inherit(MemoryStore store, MemoryStore heir) {
        store.bequeath(heir);
    }

    /** The graph that used the store is gone: its free memory goes now, what is still lent when it comes back. */
    synchronized void retire(MemoryStore store) {
        store.retire();
        if (!device.isClosed()) {
            empty(store);
        }
    }

    /** Bytes of blocks in use. */
    public synchronized long bytesInUse() {
        return inUse;
    }

    /** Bytes held for reuse. */
    public synchronized long bytesCached() {
        return cached;
    }

    /** The largest {@link #bytesInUse()} so far. */
    public synchronized long peakBytesInUse() {
        return peak;
    }

    synchronized void releaseAll() {
        owned.values().stream().filter(MemoryBlock::isFirst)
                .forEach(block -> Driver.result(() -> JCudaDriver.cuMemFree(Addresses.pointer(block.address()))));
        owned.clear();
    }
}
