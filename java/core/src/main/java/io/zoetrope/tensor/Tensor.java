package io.zoetrope.tensor;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceArray;
import io.zoetrope.cuda.DeviceMemory;
import io.zoetrope.cuda.ElementType;
import io.zoetrope.cuda.HostMemory;
import io.zoetrope.cuda.Transfer;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A dense row-major array in device memory, or a view of a contiguous part of one. Its {@link Scope} frees it.
 */
public final class Tensor implements DeviceArray {
    private final Device device;
    private final DeviceMemory memory;
    /**
     * Kept from being collected, and its memory with it, while one of its tensors is in use; null for wrapped memory.
     */
    private final Scope scope;
    private final long offset;
    private final DType dtype;
    private final Shape shape;

    /** The one place where a tensor meets memory: whatever view was asked for lies inside it. */
    Tensor(Scope scope, DeviceMemory memory, long offset, DType dtype, Shape shape) {
        if (offset < 0 || offset > memory.bytes() || shape.size() > (memory.bytes() - offset) / dtype.bytes()) {
            throw new IllegalArgumentException("tensor " + dtype + shape + " at byte " + offset + " of a block of "
                    + memory.bytes() + " bytes: it passes the end");
        }
        this.scope = scope;
        this.device = memory.device();
        this.memory = memory;
        this.offset = offset;
        this.dtype = dtype;
        this.shape = shape;
    }

    /**
     * A tensor in memory that is not a scope's: {@link DeviceMemory#wrap wrapped} or allocated by the caller, who
     * closes it.
     *
     * @throws IllegalArgumentException when the memory is too small
     */
    public static Tensor wrap(DeviceMemory memory, DType dtype, long... dims) {
        if (memory.address() % dtype.bytes() != 0) {
            throw new IllegalArgumentException("tensor of " + dtype + " at address 0x"
                    + Long.toHexString(memory.address()) + ": expected a multiple of " + dtype.bytes());
        }
        return new Tensor(null, memory, 0, dtype, Shape.of(dims));
    }

    @Override
    public Device device() {
        return device;
    }

    /** The block that this tensor and all its views lie in. */
    public DeviceMemory memory() {
        return memory;
    }

    public DType dtype() {
        return dtype;
    }

    @Override
    public ElementType elementType() {
        return dtype.element();
    }

    public Shape shape() {
        return shape;
    }

    public long dim(int index) {
        return shape.dim(index);
    }

    public int rank() {
        return shape.rank();
    }

    /** The number of elements. */
    public long size() {
        return shape.size();
    }

    public long bytes() {
        return size() * dtype.bytes();
    }

    /**
     * The device address of the first element.
     *
     * @throws IllegalStateException when its scope is closed
     */
    @Override
    public long address() {
        return memory.address() + offset;
    }

    /** The same elements under another shape of the same size; one extent may be -1: what is left. */
    public Tensor reshape(long... dims) {
        long[] resolved = dims.clone();
        int open = -1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] == -1) {
                if (open >= 0) {
                    throw new IllegalArgumentException(
                            "reshape of " + shape + " to " + Arrays.toString(dims) + ": at most one extent may be -1");
                }
                open = i;
            }
        }
        if (open >= 0) {
            resolved[open] = 1;
            long known = Shape.of(resolved).size();
            resolved[open] = known == 0 ? 0 : size() / known;
        }
        Shape target = Shape.of(resolved);
        if (target.size() != size()) {
            throw new IllegalArgumentException(
                    "reshape of " + shape + " to " + target + ": " + size() + " elements against " + target.size());
        }
        return new Tensor(scope, memory, offset, dtype, target);
    }

    /** Entries {@code from} (inclusive) to {@code to} (exclusive) of the outermost dimension. */
    public Tensor slice(long from, long to) {
        if (rank() == 0 || from < 0 || to < from || to > dim(0)) {
            throw new IllegalArgumentException("slice " + from + ".." + to + " of shape " + shape);
        }
        long[] dims = shape.dims();
        long stride = dims[0] == 0 ? 0 : size() / dims[0];
        dims[0] = to - from;
        return new Tensor(scope, memory, offset + from * stride * dtype.bytes(), dtype, Shape.of(dims));
    }

    /** A view of {@code shape.size()} elements starting at element {@code start}. */
    public Tensor view(long start, long... dims) {
        Shape target = Shape.of(dims);
        if (start < 0 || start > size() || target.size() > size() - start) {
            throw new IllegalArgumentException("view of " + target + " at element " + start + " of shape " + shape);
        }
        return new Tensor(scope, memory, offset + start * dtype.bytes(), dtype, target);
    }

    /**
     * The bytes from {@code startByte} on read as another type: for packing several tensors into one block.
     *
     * @param startByte so that the first element lies at a multiple of its size
     */
    public Tensor as(DType type, long startByte, long... dims) {
        Shape target = Shape.of(dims);
        if (startByte < 0 || startByte > bytes() || target.size() > (bytes() - startByte) / type.bytes()) {
            throw new IllegalArgumentException("view as " + type + target + " at byte " + startByte + " of "
                    + describe() + ", which has " + bytes() + " bytes");
        }
        if ((offset + startByte) % type.bytes() != 0) {
            throw new IllegalArgumentException("view as " + type + target + " at byte " + startByte + " of "
                    + describe() + ": expected a multiple of " + type.bytes() + ", the size of an element");
        }
        return new Tensor(scope, memory, offset + startByte, type, target);
    }

    /** Copies floats in, rounding to bf16 where that is the type. Waits until done. */
    public Tensor copyFrom(float[] values) {
        requireLength(values.length);
        switch (dtype) {
            case F32 -> Transfer.toDevice(device, values, values.length, Float.BYTES, address());
            case BF16 -> {
                short[] bits = new short[values.length];
                for (int i = 0; i < bits.length; i++) {
                    bits[i] = Bfloat16.fromFloat(values[i]);
                }
                Transfer.toDevice(device, bits, bits.length, Short.BYTES, address());
            }
            default -> throw wrongType("floats");
        }
        return this;
    }

    public Tensor copyFrom(int[] values) {
        requireLength(values.length);
        requireType(DType.I32, "ints");
        Transfer.toDevice(device, values, values.length, Integer.BYTES, address());
        return this;
    }

    public Tensor copyFrom(long[] values) {
        requireLength(values.length);
        requireType(DType.I64, "longs");
        Transfer.toDevice(device, values, values.length, Long.BYTES, address());
        return this;
    }

    public Tensor copyFrom(byte[] values) {
        requireLength(values.length);
        requireType(DType.U8, "bytes");
        Transfer.toDevice(device, values, values.length, Byte.BYTES, address());
        return this;
    }

    /** Copies raw bytes in, from the buffer's position to its limit. Waits until done. */
    public Tensor copyFrom(ByteBuffer source) {
        requireBytes(source.remaining());
        Transfer.toDevice(device, source, address());
        return this;
    }

    /** Copies the raw bytes to the buffer, from its position to its limit. Waits for queued work. */
    public void copyTo(ByteBuffer target) {
        requireBytes(target.remaining());
        Transfer.toHost(device, address(), target);
    }

    /**
     * The raw bytes where they are, without a copy, where the host can read the device's memory: on softcuda. Take
     * {@link ByteBuffer#asFloatBuffer()} and its like for elements. Waits for queued work; what is queued later shows
     * as it runs, and once the memory was given back, what others write there.
     *
     * @return read-only, in the order of the device's bytes
     * @throws UnsupportedOperationException on a GPU: copy, as {@link #copyTo(ByteBuffer)} does
     * @throws IllegalArgumentException      for more than 2³¹ − 1 bytes: view it slice by slice
     */
    public ByteBuffer hostView() {
        return memory.hostView(offset, bytes());
    }

    /** Queues a copy of raw bytes from byte {@code offset} of pinned memory on. Does not wait. */
    public Tensor copyFromLater(HostMemory source, long offset) {
        Transfer.toDeviceLater(device, source, offset, address(), bytes());
        return this;
    }

    /** Queues a copy of the raw bytes to byte {@code offset} of pinned memory on. Does not wait. */
    public void copyToLater(HostMemory target, long offset) {
        Transfer.toHostLater(device, address(), target, offset, bytes());
    }

    private void requireBytes(long bytes) {
        if (bytes != bytes()) {
            throw new IllegalArgumentException(
                    "copy between a buffer of " + bytes + " bytes and " + describe() + ": expected " + bytes());
        }
    }

    /** Copies another tensor of the same type and size, on the device; may be recorded into a graph. */
    public Tensor copyFrom(Tensor source) {
        if (source.device != device) {
            throw new IllegalArgumentException("copy of " + source.describe() + " on " + source.device + " to "
                    + describe() + " on " + device + ": expected one device; copy through the host");
        }
        if (source.dtype != dtype || source.size() != size()) {
            throw new IllegalArgumentException(
                    "copy of " + source.describe() + " to " + describe() + ": types and sizes must be the same");
        }
        Transfer.withinDevice(device, source.address(), address(), bytes());
        return this;
    }

    /** Sets every byte to zero, on the device; may be recorded into a graph. */
    public Tensor zero() {
        Transfer.fillBytes(device, address(), (byte) 0, bytes());
        return this;
    }

    /** The values as floats (F32, BF16). Waits for queued work. */
    public float[] toFloats() {
        return toFloats(new float[arrayLength(size())]);
    }

    /**
     * The values as floats (F32, BF16) in the given array of that many elements, which is returned. Waits for queued
     * work.
     */
    public float[] toFloats(float[] values) {
        requireLength(values.length);
        int n = values.length;
        switch (dtype) {
            case F32 -> Transfer.toHost(device, address(), values, n, Float.BYTES);
            case BF16 -> {
                short[] bits = new short[n];
                Transfer.toHost(device, address(), bits, n, Short.BYTES);
                for (int i = 0; i < n; i++) {
                    values[i] = Bfloat16.toFloat(bits[i]);
                }
            }
            default -> throw wrongType("floats");
        }
        return values;
    }

    public int[] toInts() {
        requireType(DType.I32, "ints");
        int[] values = new int[arrayLength(size())];
        Transfer.toHost(device, address(), values, values.length, Integer.BYTES);
        return values;
    }

    public long[] toLongs() {
        requireType(DType.I64, "longs");
        long[] values = new long[arrayLength(size())];
        Transfer.toHost(device, address(), values, values.length, Long.BYTES);
        return values;
    }

    /** The raw bytes of any type. */
    public byte[] toBytes() {
        byte[] values = new byte[arrayLength(bytes())];
        Transfer.toHost(device, address(), values, values.length, 1);
        return values;
    }

    private int arrayLength(long length) {
        if (length > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(describe() + " has " + length + " elements or bytes, more than the "
                    + Integer.MAX_VALUE + " of a Java array: read it slice by slice");
        }
        return (int) length;
    }

    private void requireLength(long length) {
        if (length != size()) {
            throw new IllegalArgumentException(
                    "copy of " + length + " values with " + describe() + ": expected " + size());
        }
    }

    private void requireType(DType expected, String what) {
        if (dtype != expected) {
            throw wrongType(what);
        }
    }

    private IllegalArgumentException wrongType(String what) {
        return new IllegalArgumentException(describe() + " does not hold " + what);
    }

    /** Bytes from the beginning of the block to the first element. */
    long offset() {
        return offset;
    }

    /** Type and shape, as messages name a tensor: {@code F32[2, 3]}. Reads no value. */
    public String describe() {
        return dtype.name() + shape;
    }

    /** As {@link #describe()} of a tensor that may be left out: null for null. */
    public static String describe(Tensor tensor) {
        return tensor == null ? "null" : tensor.describe();
    }

    /**
     * Type, shape and values as NumPy lays them out, of a large tensor those at the ends of each axis. Waits for queued
     * work to read them; while a graph is recorded, or once the memory was given back, it says so instead. Messages
     * take {@link #describe()}.
     */
    @Override
    public String toString() {
        return TensorText.of(this);
    }
}
