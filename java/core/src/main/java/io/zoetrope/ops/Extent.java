package io.zoetrope.ops;

import io.zoetrope.cuda.Device;

/**
 * The bytes of an operand: rows of {@code width} bytes, {@code pitch} apart, in [begin, end). A tensor is one row; a
 * part of a packed tensor has gaps where its neighbours lie.
 */
public record Extent(Device device, long begin, long end, long pitch, long width) {

    /** Whether two of them share a byte: both as begin, end, pitch and width. */
    static boolean overlap(long begin, long end, long pitch, long width, long otherBegin, long otherEnd,
            long otherPitch, long otherWidth) {
        if (begin >= otherEnd || otherBegin >= end) {
            return false;
        }
        if (pitch != otherPitch) {
            return true;
        }
        long ahead = Math.floorMod(otherBegin - begin, pitch);
        return ahead < width || pitch - ahead < otherWidth;
    }
}
