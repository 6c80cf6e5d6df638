package io.zoetrope.cuda;

import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/** A mark in a device's stream, for measuring how long the work between two marks took on the device. */
public final class Event implements AutoCloseable {
    private final CUevent handle = new CUevent();

    public Event(Device device) {
        device.makeCurrent();
        Driver.check(JCudaDriver.cuEventCreate(handle, 0), "creating an event");
    }

    public void record(Stream stream) {
        Driver.check(JCudaDriver.cuEventRecord(handle, stream.handle()), "recording an event");
    }

    /** Waits for this event and returns the milliseconds since {@code earlier}. */
    public float millisecondsSince(Event earlier) {
        Driver.check(JCudaDriver.cuEventSynchronize(handle), "waiting for an event");
        float[] milliseconds = new float[1];
        Driver.check(JCudaDriver.cuEventElapsedTime(milliseconds, earlier.handle, handle), "reading the elapsed time");
        return milliseconds[0];
    }

    @Override
    public void close() {
        JCudaDriver.cuEventDestroy(handle);
    }
}
