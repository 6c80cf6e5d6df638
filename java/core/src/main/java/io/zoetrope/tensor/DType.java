package io.zoetrope.tensor;

/** Element types of tensors. */
public enum DType {
    F32(4), BF16(2), I32(4), I64(8), U8(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    public boolean isFloating() {
        return this == F32 || this == BF16;
    }

    /** The suffix of kernel names, such as {@code bf16}. */
    public String suffix() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
