package io.zoetrope.cuda;

import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** The in-order queue of a device: launches and copies run one after another. */
public final class Stream {
    private final CUstream handle = new CUstream();

    Stream() {
        Driver.check(JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING), "creating a stream");
    }

    CUstream handle() {
        return handle;
    }

    /** Waits until everything queued has run. @throws DeviceException when any of it failed */
    public void synchronize() {
        Driver.check(JCudaDriver.cuStreamSynchronize(handle), "running the queued kernels");
    }

    void destroy() {
        JCudaDriver.cuStreamDestroy(handle);
    }
}
