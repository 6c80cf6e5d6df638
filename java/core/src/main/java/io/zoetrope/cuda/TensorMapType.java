package io.zoetrope.cuda;

/** The type of a tensor's elements in a {@link TensorMap}. */
public enum TensorMapType {
    U8(BridgeNative.TYPE_UINT8, 1, false), U16(BridgeNative.TYPE_UINT16, 2, false), U32(BridgeNative.TYPE_UINT32, 4,
            false), I32(BridgeNative.TYPE_INT32, 4, false), U64(BridgeNative.TYPE_UINT64, 8,
                    false), I64(BridgeNative.TYPE_INT64, 8, false), F16(BridgeNative.TYPE_FLOAT16, 2, true), F32(
                            BridgeNative.TYPE_FLOAT32, 4,
                            true), F64(BridgeNative.TYPE_FLOAT64, 8, true), BF16(BridgeNative.TYPE_BFLOAT16, 2, true),
    /** Floats whose subnormals become zero. */
    F32_FTZ(BridgeNative.TYPE_FLOAT32_FTZ, 4, true),
    /** Floats rounded to TF32 as they are copied. */
    TF32(BridgeNative.TYPE_TFLOAT32, 4, true), TF32_FTZ(BridgeNative.TYPE_TFLOAT32_FTZ, 4, true);

    private final int code;
    private final int bytes;
    private final boolean floating;

    TensorMapType(int code, int bytes, boolean floating) {
        this.code = code;
        this.bytes = bytes;
        this.floating = floating;
    }

    /** The driver's number, a CUtensorMapDataType. */
    int code() {
        return code;
    }

    /** Bytes of an element. */
    public int bytes() {
        return bytes;
    }

    public boolean isFloating() {
        return floating;
    }
}
