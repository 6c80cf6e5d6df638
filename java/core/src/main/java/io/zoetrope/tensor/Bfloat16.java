package io.zoetrope.tensor;

/** Conversion between float and bfloat16 bits. */
public final class Bfloat16 {
    private static final int QUIET_NAN = 0x7fc0;

    private Bfloat16() {
    }

    /** Rounds to nearest, ties to even; NaN stays NaN. */
    public static short fromFloat(float value) {
        if (Float.isNaN(value)) {
            return (short) QUIET_NAN;
        }
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }

    public static float toFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The value after a trip through bfloat16. */
    public static float round(float value) {
        return toFloat(fromFloat(value));
    }
}
