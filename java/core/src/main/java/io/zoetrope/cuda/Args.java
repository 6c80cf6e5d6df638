package io.zoetrope.cuda;

/**
 * The parameters of one launch, in the kernel's order and without their names, each aligned to its size as the CUDA ABI asks.
 * {@link Kernel#arguments()} checks them against the device code's declaration.
 */
public final class Args {
    private LaunchBuffer buffer = CallingThread.state().takeBuffer();

    private Args() {
    }

    public static Args of() {
        return new Args();
    }

    private int align(int bytes) {
        return (buffer().size() + bytes - 1) / bytes * bytes;
    }

    /** A device address; 0 is the null pointer. */
    public Args address(long address) {
        return i64(address);
    }

    public Args i32(int value) {
        buffer.put32(align(Integer.BYTES), value);
        return this;
    }

    /** An int parameter given as a long. @throws ArithmeticException when it does not fit */
    public Args i32(long value) {
        return i32(Math.toIntExact(value));
    }

    public Args i64(long value) {
        buffer.put64(align(Long.BYTES), value);
        return this;
    }

    public Args f32(float value) {
        return i32(Float.floatToRawIntBits(value));
    }

    public Args f64(double value) {
        return i64(Double.doubleToRawLongBits(value));
    }

    LaunchBuffer buffer() {
        if (buffer == null) {
            throw new IllegalStateException("these arguments served a launch already");
        }
        return buffer;
    }

    void release() {
        CallingThread.state().giveBack(buffer);
        buffer = null;
    }
}
