package io.zoetrope.tensor;

import io.zoetrope.cuda.ElementType;
import java.util.Locale;

/** Element types of tensors. */
public enum DType {
    F32(4, ElementType.F32), BF16(2, ElementType.BF16), I32(4, ElementType.I32), I64(8, ElementType.I64), U8(1,
            ElementType.U8);

    private final int bytes;
    private final ElementType element;
    private final String suffix = name().toLowerCase(Locale.ROOT);

    DType(int bytes, ElementType element) {
        this.bytes = bytes;
        this.element = element;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** As kernels' parameters are checked against. */
    ElementType element() {
        return element;
    }

    public boolean isFloating() {
        return this == F32 || this == BF16;
    }

    /** The suffix of kernel names, such as {@code bf16}. */
    public String suffix() {
        return suffix;
    }
}
