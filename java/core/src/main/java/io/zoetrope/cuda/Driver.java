package io.zoetrope.cuda;

import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Turns the driver's error codes into exceptions that name the call. */
final class Driver {
    private Driver() {
    }

    static void check(int result, String call) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new DeviceException(result, call + " failed: " + describe(result));
        }
    }

    static String describe(int result) {
        String[] text = new String[1];
        String name = CUresult.stringFor(result);
        if (JCudaDriver.cuGetErrorString(result, text) == CUresult.CUDA_SUCCESS && text[0] != null) {
            return name + " (" + text[0] + ")";
        }
        return name;
    }
}
