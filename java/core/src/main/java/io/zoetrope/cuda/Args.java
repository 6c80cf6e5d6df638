package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The parameters of one launch, in the kernel's order, each aligned to its size as the CUDA ABI asks. */
public final class Args {
    private static final int CAPACITY = 4096;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY).order(ByteOrder.nativeOrder());

    private Args() {
    }

    public static Args of() {
        return new Args();
    }

    private Args align(int bytes) {
        int position = buffer.position();
        buffer.position((position + bytes - 1) / bytes * bytes);
        return this;
    }

    /** A device address; 0 is the null pointer. */
    public Args address(long address) {
        align(8).buffer.putLong(address);
        return this;
    }

    public Args i32(int value) {
        align(4).buffer.putInt(value);
        return this;
    }

    /** An int parameter given as a long. @throws ArithmeticException when it does not fit */
    public Args i32(long value) {
        return i32(Math.toIntExact(value));
    }

    public Args i64(long value) {
        align(8).buffer.putLong(value);
        return this;
    }

    public Args f32(float value) {
        align(4).buffer.putFloat(value);
        return this;
    }

    public Args f64(double value) {
        align(8).buffer.putDouble(value);
        return this;
    }

    int size() {
        return buffer.position();
    }

    ByteBuffer buffer() {
        return buffer;
    }
}
