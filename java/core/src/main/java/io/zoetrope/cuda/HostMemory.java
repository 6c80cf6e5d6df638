package io.zoetrope.cuda;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Host memory that the device copies to and from by itself (pinned), so that {@link Transfer#toDeviceLater} and
 * {@link Transfer#toHostLater} need not wait. Close it when no copy is wanted any more; the buffer stays readable after
 * that.
 *
 * <p>softcuda copies when a copy is queued, and has nothing to pin.
 */
public final class HostMemory implements AutoCloseable {
    private static final int PAGE = 4096;
    private static final int MAX_BYTES = Integer.MAX_VALUE - 2 * PAGE;
    private static final Cleaner CLEANER = Cleaner.create();

    /** What must be undone, apart from the object, so that a forgotten one is unpinned before its memory goes. */
    private static final class Pinned implements Runnable {
        private final Device device;
        private final ByteBuffer memory;
        private final Pointer pointer;

        private Pinned(Device device, ByteBuffer memory) {
            this.device = device;
            this.memory = memory;
            this.pointer = Pointer.to(memory);
            device.enter();
            int result = Driver.result(() -> JCudaDriver.cuMemHostRegister(pointer, memory.capacity(), 0));
            if (!device.isSoftware() || result != CUresult.CUDA_ERROR_NOT_SUPPORTED) {
                device.check("pinning " + memory.capacity() + " bytes of host memory", result);
            }
        }

        @Override
        public void run() {
            if (!device.isClosed()) {
                device.synchronizeAll();
                device.enter();
                Driver.result(() -> JCudaDriver.cuMemHostUnregister(pointer));
            }
        }
    }

    private final Device device;
    private final ByteBuffer memory;
    private final Cleaner.Cleanable pinned;
    private boolean closed;

    private HostMemory(Device device, int bytes) {
        int pages = (bytes + PAGE - 1) / PAGE + 1;
        this.device = device;
        this.memory = ByteBuffer.allocateDirect(pages * PAGE).alignedSlice(PAGE).slice(0, bytes);
        this.pinned = CLEANER.register(this, new Pinned(device, memory));
    }

    /** @param bytes 1 or more; contents are zero */
    public static HostMemory allocate(Device device, int bytes) {
        if (bytes < 1 || bytes > MAX_BYTES) {
            throw new IllegalArgumentException("host memory of " + bytes + " bytes: expected 1 to " + MAX_BYTES);
        }
        return new HostMemory(device, bytes);
    }

    public int bytes() {
        return memory.capacity();
    }

    /**
     * All of it, in the order of the device's bytes. Between a queued copy and its end, its part is not to be touched.
     */
    public ByteBuffer buffer() {
        return memory.duplicate().order(ByteOrder.nativeOrder());
    }

    /** The part of a copy. */
    Pointer pointer(Device user, long offset, long bytes) {
        if (closed) {
            throw new IllegalStateException("this host memory of " + memory.capacity() + " bytes is closed");
        }
        if (user != device) {
            throw new IllegalArgumentException("host memory for " + device + " in a copy of " + user);
        }
        if (offset < 0 || bytes < 0 || offset > memory.capacity() - bytes) {
            throw new IllegalArgumentException("a copy of " + bytes + " bytes at byte " + offset + " of host memory of "
                    + memory.capacity() + " bytes: it passes the end");
        }
        return Pointer.to(memory.slice((int) offset, (int) bytes));
    }

    /** Waits for all copies that are queued and unpins the memory. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pinned.clean();
        }
    }
}
