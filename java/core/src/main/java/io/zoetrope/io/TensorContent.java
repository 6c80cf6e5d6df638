package io.zoetrope.io;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A tensor's elements as files hold them, wherever they are now: in host memory, in a file, on the device. They are
 * handed over piece by piece, so that a tensor of any size is written or read with little memory.
 */
public interface TensorContent {
    /** Takes the bytes of a tensor, one piece after another. */
    @FunctionalInterface
    interface Sink {
        /** @param piece little-endian, from position to limit; good until this returns */
        void take(ByteBuffer piece) throws IOException;
    }

    StoredType type();

    /** Sizes, outermost first; none for a scalar. */
    long[] shape();

    /** Hands over all elements in row-major order, as they are now. */
    void forEachPiece(Sink sink) throws IOException;

    /** How many bytes that are. */
    default long byteCount() {
        return Math.multiplyExact(StoredTensor.elements(shape()), (long) type().bytes());
    }

    /** What a tensor on the device holds when it is asked for, bit for bit. Asking waits for queued work. */
    static TensorContent of(Tensor tensor) {
        return new DeviceContent(tensor);
    }

    /**
     * Copies the elements into a tensor on the device.
     *
     * @throws IllegalArgumentException if its type or shape is another
     */
    default void copyTo(Tensor tensor) throws IOException {
        if (!type().name().equals(tensor.dtype().name()) || !Arrays.equals(shape(), tensor.shape().dims())) {
            throw new IllegalArgumentException("copy of " + type() + Arrays.toString(shape()) + " into "
                    + tensor.describe() + ": types and shapes must be the same");
        }
        Tensor bytes = tensor.as(DType.U8, 0, tensor.bytes());
        long[] at = new long[1];
        forEachPiece(piece -> {
            int count = piece.remaining();
            bytes.view(at[0], count).copyFrom(piece);
            at[0] += count;
        });
    }

    /** All of it in host memory. @throws ArithmeticException for more than 2³¹ − 1 bytes */
    default StoredTensor inMemory() throws IOException {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(byteCount())).order(ByteOrder.LITTLE_ENDIAN);
        forEachPiece(all::put);
        return new StoredTensor(type(), shape(), all.flip());
    }
}
