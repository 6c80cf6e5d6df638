package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor in device memory and the boxes it is copied in, encoded by the driver for the tensor memory accelerator of
 * compute capability 9.0 and later. Its 128 bytes are a kernel's {@code __grid_constant__ const CUtensorMap} parameter.
 *
 * <p>Immutable. What does not depend on the address is a {@link TensorMapLayout}:
 *
 * <pre>{@code
 * TensorMapLayout layout = TensorMapLayout.of(TensorMapType.BF16, columns, rows).swizzle(Swizzle.B128).tiled(64, 128);
 * TensorMap map = layout.at(address);
 * }</pre>
 */
public final class TensorMap {
    public static final int BYTES = BridgeNative.TENSOR_MAP_BYTES;
    /**
     * A multiple of which its offset among a kernel's parameters must be. Device code that was compiled with the header
     * of toolkit 13 puts it at a multiple of {@value BridgeNative#TENSOR_MAP_ALIGNMENT}.
     */
    public static final int ALIGNMENT = 64;

    private final TensorMapLayout layout;
    private final long address;
    private final ByteBuffer encoded;

    TensorMap(TensorMapLayout layout, long address, ByteBuffer encoded) {
        this.layout = layout;
        this.address = address;
        this.encoded = encoded;
    }

    static TensorMap encode(TensorMapLayout layout, long address) {
        ByteBuffer encoded = space();
        layout.encode(encoded, address);
        return new TensorMap(layout, address, encoded);
    }

    static ByteBuffer space() {
        return ByteBuffer.allocateDirect(BYTES + BridgeNative.TENSOR_MAP_ALIGNMENT)
                .alignedSlice(BridgeNative.TENSOR_MAP_ALIGNMENT).slice(0, BYTES).order(ByteOrder.nativeOrder());
    }

    public TensorMapLayout layout() {
        return layout;
    }

    /** The device address of the tensor's first element. */
    public long address() {
        return address;
    }

    /**
     * The same tensor at another place.
     *
     * @throws IllegalArgumentException when the address is not aligned as the layout asks
     * @throws DeviceException          when the driver lacks tensor maps, or refuses this one
     */
    public TensorMap at(long newAddress) {
        layout.requireAligned(newAddress);
        Bridge.require(Bridge.Call.TENSOR_MAP_REPLACE_ADDRESS, "moving a tensor map");
        ByteBuffer moved = space();
        copyTo(moved, 0);
        Bridge.check(Bridge.Call.TENSOR_MAP_REPLACE_ADDRESS, "moving the tensor map of " + layout,
                BridgeNative.replaceAddress(moved, newAddress));
        return new TensorMap(layout, newAddress, moved);
    }

    /**
     * Copies the {@value #BYTES} bytes into a buffer of parameters; allocates nothing.
     *
     * @param offset where to, counted from the buffer's first byte: a multiple of {@value #ALIGNMENT}
     */
    public void copyTo(ByteBuffer buffer, int offset) {
        if (offset % ALIGNMENT != 0) {
            throw new IllegalArgumentException(
                    "a tensor map at offset " + offset + " of the parameters: expected a multiple of " + ALIGNMENT);
        }
        buffer.put(offset, encoded, 0, BYTES);
    }

    @Override
    public String toString() {
        return layout + " at 0x" + Long.toHexString(address);
    }
}
