package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What a {@link TensorMap} says of a tensor but for its address: element type, extents, and how boxes of it are copied.
 * Immutable, checked against all of the driver's rules when it is made; needs no device.
 *
 * <p>Dimensions are counted from the innermost one, whose elements adjoin; they are numbered from 0.
 */
public final class TensorMapLayout {
    /** How sixteen-byte chunks of a box are permuted in shared memory, by the width of the pattern in bytes. */
    public enum Swizzle {
        NONE(BridgeNative.SWIZZLE_NONE, 0), B32(BridgeNative.SWIZZLE_32B, 32), B64(BridgeNative.SWIZZLE_64B,
                64), B128(BridgeNative.SWIZZLE_128B, 128);

        final int code;
        final int bytes;

        Swizzle(int code, int bytes) {
            this.code = code;
            this.bytes = bytes;
        }
    }

    /** Channels in groups of so many bytes, as in NC/8HWC8; the usual layouts have none. */
    public enum Interleave {
        NONE(BridgeNative.INTERLEAVE_NONE), B16(BridgeNative.INTERLEAVE_16B), B32(BridgeNative.INTERLEAVE_32B);

        final int code;

        Interleave(int code) {
            this.code = code;
        }
    }

    /** How many bytes at least the L2 cache fetches at once. */
    public enum L2Promotion {
        NONE(BridgeNative.PROMOTION_NONE), B64(BridgeNative.PROMOTION_64B), B128(BridgeNative.PROMOTION_128B), B256(
                BridgeNative.PROMOTION_256B);

        final int code;

        L2Promotion(int code) {
            this.code = code;
        }
    }

    /** What elements outside the tensor are read as. */
    public enum Fill {
        ZERO(BridgeNative.FILL_ZERO), NAN(BridgeNative.FILL_NAN);

        final int code;

        Fill(int code) {
            this.code = code;
        }
    }

    private final TensorMapBuilder tensor;
    private final String box;
    private final Bridge.Call call;
    private final Encoder encoder;

    /**
     * Has the driver write a map.
     *
     * @return its CUresult
     */
    interface Encoder {
        int encode(ByteBuffer map, long address);
    }

    TensorMapLayout(TensorMapBuilder tensor, String box, Bridge.Call call, Encoder encoder) {
        this.tensor = tensor;
        this.box = box;
        this.call = call;
        this.encoder = encoder;
    }

    /**
     * A packed tensor of these extents, innermost first, without swizzle, interleave or promotion, zero outside.
     *
     * @throws IllegalArgumentException naming the value and the rule, as do all methods that go on from here
     */
    public static TensorMapBuilder of(TensorMapType type, long... dims) {
        return new TensorMapBuilder(type, dims);
    }

    /**
     * The map of the tensor at a device address.
     *
     * @throws IllegalArgumentException when the address is not aligned as the layout asks
     * @throws DeviceException          when the driver lacks tensor maps, or refuses this one
     */
    public TensorMap at(long address) {
        return TensorMap.encode(this, address);
    }

    void encode(ByteBuffer map, long address) {
        requireAligned(address);
        Bridge.require(call, "a tensor map");
        Bridge.check(call, "encoding the tensor map of " + this + " at 0x" + Long.toHexString(address),
                encoder.encode(map, address));
    }

    void requireAligned(long address) {
        int alignment = tensor.alignment();
        if (address == 0 || address % alignment != 0) {
            throw new IllegalArgumentException("tensor map of " + this + " at address 0x" + Long.toHexString(address)
                    + ": expected a multiple of " + alignment + " other than 0");
        }
    }

    public TensorMapType type() {
        return tensor.type();
    }

    /** Extents, innermost first. */
    public long[] dims() {
        return tensor.dims().clone();
    }

    @Override
    public String toString() {
        return tensor.type() + " " + Arrays.toString(tensor.dims()) + " in " + box;
    }
}
