package io.zoetrope.cuda;

import java.util.function.IntFunction;
import java.util.function.IntSupplier;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/** What providers do alike when they call a library of NVIDIA's. */
public final class VendorCalls {
    private VendorCalls() {
    }

    /** Makes the device's context the calling thread's, as such libraries expect. */
    public static void enter(Device device) {
        device.enter();
    }

    public static Pointer pointer(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }

    /**
     * Makes a call whose result is 0 where it succeeds; whether the program told JCuda to throw is all the same.
     *
     * @param what names it in the message
     * @param text what the library calls a result
     * @throws DeviceException when it fails
     */
    public static void check(String what, IntSupplier call, IntFunction<String> text) {
        int result;
        try {
            result = call.getAsInt();
        } catch (CudaException e) {
            throw new DeviceException(what + " failed: " + e.getMessage(), e);
        }
        if (result != 0) {
            throw new DeviceException(result, what + " failed: " + text.apply(result));
        }
    }
}
