package io.zoetrope.io;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;

/**
 * Looks for NaN and infinity eight bytes at a time. An element is one of them exactly when all bits of its exponent are
 * set; then adding the lowest of these to the masked exponent carries into the sign's place, which the mask left empty,
 * and never beyond it into the next element.
 */
final class FiniteScan {
    private FiniteScan() {
    }

    /**
     * The index of the first element that is NaN or infinite, or -1.
     *
     * @param bytes little-endian, from 0 to its capacity
     */
    static int firstNonFinite(StoredType type, ByteBuffer bytes) {
        int lane = type.bytes() * 8;
        long exponent = repeated(exponent(type), lane);
        long lowest = repeated(Long.lowestOneBit(exponent(type)), lane);
        long sign = repeated(1L << lane - 1, lane);
        LongBuffer words = bytes.asLongBuffer();
        int count = words.limit();
        for (int i = 0; i < count; i++) {
            long found = (words.get(i) & exponent) + lowest & sign;
            if (found != 0) {
                return i * (8 / type.bytes()) + Long.numberOfTrailingZeros(found) / lane;
            }
        }
        for (int at = count * 8; at < bytes.capacity(); at += type.bytes()) {
            long element = 0;
            for (int i = 0; i < type.bytes(); i++) {
                element |= (bytes.get(at + i) & 0xffL) << 8 * i;
            }
            if ((element & exponent(type)) == exponent(type)) {
                return at / type.bytes();
            }
        }
        return -1;
    }

    private static long exponent(StoredType type) {
        return switch (type) {
            case F32 -> 0x7f80_0000L;
            case F16 -> 0x7c00L;
            case BF16 -> 0x7f80L;
            default -> throw new IllegalArgumentException("elements of " + type + " are not looked at by words");
        };
    }

    private static long repeated(long bits, int lane) {
        long all = 0;
        for (int at = 0; at < 64; at += lane) {
            all |= bits << at;
        }
        return all;
    }
}
