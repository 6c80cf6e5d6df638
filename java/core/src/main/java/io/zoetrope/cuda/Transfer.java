package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.util.function.ToIntFunction;
import jcuda.Pointer;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * Copies between host and device memory, in the order of the stream that the thread uses. Each copy to or from the host
 * waits until it is done, but for those with {@link HostMemory}.
 *
 * <p>Nothing is read or written beyond the host's memory or beyond one block in use of the device: such a copy is
 * refused before it starts, with an {@link IllegalArgumentException}.
 */
public final class Transfer {
    private Transfer() {
    }

    /**
     * Copies the first elements of a primitive array to the device.
     *
     * @param array        of byte, short, int, long, float or double
     * @param elementBytes bytes of one of its elements
     */
    public static void toDevice(Device device, Object array, long elements, int elementBytes, long address) {
        device.requireNotRecording("copying host memory to the device");
        long bytes = bytesOf(array, elements, elementBytes);
        if (bytes > 0) {
            device.memory().requireInUse(address, bytes, "copying from the host");
            Stream stream = device.stream();
            device.enter();
            device.check("copying to the device", Driver.result(() -> JCudaDriver
                    .cuMemcpyHtoDAsync(Addresses.pointer(address), HostArray.pointer(array), bytes, stream.handle())));
            stream.synchronize();
        }
    }

    /** Copies device memory into the first elements of a primitive array; parameters as of {@link #toDevice}. */
    public static void toHost(Device device, long address, Object array, long elements, int elementBytes) {
        device.requireNotRecording("copying device memory to the host");
        long bytes = bytesOf(array, elements, elementBytes);
        if (bytes > 0) {
            device.memory().requireInUse(address, bytes, "copying to the host");
            Stream stream = device.stream();
            device.enter();
            device.check("copying from the device", Driver.result(() -> JCudaDriver
                    .cuMemcpyDtoHAsync(HostArray.pointer(array), Addresses.pointer(address), bytes, stream.handle())));
        }
        device.synchronize();
    }

    /** Copies the bytes from the buffer's position to its limit to the device; the position stays. */
    public static void toDevice(Device device, ByteBuffer source, long address) {
        device.requireNotRecording("copying host memory to the device");
        int bytes = source.remaining();
        if (bytes > 0) {
            device.memory().requireInUse(address, bytes, "copying from the host");
            queue(device, "copying to the device", stream -> JCudaDriver.cuMemcpyHtoDAsync(Addresses.pointer(address),
                    HostBuffer.source(source), bytes, stream));
            device.synchronize();
        }
    }

    /** Fills the buffer from its position to its limit with device memory; the position stays. */
    public static void toHost(Device device, long address, ByteBuffer target) {
        device.requireNotRecording("copying device memory to the host");
        int bytes = target.remaining();
        if (bytes > 0) {
            Pointer memory = HostBuffer.target(target);
            device.memory().requireInUse(address, bytes, "copying to the host");
            queue(device, "copying from the device",
                    stream -> JCudaDriver.cuMemcpyDtoHAsync(memory, Addresses.pointer(address), bytes, stream));
        }
        device.synchronize();
    }

    /**
     * As {@link #toHost(Device, long, ByteBuffer)} for who looks at memory from outside of the program's course, such
     * as a debugger: takes no lock, for a thread that was stopped may hold it.
     *
     * @param offset bytes from the beginning of the memory
     * @param target a direct buffer
     * @throws IllegalStateException while a graph is recorded on any of the device's streams: asking the device then
     *                               could spoil it; or when the memory was given back
     */
    public static void inspect(DeviceMemory memory, long offset, ByteBuffer target) {
        Device device = memory.device();
        int bytes = target.remaining();
        if (offset < 0 || offset > memory.bytes() - bytes) {
            throw new IllegalArgumentException("inspecting " + bytes + " bytes at byte " + offset + " of a block of "
                    + memory.bytes() + ": they pass its end");
        }
        long address = memory.address() + offset;
        if (device.streams().stream().anyMatch(Stream::isRecorded)) {
            throw new IllegalStateException("a graph is being recorded on " + device);
        }
        Stream stream = device.stream();
        Pointer host = HostBuffer.target(target);
        device.enter();
        device.check("copying from the device", Driver
                .result(() -> JCudaDriver.cuMemcpyDtoHAsync(host, Addresses.pointer(address), bytes, stream.handle())));
        stream.synchronize();
    }

    /** Queues a copy of {@code bytes} bytes from byte {@code offset} of pinned memory; may be recorded into a graph. */
    public static void toDeviceLater(Device device, HostMemory source, long offset, long address, long bytes) {
        Pointer memory = source.pointer(device, offset, bytes);
        if (bytes > 0) {
            device.memory().requireInUse(address, bytes, "copying from the host");
            queue(device, "copying to the device",
                    stream -> JCudaDriver.cuMemcpyHtoDAsync(Addresses.pointer(address), memory, bytes, stream));
        }
    }

    /** Queues a copy to pinned memory, which is there when the stream has come so far; may be recorded into a graph. */
    public static void toHostLater(Device device, long address, HostMemory target, long offset, long bytes) {
        Pointer memory = target.pointer(device, offset, bytes);
        if (bytes > 0) {
            device.memory().requireInUse(address, bytes, "copying to the host");
            queue(device, "copying from the device",
                    stream -> JCudaDriver.cuMemcpyDtoHAsync(memory, Addresses.pointer(address), bytes, stream));
        }
    }

    /**
     * Copies within the device, without waiting; may be recorded into a graph.
     *
     * @throws IllegalArgumentException also when the two ranges overlap without being the same: which byte is read
     * before it
     *                                  is written would be undefined
     */
    public static void withinDevice(Device device, long from, long to, long bytes) {
        requireBytes("copying within the device", bytes);
        if (bytes > 0) {
            device.memory().requireInUse(from, bytes, "copying from");
            device.memory().requireInUse(to, bytes, "copying to");
            if (from != to && from < to + bytes && to < from + bytes) {
                throw new IllegalArgumentException("copying " + bytes + " bytes from 0x" + Long.toHexString(from)
                        + " to 0x" + Long.toHexString(to) + ": the two overlap");
            }
            queue(device, "copying within the device", stream -> JCudaDriver.cuMemcpyDtoDAsync(Addresses.pointer(to),
                    Addresses.pointer(from), bytes, stream));
        }
    }

    /** Sets bytes of device memory, without waiting; may be recorded into a graph. */
    public static void fillBytes(Device device, long address, byte value, long bytes) {
        requireBytes("filling device memory", bytes);
        if (bytes > 0) {
            device.memory().requireInUse(address, bytes, "filling");
            queue(device, "filling device memory",
                    stream -> JCudaDriver.cuMemsetD8Async(Addresses.pointer(address), value, bytes, stream));
        }
    }

    private static void queue(Device device, String what, ToIntFunction<CUstream> work) {
        Stream stream = device.stream();
        stream.requireUsable();
        device.enter();
        device.check(what, Driver.result(() -> work.applyAsInt(stream.handle())));
        stream.queued();
    }

    private static long bytesOf(Object array, long elements, int elementBytes) {
        int width = HostArray.elementBytes(array);
        int length = HostArray.length(array);
        if (elementBytes != width) {
            throw new IllegalArgumentException("a copy of " + elementBytes + "-byte elements with a "
                    + HostArray.describe(array) + ", whose elements have " + width + " bytes");
        }
        if (elements < 0 || elements > length) {
            throw new IllegalArgumentException("a copy of " + elements + " elements with a " + HostArray.describe(array)
                    + ": expected 0 to " + length);
        }
        return elements * width;
    }

    private static void requireBytes(String what, long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException(what + ": " + bytes + " bytes, expected 0 or more");
        }
    }
}
