package io.zoetrope.cuda;

import jcuda.driver.CUevent;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * A mark in a stream: for waiting until the work before it is done, on the host or on another stream, and for measuring
 * how long the work between two marks took on the device.
 */
public final class Event implements AutoCloseable {
    private final Device device;
    private final CUevent handle = new CUevent();
    private Recording recording;
    private boolean closed;

    /** Recorded nowhere yet. */
    public Event(Device device) {
        this.device = device;
        device.enter();
        Driver.check("creating an event", () -> JCudaDriver.cuEventCreate(handle, 0));
    }

    /** Marks the end of what is queued so far on the stream that this thread uses. */
    public void record() {
        record(device.stream());
    }

    /** Marks the end of what is queued on the stream so far; an earlier mark is forgotten. */
    public void record(Stream stream) {
        requireOpen();
        stream.requireUsable();
        if (stream.device() != device) {
            throw new IllegalArgumentException("an event of " + device + " cannot be recorded on " + stream);
        }
        device.enter();
        device.check("recording an event", Driver.result(() -> JCudaDriver.cuEventRecord(handle, stream.handle())));
        recording = stream.recording();
    }

    /** True when the work before the mark is done, also when nothing was marked yet. */
    public boolean isDone() {
        requireOpen();
        device.enter();
        int result = Driver.result(() -> JCudaDriver.cuEventQuery(handle));
        if (result == CUresult.CUDA_ERROR_NOT_READY) {
            return false;
        }
        device.check("asking for an event", result);
        return true;
    }

    /** Waits until the work before the mark is done. */
    public void synchronize() {
        requireOpen();
        device.enter();
        device.check("waiting for an event", Driver.result(() -> JCudaDriver.cuEventSynchronize(handle)));
    }

    /** Waits for this event and returns the milliseconds since {@code earlier}. */
    public float millisecondsSince(Event earlier) {
        earlier.requireOpen();
        synchronize();
        float[] milliseconds = new float[1];
        device.check("reading the elapsed time",
                Driver.result(() -> JCudaDriver.cuEventElapsedTime(milliseconds, earlier.handle, handle)));
        return milliseconds[0];
    }

    Device device() {
        return device;
    }

    CUevent handle() {
        requireOpen();
        return handle;
    }

    /** The recording in which it was recorded last, null outside one. */
    Recording recording() {
        return recording;
    }

    private void requireOpen() {
        device.requireOpen();
        if (closed) {
            throw new IllegalStateException("this event of " + device + " is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (!device.isClosed()) {
                device.enter();
                Driver.result(() -> JCudaDriver.cuEventDestroy(handle));
            }
        }
    }
}
