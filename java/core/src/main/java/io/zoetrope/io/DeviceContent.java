package io.zoetrope.io;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** See {@link TensorContent#of}. */
record DeviceContent(Tensor tensor) implements TensorContent {
    /** Enough for copies and writes to run at full speed. */
    private static final int PIECE = 1 << 22;

    @Override
    public StoredType type() {
        return StoredType.valueOf(tensor.dtype().name());
    }

    @Override
    public long[] shape() {
        return tensor.shape().dims();
    }

    @Override
    public void forEachPiece(Sink sink) throws IOException {
        long size = tensor.bytes();
        Tensor bytes = tensor.as(DType.U8, 0, size);
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(PIECE, size)).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = 0; at < size; at += PIECE) {
            buffer.clear().limit((int) Math.min(PIECE, size - at));
            bytes.view(at, buffer.limit()).copyTo(buffer);
            sink.take(buffer);
        }
    }
}
