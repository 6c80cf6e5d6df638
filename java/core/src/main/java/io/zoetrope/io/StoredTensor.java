package io.zoetrope.io;

import io.zoetrope.tensor.Bfloat16;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * A tensor in host memory as files hold it: element type, shape, little-endian bytes in row-major order.
 */
public final class StoredTensor implements TensorContent {
    private final StoredType type;
    private final long[] shape;
    private final ByteBuffer bytes;

    /**
     * @param type  element type
     * @param shape sizes, outermost first; none for a scalar
     * @param bytes the elements from position to limit, little-endian; shared, not copied
     */
    public StoredTensor(StoredType type, long[] shape, ByteBuffer bytes) {
        this.type = type;
        this.shape = shape.clone();
        this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        long expected = Math.multiplyExact(elements(shape), (long) type.bytes());
        if (expected != this.bytes.remaining()) {
            throw new IllegalArgumentException(type + " " + Arrays.toString(shape) + " takes " + expected
                    + " bytes, not " + this.bytes.remaining());
        }
    }

    /** Stores {@code values} as F32. */
    public static StoredTensor ofF32(float[] values, long... shape) {
        ByteBuffer bytes = allocate(StoredType.F32, values.length);
        bytes.asFloatBuffer().put(values);
        return new StoredTensor(StoredType.F32, shape, bytes);
    }

    /** Stores {@code values} as BF16, rounded to nearest even. */
    public static StoredTensor ofBf16(float[] values, long... shape) {
        ByteBuffer bytes = allocate(StoredType.BF16, values.length);
        for (int i = 0; i < values.length; i++) {
            bytes.putShort(2 * i, Bfloat16.fromFloat(values[i]));
        }
        return new StoredTensor(StoredType.BF16, shape, bytes);
    }

    /** Stores {@code values} as I64. */
    public static StoredTensor ofI64(long[] values, long... shape) {
        ByteBuffer bytes = allocate(StoredType.I64, values.length);
        bytes.asLongBuffer().put(values);
        return new StoredTensor(StoredType.I64, shape, bytes);
    }

    /** Stores {@code values} as U8. */
    public static StoredTensor ofU8(byte[] values, long... shape) {
        return new StoredTensor(StoredType.U8, shape, ByteBuffer.wrap(values));
    }

    /** What a tensor on the device holds now, bit for bit. Waits for queued work. */
    public static StoredTensor of(Tensor tensor) {
        return new StoredTensor(StoredType.valueOf(tensor.dtype().name()), tensor.shape().dims(),
                ByteBuffer.wrap(tensor.toBytes()));
    }

    private static ByteBuffer allocate(StoredType type, int elements) {
        return ByteBuffer.allocate(Math.multiplyExact(elements, type.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    }

    static long elements(long[] shape) {
        long elements = 1;
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException("a shape has no negative sizes: " + Arrays.toString(shape));
            }
            elements = Math.multiplyExact(elements, size);
        }
        return elements;
    }

    @Override
    public StoredType type() {
        return type;
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** How many elements there are. */
    public int size() {
        return bytes.capacity() / type.bytes();
    }

    /** Elements {@code from} to {@code from + count}, flat; shared, not copied. */
    public StoredTensor part(int from, int count) {
        return new StoredTensor(type, new long[] {count}, bytes.slice(from * type.bytes(), count * type.bytes()));
    }

    /** The bytes, little-endian, as a fresh read-only view. */
    public ByteBuffer bytes() {
        return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void forEachPiece(Sink sink) throws IOException {
        sink.take(bytes());
    }

    /** The elements of a floating type as floats (F64 is rounded). */
    public float[] toFloats() {
        float[] values = new float[size()];
        switch (type) {
            case F32 -> bytes.asFloatBuffer().get(0, values);
            case F64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) bytes.getDouble(8 * i);
                }
            }
            case F16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = HalfFloats.fromHalf(bytes.getShort(2 * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Bfloat16.toFloat(bytes.getShort(2 * i));
                }
            }
            default -> throw new IllegalStateException("a tensor of " + type + " does not hold floats");
        }
        return values;
    }

    /** The elements of an integer type as longs (U8 and BOOL unsigned). */
    public long[] toLongs() {
        long[] values = new long[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (type) {
                case I64 -> bytes.getLong(8 * i);
                case I32 -> bytes.getInt(4 * i);
                case I16 -> bytes.getShort(2 * i);
                case I8 -> bytes.get(i);
                case U8, BOOL -> bytes.get(i) & 0xff;
                default -> throw new IllegalStateException("a tensor of " + type + " does not hold integers");
            };
        }
        return values;
    }

    /** The index of the first NaN or infinite element, if any; integers are always finite. F64 as rounded to F32. */
    public OptionalLong firstNonFinite() {
        if (!type.isFloating()) {
            return OptionalLong.empty();
        }
        int first = type == StoredType.F64 ? firstBeyondFloat() : FiniteScan.firstNonFinite(type, bytes);
        return first < 0 ? OptionalLong.empty() : OptionalLong.of(first);
    }

    private int firstBeyondFloat() {
        for (int i = 0; i < size(); i++) {
            if (!Float.isFinite((float) bytes.getDouble(8 * i))) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public String toString() {
        return type + Arrays.toString(shape);
    }
}
