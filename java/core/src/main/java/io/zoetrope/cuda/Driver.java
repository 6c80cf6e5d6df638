package io.zoetrope.cuda;

import java.util.HashMap;
import java.util.Map;
import java.util.function.ToIntFunction;
import jcuda.CudaException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Turns the driver's error codes into exceptions that name the call.
 *
 * <p>JCuda has a switch for the whole process, {@link JCudaDriver#setExceptionsEnabled}, with which its calls throw
 * instead of returning a code. It belongs to the program, so every call is read both ways.
 */
final class Driver {
    private static final int CODES = 1000;

    /** A call of {@link JCudaDriver} that returns a CUresult. */
    interface Call {
        int run();
    }

    private Driver() {
    }

    /** The call's CUresult, also where JCuda was told to throw it. */
    static int result(Call call) {
        try {
            return call.run();
        } catch (CudaException e) {
            return code(e);
        }
    }

    /** As {@link #result(Call)}, without an object for what the call takes: for calls that are made again and again. */
    static <T> int result(ToIntFunction<T> call, T argument) {
        try {
            return call.applyAsInt(argument);
        } catch (CudaException e) {
            return code(e);
        }
    }

    /** @param what names the call in the message */
    static void check(String what, Call call) {
        check(what, result(call));
    }

    static void check(String what, int result) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw DeviceException.of(result, what + " failed: " + describe(result));
        }
    }

    static String describe(int result) {
        String[] text = new String[1];
        String name = CUresult.stringFor(result);
        if (result(() -> JCudaDriver.cuGetErrorString(result, text)) == CUresult.CUDA_SUCCESS && text[0] != null) {
            return name + " (" + text[0] + ")";
        }
        return name;
    }

    /** The code in an exception of JCuda, which holds nothing of it but its name. */
    static int code(CudaException e) {
        return Codes.BY_NAME.getOrDefault(e.getMessage(), CUresult.CUDA_ERROR_UNKNOWN);
    }

    private static final class Codes {
        private static final Map<String, Integer> BY_NAME = new HashMap<>();

        static {
            for (int code = 0; code < CODES; code++) {
                BY_NAME.putIfAbsent(CUresult.stringFor(code), code);
            }
        }
    }
}
