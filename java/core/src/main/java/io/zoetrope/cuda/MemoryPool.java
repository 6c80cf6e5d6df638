package io.zoetrope.cuda;

import java.util.ArrayDeque;
import java.util.ArrayList;
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
 */
public final class MemoryPool {
    private static final long SMALL_GRAIN = 512;
    private static final long LARGE = 1 << 20;
    /** A cached block may be larger than asked by this fraction of its size. */
    private static final int MAX_WASTE_DIVISOR = 4;

    private static final long FREE = -1;

    /** A driver allocation and the store it returns to; null for one that was wrapped. */
    static final class Block {
        private final long address;
        private final long bytes;
        private final Store store;
        /** Work of other streams that may still use this free block. */
        private List<Stream.Mark> marks = List.of();
        /** The bytes that were asked for by who holds it now, {@link #FREE} when nobody does. */
        private long lent = FREE;
        /** Of a block that was wrapped: what must live as long. */
        private Object owner;

        Block(long address, long bytes, Store store) {
            this.address = address;
            this.bytes = bytes;
            this.store = store;
        }

        long address() {
            return address;
        }
    }

    /** Free blocks by size, for work on one stream. */
    static final class Store {
        private final Stream stream;
        private final TreeMap<Long, ArrayDeque<Block>> free = new TreeMap<>();
        private boolean retired;
        /** The store that took over when this one's stream ended. */
        private Store heir;

        Store(Stream stream) {
            this.stream = stream;
        }

        private Store living() {
            return heir == null ? this : heir.living();
        }
    }

    private final Device device;
    private final TreeMap<Long, Block> owned = new TreeMap<>();
    private long inUse;
    private long cached;
    private long peak;

    MemoryPool(Device device) {
        this.device = device;
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
        Store store = stream.store();
        long rounded = round(Math.max(1, bytes));
        Block block = fromCache(store, rounded);
        if (block == null) {
            block = fromDriver(store, rounded, bytes);
        }
        block.lent = bytes;
        inUse += block.bytes;
        peak = Math.max(peak, inUse);
        return new DeviceMemory(this, block, bytes);
    }

    private static long round(long bytes) {
        if (bytes > Long.MAX_VALUE - LARGE) {
            return bytes;
        }
        long grain = bytes < LARGE ? SMALL_GRAIN : LARGE / 8;
        return (bytes + grain - 1) / grain * grain;
    }

    private Block fromCache(Store store, long bytes) {
        var entry = store.free.ceilingEntry(bytes);
        if (entry == null || entry.getKey() - bytes > entry.getKey() / MAX_WASTE_DIVISOR) {
            return null;
        }
        Block block = entry.getValue().pop();
        if (entry.getValue().isEmpty()) {
            store.free.remove(entry.getKey());
        }
        cached -= block.bytes;
        block.marks.forEach(store.stream::waitFor);
        forget(block);
        return block;
    }

    private static void forget(Block block) {
        block.marks.forEach(Stream.Mark::release);
        block.marks = List.of();
    }

    private Block fromDriver(Store store, long rounded, long asked) {
        device.enter();
        CUdeviceptr pointer = new CUdeviceptr();
        int result = Driver.result(() -> JCudaDriver.cuMemAlloc(pointer, rounded));
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY && trim() > 0) {
            device.enter();
            result = Driver.result(() -> JCudaDriver.cuMemAlloc(pointer, rounded));
        }
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY || result == CUresult.CUDA_ERROR_INVALID_VALUE) {
            long[] free = new long[1];
            long[] total = new long[1];
            Driver.result(() -> JCudaDriver.cuMemGetInfo(free, total));
            throw new DeviceOutOfMemoryException(asked, inUse, cached, free[0], total[0]);
        }
        device.check("allocating " + asked + " bytes of device memory", result);
        Block block = new Block(Addresses.of(pointer), rounded, store);
        owned.put(block.address, block);
        return block;
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
        if (below != null && below.getValue().address + below.getValue().bytes > address) {
            throw new IllegalArgumentException(range + ": they are in use here already; take a view of that tensor");
        }
        Block block = new Block(address, bytes, null);
        block.owner = owner;
        block.lent = bytes;
        owned.put(address, block);
        return new DeviceMemory(this, block, bytes);
    }

    Device device() {
        return device;
    }

    void requireOpen() {
        device.requireOpen();
    }

    synchronized void giveBack(Block block) {
        if (block.store == null) {
            owned.remove(block.address);
            block.owner = null;
            return;
        }
        inUse -= block.bytes;
        block.lent = FREE;
        if (device.isClosed()) {
            return;
        }
        Store store = block.store.living();
        if (store.retired) {
            free(block);
            return;
        }
        cached += block.bytes;
        block.marks = device.workBesides(store.stream);
        store.free.computeIfAbsent(block.bytes, key -> new ArrayDeque<>()).push(block);
    }

    private void free(Block block) {
        forget(block);
        owned.remove(block.address);
        device.enter();
        device.check("freeing device memory",
                Driver.result(() -> JCudaDriver.cuMemFree(Addresses.pointer(block.address))));
    }

    /**
     * Fails unless {@code bytes} bytes from {@code address} on lie in one block of this device that is in use.
     *
     * @param what what is to be done with them, for the message
     */
    synchronized void requireInUse(long address, long bytes, String what) {
        device.requireOpen();
        var below = owned.floorEntry(address);
        Block block = below == null ? null : below.getValue();
        long offset = block == null ? 0 : address - block.address;
        if (block == null || offset >= block.bytes) {
            throw new IllegalArgumentException(range(what, bytes, address) + ": " + device + " has no memory there");
        }
        if (block.lent == FREE) {
            throw new IllegalStateException(range(what, bytes, address) + ": that memory of " + device
                    + " was given back: its scope is closed");
        }
        if (bytes > block.lent - offset) {
            throw new IllegalArgumentException(range(what, bytes, address) + ": they pass the end of the block of "
                    + block.lent + " bytes at 0x" + Long.toHexString(block.address) + ", of which "
                    + Math.max(0, block.lent - offset) + " are left");
        }
    }

    private static String range(String what, long bytes, long address) {
        return what + " " + bytes + " bytes at 0x" + Long.toHexString(address);
    }

    /**
     * Returns all cached memory to the driver.
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

    private long empty(Store store) {
        List<Block> blocks = new ArrayList<>();
        store.free.values().forEach(blocks::addAll);
        store.free.clear();
        long bytes = 0;
        for (Block block : blocks) {
            free(block);
            bytes += block.bytes;
        }
        cached -= bytes;
        return bytes;
    }

    /** The store's stream has ended, with no work left: its blocks serve another. */
    synchronized void inherit(Store store, Store heir) {
        store.heir = heir;
        store.free
                .forEach((bytes, blocks) -> heir.free.computeIfAbsent(bytes, key -> new ArrayDeque<>()).addAll(blocks));
        store.free.clear();
    }

    /** The graph that used the store is gone: its free blocks go now, those still lent when they come back. */
    synchronized void retire(Store store) {
        store.retired = true;
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
        owned.values().stream().filter(block -> block.store != null)
                .forEach(block -> Driver.result(() -> JCudaDriver.cuMemFree(Addresses.pointer(block.address))));
        owned.clear();
    }
}
