package io.zoetrope.ops;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.Tensor;

/**
 * The bytes of an operand: rows of {@code width} bytes, {@code pitch} apart, in [begin, end). A tensor is one row; a part of a
 * packed tensor has gaps where its neighbours lie.
 */
public record Extent(Device device, long begin, long end, long pitch, long width) {

    public static Extent of(Tensor tensor) {
        return new Extent(tensor.device(), tensor.address(), tensor.address() + tensor.bytes(), tensor.bytes(),
                tensor.bytes());
    }

    boolean overlaps(Extent other) {
        if (begin >= other.end || other.begin >= end) {
            return false;
        }
        if (pitch != other.pitch) {
            return true;
        }
        long ahead = Math.floorMod(other.begin - begin, pitch);
        return ahead < width || pitch - ahead < other.width;
    }

    boolean isSameAs(Extent other) {
        return begin == other.begin && end == other.end && pitch == other.pitch && width == other.width;
    }
}
