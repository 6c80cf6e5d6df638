package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import jcuda.Pointer;

/** Byte buffers, direct or on the heap, as the host side of a copy: from their position to their limit. */
final class HostBuffer {
    private HostBuffer() {
    }

    static Pointer source(ByteBuffer buffer) {
        if (!buffer.isDirect() && !buffer.hasArray()) { // read-only, on the heap
            byte[] copy = new byte[buffer.remaining()];
            buffer.duplicate().get(copy);
            return Pointer.to(copy);
        }
        return pointer(buffer);
    }

    static Pointer target(ByteBuffer buffer) {
        if (buffer.isReadOnly()) {
            throw new IllegalArgumentException("a copy to a read-only buffer of " + buffer.remaining() + " bytes");
        }
        return pointer(buffer);
    }

    private static Pointer pointer(ByteBuffer buffer) {
        return buffer.isDirect() ? Pointer.to(buffer.slice())
                : Pointer.to(buffer.array()).withByteOffset(buffer.arrayOffset() + buffer.position());
    }
}
