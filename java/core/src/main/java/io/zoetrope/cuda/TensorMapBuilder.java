package io.zoetrope.cuda;

import io.zoetrope.cuda.TensorMapLayout.Fill;
import io.zoetrope.cuda.TensorMapLayout.Interleave;
import io.zoetrope.cuda.TensorMapLayout.L2Promotion;
import io.zoetrope.cuda.TensorMapLayout.Swizzle;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The choices of a {@link TensorMapLayout}, ended by {@link #tiled} or {@link #im2col}. Immutable: every method gives
 * another one. The rules are those of cuTensorMapEncodeTiled and cuTensorMapEncodeIm2col.
 */
public final class TensorMapBuilder {
    private static final int MAX_RANK = 5;
    private static final long MAX_DIM = 1L << 32;
    private static final long STRIDE_LIMIT = 1L << 40;
    private static final int MAX_BOX = 256;
    private static final int MAX_ELEMENT_STRIDE = 8;
    private static final int MAX_PIXELS = 1024;
    /** Bytes; what the copy engine moves. */
    private static final int CHUNK = 16;
    /** Bits of a corner's signed coordinate, by the number of spatial dimensions. */
    private static final int[] CORNER_BITS = {0, 16, 8, 5};

    private final TensorMapType type;
    private final long[] dims;
    private final long[] strides;
    private final int[] elementStrides;
    private final Interleave interleave;
    private final Swizzle swizzle;
    private final L2Promotion promotion;
    private final Fill fill;

    TensorMapBuilder(TensorMapType type, long[] dims) {
        this(type, dims.clone(), null, null, Interleave.NONE, Swizzle.NONE, L2Promotion.NONE, Fill.ZERO);
        require(dims.length >= 1 && dims.length <= MAX_RANK, "rank " + dims.length, "1 to " + MAX_RANK + " dimensions");
        for (int i = 0; i < dims.length; i++) {
            require(dims[i] >= 1 && dims[i] <= MAX_DIM, "dimension " + i + " of " + dims[i] + " elements", "1 to 2^32");
        }
    }

    private TensorMapBuilder(TensorMapType type, long[] dims, long[] strides, int[] elementStrides,
            Interleave interleave, Swizzle swizzle, L2Promotion promotion, Fill fill) {
        this.type = type;
        this.dims = dims;
        this.strides = strides;
        this.elementStrides = elementStrides;
        this.interleave = interleave;
        this.swizzle = swizzle;
        this.promotion = promotion;
        this.fill = fill;
    }

    /** Bytes from one to the next in dimensions 1 and up; packed unless given. */
    public TensorMapBuilder strides(long... bytes) {
        return new TensorMapBuilder(type, dims, bytes.clone(), elementStrides, interleave, swizzle, promotion, fill);
    }

    /**
     * Elements from one to the next that is copied, in each dimension: a convolution's strides; 1 unless given. The
     * driver ignores that of dimension 0 without interleave, so it must be 1 then.
     */
    public TensorMapBuilder elementStrides(int... elements) {
        return new TensorMapBuilder(type, dims, strides, elements.clone(), interleave, swizzle, promotion, fill);
    }

    public TensorMapBuilder interleave(Interleave value) {
        return new TensorMapBuilder(type, dims, strides, elementStrides, value, swizzle, promotion, fill);
    }

    public TensorMapBuilder swizzle(Swizzle value) {
        return new TensorMapBuilder(type, dims, strides, elementStrides, interleave, value, promotion, fill);
    }

    public TensorMapBuilder l2Promotion(L2Promotion value) {
        return new TensorMapBuilder(type, dims, strides, elementStrides, interleave, swizzle, value, fill);
    }

    public TensorMapBuilder fill(Fill value) {
        return new TensorMapBuilder(type, dims, strides, elementStrides, interleave, swizzle, promotion, value);
    }

    /**
     * Copied in boxes of these extents, innermost first, in elements: with an element stride s the box of b holds ⌈b/s⌉
     * of them.
     */
    public TensorMapLayout tiled(int... box) {
        require(interleave == Interleave.NONE || dims.length >= 3,
                "rank " + dims.length + " with interleave " + interleave, "3 or more dimensions");
        require(box.length == dims.length, "box " + Arrays.toString(box),
                "an extent for each of " + dims.length + " dimensions");
        for (int i = 0; i < box.length; i++) {
            require(box[i] >= 1 && box[i] <= MAX_BOX, "box of " + box[i] + " elements in dimension " + i,
                    "1 to " + MAX_BOX);
        }
        long[] byteStrides = checkedStrides();
        int[] steps = checkedElementStrides();
        requireCommon(box[0], "box of " + box[0] + " elements in dimension 0");
        int[] extents = box.clone();
        return new TensorMapLayout(this, "boxes of " + Arrays.toString(box), Bridge.Call.TENSOR_MAP_ENCODE_TILED,
                (map, address) -> BridgeNative.encodeTiled(map, type.code(), address, dims, byteStrides, extents, steps,
                        interleave.code, swizzle.code, promotion.code, fill.code));
    }

    /**
     * Copied as the columns of a convolution. Dimensions are channels, the spatial ones (W; W, H; or W, H, D) and
     * images; pixels are walked in steps of the element strides through the box that the corners leave of each image.
     *
     * @param lower    the box's first pixel, counted from the image's first, for each spatial dimension in their order
     * @param upper    where the box ends, counted from the image's end
     * @param channels of each pixel copied
     * @param pixels   copied at once
     */
    public TensorMapLayout im2col(int[] lower, int[] upper, int channels, int pixels) {
        require(dims.length >= 3, "rank " + dims.length, "channels, 1 to 3 spatial dimensions and images for im2col");
        requireCorners(lower, "lower");
        requireCorners(upper, "upper");
        for (int i = 0; i < lower.length; i++) {
            require(dims[i + 1] + upper[i] - lower[i] > 0,
                    "pixels " + lower[i] + " to " + (dims[i + 1] + upper[i]) + " of dimension " + (i + 1),
                    "a box that is not empty");
        }
        require(channels >= 1 && channels <= MAX_BOX, channels + " channels", "1 to " + MAX_BOX);
        require(pixels >= 1 && pixels <= MAX_PIXELS, pixels + " pixels", "1 to " + MAX_PIXELS);
        long[] byteStrides = checkedStrides();
        int[] steps = checkedElementStrides();
        requireCommon(channels, channels + " channels");
        int[] first = lower.clone();
        int[] end = upper.clone();
        return new TensorMapLayout(this, "columns of " + pixels + " pixels of " + channels + " channels",
                Bridge.Call.TENSOR_MAP_ENCODE_IM2COL,
                (map, address) -> BridgeNative.encodeIm2col(map, type.code(), address, dims, byteStrides, first, end,
                        channels, pixels, steps, interleave.code, swizzle.code, promotion.code, fill.code));
    }

    TensorMapType type() {
        return type;
    }

    long[] dims() {
        return dims;
    }

    /** Bytes of which address and strides must be multiples. */
    int alignment() {
        return interleave == Interleave.B32 ? 2 * CHUNK : CHUNK;
    }

    private long[] checkedStrides() {
        long[] bytes = strides == null ? packed() : strides;
        require(bytes.length == dims.length - 1, "strides " + Arrays.toString(bytes),
                "one for each of " + dims.length + " dimensions but the innermost");
        for (int i = 0; i < bytes.length; i++) {
            require(bytes[i] >= 0 && bytes[i] < STRIDE_LIMIT && bytes[i] % alignment() == 0,
                    "stride of " + bytes[i] + " bytes of dimension " + (i + 1),
                    "a multiple of " + alignment() + " below 2^40");
        }
        return bytes;
    }

    private long[] packed() {
        long[] bytes = new long[dims.length - 1];
        long stride = type.bytes();
        for (int i = 0; i < bytes.length; i++) {
            // No product of more than 2^40, which is refused, is taken: it might not fit 64 bits.
            stride = dims[i] > STRIDE_LIMIT / stride ? STRIDE_LIMIT : stride * dims[i];
            bytes[i] = stride;
        }
        return bytes;
    }

    private int[] checkedElementStrides() {
        int[] steps = elementStrides == null ? IntStream.generate(() -> 1).limit(dims.length).toArray()
                : elementStrides;
        require(steps.length == dims.length, "element strides " + Arrays.toString(steps),
                "one for each of " + dims.length + " dimensions");
        for (int i = 0; i < steps.length; i++) {
            int most = i == 0 && interleave == Interleave.NONE ? 1 : MAX_ELEMENT_STRIDE;
            require(steps[i] >= 1 && steps[i] <= most, "element stride " + steps[i] + " of dimension " + i,
                    most == 1 ? "1, since the driver ignores it without interleave" : "1 to " + most);
        }
        return steps;
    }

    private void requireCorners(int[] corner, String which) {
        int spatial = dims.length - 2;
        require(corner.length == spatial, which + " corner " + Arrays.toString(corner),
                "a coordinate for each of " + spatial + " spatial dimensions");
        int limit = 1 << CORNER_BITS[spatial] - 1;
        for (int coordinate : corner) {
            require(coordinate >= -limit && coordinate < limit, which + " corner " + Arrays.toString(corner),
                    "coordinates from " + -limit + " to " + (limit - 1) + " at rank " + dims.length);
        }
    }

    /** Rules of both encodings for a box of {@code inner} elements in dimension 0. */
    private void requireCommon(int inner, String what) {
        long bytes = (long) inner * type.bytes();
        if (interleave == Interleave.NONE) {
            require(bytes % CHUNK == 0, what + " of " + type + ", " + bytes + " bytes",
                    "a multiple of " + CHUNK + " bytes");
            require(swizzle == Swizzle.NONE || bytes <= swizzle.bytes, what + " of " + type + ", " + bytes + " bytes",
                    "at most the " + swizzle.bytes + " bytes of swizzle " + swizzle);
        }
        require(interleave != Interleave.B32 || swizzle == Swizzle.B32, "swizzle " + swizzle + " with interleave B32",
                "swizzle B32");
        require(fill == Fill.ZERO || type.isFloating(), "fill NAN for " + type, "a type of floating point");
    }

    private void require(boolean holds, String value, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "tensor map of " + type + " " + Arrays.toString(dims) + ": " + value + ": expected " + rule);
        }
    }
}
