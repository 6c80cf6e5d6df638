package io.zoetrope.cuda;

import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/**
 * Copies between host arrays and device memory, in the order of the device's stream. Each copy to or from the host waits
 * until it is done.
 */
public final class Transfer {
    private Transfer() {
    }

    /** Copies a primitive array (byte, short, int, long, float or double) to the device. */
    public static void toDevice(Device device, Object array, long elements, int elementBytes, long address) {
        device.requireNotRecording("copying host memory to the device");
        if (elements > 0) {
            Driver.check(JCudaDriver.cuMemcpyHtoDAsync(Addresses.pointer(address), pointerTo(array),
                    elements * elementBytes, device.stream().handle()), "copying to the device");
            device.stream().synchronize();
        }
    }

    /** Copies device memory into a primitive array. */
    public static void toHost(Device device, long address, Object array, long elements, int elementBytes) {
        device.requireNotRecording("copying device memory to the host");
        if (elements > 0) {
            Driver.check(JCudaDriver.cuMemcpyDtoHAsync(pointerTo(array), Addresses.pointer(address),
                    elements * elementBytes, device.stream().handle()), "copying from the device");
        }
        device.stream().synchronize();
    }

    /** Copies within the device, without waiting; may be recorded into a graph. */
    public static void withinDevice(Device device, long from, long to, long bytes) {
        if (bytes > 0) {
            Driver.check(JCudaDriver.cuMemcpyDtoDAsync(Addresses.pointer(to), Addresses.pointer(from), bytes,
                    device.stream().handle()), "copying within the device");
        }
    }

    /** Sets bytes of device memory, without waiting; may be recorded into a graph. */
    public static void fillBytes(Device device, long address, byte value, long bytes) {
        if (bytes > 0) {
            Driver.check(JCudaDriver.cuMemsetD8Async(Addresses.pointer(address), value, bytes,
                    device.stream().handle()), "filling device memory");
        }
    }

    private static Pointer pointerTo(Object array) {
        if (array instanceof float[] values) {
            return Pointer.to(values);
        } else if (array instanceof int[] values) {
            return Pointer.to(values);
        } else if (array instanceof short[] values) {
            return Pointer.to(values);
        } else if (array instanceof byte[] values) {
            return Pointer.to(values);
        } else if (array instanceof long[] values) {
            return Pointer.to(values);
        } else if (array instanceof double[] values) {
            return Pointer.to(values);
        }
        throw new IllegalArgumentException("host memory of type " + array.getClass().getSimpleName()
                + ": expected an array of byte, short, int, long, float or double");
    }
}
