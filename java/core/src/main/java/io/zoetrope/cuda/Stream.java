package io.zoetrope.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * A queue of a device: what is queued on it runs one after another, what is queued on different streams may run side by
 * side.
 *
 * <p>Every device has one stream of its own, on which operations run unless {@link Device#use} names another. A tensor
 * is ready for the stream that was used when it was made, or that last wrote it; before another touches it, also to
 * write, that one waits, with {@link #waitFor(Stream)} or {@link #waitFor(Event)}. Giving memory back needs no such
 * care: a block is handed out again only behind all work that any stream had queued by then.
 *
 * <pre>{@code
 * side.waitFor(device.stream());
 * try (StreamUse use = device.use(side)) {
 *     ... // runs beside what the device's own stream is given meanwhile
 * }
 * device.stream().waitFor(side);
 * }</pre>
 */
public final class Stream implements AutoCloseable {
    private static final int REMEMBERED = 4;

    private final Device device;
    private final int number;
    private final CUstream handle = new CUstream();
    private final long address;
    private final MemoryStore store;
    private final Kernel[] launched = new Kernel[REMEMBERED];
    private int launches;
    /** Work was queued since {@link #newest} was recorded. */
    private boolean dirty;
    private Mark newest;
    private long marks;
    /** For other streams, up to which of their marks this one has waited already. */
    private final Map<Stream, Long> joined = new HashMap<>();
    private volatile Recording recording;
    private boolean closed;

    /** A point in a stream's work that others may have to wait for. Guarded by the pool. */
    static final class Mark {
        private final Stream stream;
        private final long number;
        private final CUevent event = new CUevent();
        private int holders = 1;

        private Mark(Stream stream, long number) {
            this.stream = stream;
            this.number = number;
        }

        void hold() {
            holders++;
        }

        void release() {
            holders--;
            if (holders == 0) {
                Driver.result(() -> JCudaDriver.cuEventDestroy(event));
            }
        }
    }

    Stream(Device device, int number) {
        this.device = device;
        this.number = number;
        this.store = new MemoryStore(this);
        device.enter();
        Driver.check("creating a stream",
                () -> JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING));
        this.address = Bridge.handle(handle);
    }

    public Device device() {
        return device;
    }

    /** JCuda's handle, for calls of other libraries that queue work here. It is valid until this is closed. */
    public CUstream handle() {
        requireOpen();
        return handle;
    }

    /** What {@link #handle()} holds, for the bridge; 0 where there is none. */
    long address() {
        return address;
    }

    /**
     * Waits until everything queued has run.
     *
     * @throws DeviceException when any of it failed
     */
    public void synchronize() {
        requireUsable();
        device.enter();
        device.check("running the queued kernels", Driver.result(JCudaDriver::cuStreamSynchronize, handle));
    }

    /**
     * Lets what is queued here from now on wait for all that is queued on the other stream now. The caller does not
     * wait.
     */
    public void waitFor(Stream other) {
        requireUsable();
        requireSameDevice(other.device, "stream");
        if (other == this) {
            return;
        }
        other.requireUsable();
        synchronized (device.memory()) {
            Mark mark = other.mark();
            if (mark != null) {
                waitFor(mark);
            }
            join(other.recording);
        }
    }

    /** Lets what is queued here from now on wait for the event. The caller does not wait. */
    public void waitFor(Event event) {
        requireUsable();
        requireSameDevice(event.device(), "event");
        device.enter();
        device.check("making a stream wait",
                Driver.result(() -> JCudaDriver.cuStreamWaitEvent(handle, event.handle(), 0)));
        join(event.recording());
        dirty = true;
    }

    /** To wait for what is being recorded is to be recorded with it. */
    private void join(Recording other) {
        if (other != null && recording == null && !other.isOver()) {
            other.add(this);
        }
    }

    private void requireSameDevice(Device other, String what) {
        if (other != device) {
            throw new IllegalArgumentException(
                    "a stream of " + device + " cannot wait for the " + what + " of " + other);
        }
    }

    /** Notes work queued by the caller through {@link #handle()}, so that memory is not reused before it has run. */
    public void queued() {
        dirty = true;
    }

    void queued(Kernel kernel) {
        dirty = true;
        launched[launches & REMEMBERED - 1] = kernel;
        launches++;
    }

    /** The names of the last kernels, newest first. */
    List<String> lastKernels() {
        List<String> names = new ArrayList<>();
        for (int i = launches - 1; i >= 0 && i >= launches - REMEMBERED; i--) {
            names.add(launched[i & REMEMBERED - 1].name());
        }
        return names;
    }

    /** The point behind all work queued so far, null when there was none. Hold the pool's lock. */
    Mark mark() {
        if (dirty || newest == null && recording != null) {
            forgetNewest();
            dirty = false;
            newest = new Mark(this, ++marks);
            device.enter();
            Driver.check("creating an event",
                    () -> JCudaDriver.cuEventCreate(newest.event, CUevent_flags.CU_EVENT_DISABLE_TIMING));
            device.check("recording an event", Driver.result(() -> JCudaDriver.cuEventRecord(newest.event, handle)));
        }
        return newest;
    }

    boolean hasWaitedFor(Mark mark) {
        return mark.stream == this || joined.getOrDefault(mark.stream, 0L) >= mark.number;
    }

    /** Hold the pool's lock. */
    void waitFor(Mark mark) {
        if (!hasWaitedFor(mark)) {
            device.enter();
            device.check("making a stream wait",
                    Driver.result(() -> JCudaDriver.cuStreamWaitEvent(handle, mark.event, 0)));
            joined.put(mark.stream, mark.number);
            dirty = true;
        }
    }

    /** Where blocks for work on this stream come from: its own store, while it is recorded the graph's. */
    MemoryStore store() {
        Recording now = recording;
        return now == null ? store : now.store(this);
    }

    MemoryStore ownStore() {
        return store;
    }

    boolean isRecorded() {
        return recording != null;
    }

    Recording recording() {
        return recording;
    }

    /**
     * Begins or ends a recording (null). Marks made on one side of it mean nothing on the other: what is recorded does
     * not wait for what runs now, and afterwards all work before counts as not waited for.
     */
    void recording(Recording value) {
        synchronized (device.memory()) {
            recording = value;
            forgetNewest();
            joined.clear();
            dirty = value == null;
        }
    }

    private void forgetNewest() {
        if (newest != null) {
            newest.release();
            newest = null;
        }
    }

    /** Fails when nothing may be queued here by the calling thread. */
    void requireUsable() {
        requireOpen();
        Recording now = recording;
        if (now != null && now.thread() != Thread.currentThread()) {
            throw new IllegalStateException("thread " + now.thread().getName() + " is recording a graph on " + this
                    + ": other threads may use it again when that is done");
        }
    }

    private void requireOpen() {
        device.requireOpen();
        if (closed) {
            throw new IllegalStateException(this + " is closed");
        }
    }

    /** Waits for the queued work and ends the stream. The memory made on it lives on. The device's own stays. */
    @Override
    public void close() {
        if (closed || device.isClosed()) {
            return;
        }
        if (number == 0) {
            throw new IllegalStateException(this + " is the device's own: it ends with the device");
        }
        if (device.stream() == this) {
            throw new IllegalStateException(this + " is in use by this thread: close what Device.use returned first");
        }
        synchronize();
        closed = true;
        device.forget(this);
        destroy();
    }

    void destroy() {
        Driver.result(() -> JCudaDriver.cuStreamDestroy(handle));
    }

    @Override
    public String toString() {
        return "stream " + number + " of " + device;
    }
}
