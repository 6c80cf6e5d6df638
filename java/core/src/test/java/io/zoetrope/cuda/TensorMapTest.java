package io.zoetrope.cuda;

import static io.zoetrope.cuda.TensorMapLayout.Fill.NAN;
import static io.zoetrope.cuda.TensorMapType.BF16;
import static io.zoetrope.cuda.TensorMapType.F32;
import static io.zoetrope.cuda.TensorMapType.I32;
import static io.zoetrope.cuda.TensorMapType.U8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zoetrope.cuda.Bridge.Call;
import io.zoetrope.cuda.TensorMapLayout.Interleave;
import io.zoetrope.cuda.TensorMapLayout.L2Promotion;
import io.zoetrope.cuda.TensorMapLayout.Swizzle;
import io.zoetrope.testkit.Devices;
import java.nio.ByteBuffer;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class TensorMapTest {
    private static final long ADDRESS = 0x7f0000000400L;
    private static final int[] CORNER = {-1, -1};

    private final Device device = Devices.shared();

    private static TensorMapBuilder image() {
        return TensorMapLayout.of(BF16, 64, 14, 12, 3);
    }

    private static DynamicTest refused(String value, String rule, ThrowingCallable code) {
        return DynamicTest.dynamicTest(value,
                () -> assertThatThrownBy(code).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("tensor map of ").hasMessageContaining(value)
                        .hasMessageContaining("expected " + rule));
    }

    @TestFactory
    List<DynamicTest> whatTheDriverWouldRefuseIsRefusedWithTheRule() {
        return List.of(refused("rank 0", "1 to 5", () -> TensorMapLayout.of(F32)),
                refused("rank 6", "1 to 5", () -> TensorMapLayout.of(F32, 4, 4, 4, 4, 4, 4)),
                refused("dimension 1 of 0 elements", "1 to 2^32", () -> TensorMapLayout.of(F32, 4, 0)),
                refused("dimension 0 of 4294967297 elements", "1 to 2^32",
                        () -> TensorMapLayout.of(F32, (1L << 32) + 1)),
                refused("strides [16, 16]", "one for each of 2",
                        () -> TensorMapLayout.of(F32, 4, 4).strides(16, 16).tiled(4, 4)),
                refused("stride of 24 bytes of dimension 1", "a multiple of 16",
                        () -> TensorMapLayout.of(F32, 4, 4).strides(24).tiled(4, 4)),
                refused("stride of -16 bytes", "a multiple of 16",
                        () -> TensorMapLayout.of(F32, 4, 4).strides(-16).tiled(4, 4)),
                refused("stride of 1099511627776 bytes", "a multiple of 16 below 2^40",
                        () -> TensorMapLayout.of(F32, 4, 4).strides(1L << 40).tiled(4, 4)),
                refused("stride of 12 bytes of dimension 1", "a multiple of 16",
                        () -> TensorMapLayout.of(F32, 3, 4).tiled(4, 4)),
                refused("stride of 1099511627776 bytes of dimension 2", "a multiple of 16",
                        () -> TensorMapLayout.of(F32, 1L << 32, 1L << 32, 4).tiled(4, 1, 1)),
                refused("stride of 48 bytes", "a multiple of 32",
                        () -> TensorMapLayout.of(F32, 8, 4, 4).strides(48, 192).interleave(Interleave.B32)
                                .swizzle(Swizzle.B32).tiled(4, 4, 4)),
                refused("box [4]", "an extent for each of 2", () -> TensorMapLayout.of(F32, 4, 4).tiled(4)),
                refused("box of 0 elements in dimension 1", "1 to 256",
                        () -> TensorMapLayout.of(F32, 4, 4).tiled(4, 0)),
                refused("box of 257 elements in dimension 1", "1 to 256",
                        () -> TensorMapLayout.of(F32, 4, 4).tiled(4, 257)),
                refused("box of 4 elements in dimension 0 of BF16, 8 bytes", "a multiple of 16",
                        () -> TensorMapLayout.of(BF16, 64, 4).tiled(4, 4)),
                refused("box of 72 elements in dimension 0 of BF16, 144 bytes", "at most the 128 bytes of swizzle B128",
                        () -> TensorMapLayout.of(BF16, 128, 4).swizzle(Swizzle.B128).tiled(72, 4)),
                refused("element strides [1]", "one for each of 2",
                        () -> TensorMapLayout.of(F32, 4, 4).elementStrides(1).tiled(4, 4)),
                refused("element stride 9 of dimension 1", "1 to 8",
                        () -> TensorMapLayout.of(F32, 4, 4).elementStrides(1, 9).tiled(4, 4)),
                refused("element stride 2 of dimension 0", "1, since the driver ignores it",
                        () -> TensorMapLayout.of(F32, 4, 4).elementStrides(2, 1).tiled(4, 4)),
                refused("rank 2 with interleave B16", "3 or more",
                        () -> TensorMapLayout.of(F32, 4, 4).interleave(Interleave.B16).tiled(4, 4)),
                refused("swizzle B128 with interleave B32", "swizzle B32",
                        () -> TensorMapLayout.of(F32, 8, 4, 4).interleave(Interleave.B32).swizzle(Swizzle.B128).tiled(4,
                                4, 4)),
                refused("fill NAN for I32", "a type of floating point",
                        () -> TensorMapLayout.of(I32, 4, 4).fill(NAN).tiled(4, 4)),
                refused("rank 2", "channels, 1 to 3 spatial dimensions and images",
                        () -> TensorMapLayout.of(F32, 4, 4).im2col(new int[0], new int[0], 4, 4)),
                refused("lower corner [-1]", "a coordinate for each of 2",
                        () -> image().im2col(new int[] {-1}, CORNER, 64, 4)),
                refused("upper corner [0, 128]", "coordinates from -128 to 127 at rank 4",
                        () -> image().im2col(CORNER, new int[] {0, 128}, 64, 4)),
                refused("lower corner [0, 0, -17]", "coordinates from -16 to 15 at rank 5",
                        () -> TensorMapLayout.of(BF16, 64, 4, 4, 4, 2).im2col(new int[] {0, 0, -17}, new int[3], 64,
                                4)),
                refused("pixels 3 to 3 of dimension 2", "a box that is not empty",
                        () -> image().im2col(new int[] {0, 3}, new int[] {0, -9}, 64, 4)),
                refused("257 channels", "1 to 256", () -> image().im2col(CORNER, CORNER, 257, 4)),
                refused("1025 pixels", "1 to 1024", () -> image().im2col(CORNER, CORNER, 64, 1025)),
                refused("64 channels of BF16, 128 bytes", "at most the 64 bytes of swizzle B64",
                        () -> image().swizzle(Swizzle.B64).im2col(CORNER, CORNER, 64, 4)));
    }

    @Test
    void theGreatestOfEverythingIsAccepted() {
        TensorMapLayout.of(U8, 1L << 32, 1L << 32, 1, 1, 1L << 32).strides((1L << 40) - 16, 0, 16, (1L << 40) - 16)
                .elementStrides(1, 8, 8, 8, 8).l2Promotion(L2Promotion.B256).tiled(256, 256, 256, 256, 256);
        TensorMapLayout.of(F32, 1L << 32).fill(NAN).tiled(256);
        TensorMapLayout.of(BF16, 64, 200, 3).im2col(new int[] {-32768}, new int[] {32767}, 256, 1024);
        TensorMapLayout.of(BF16, 64, 200, 200, 3).swizzle(Swizzle.B128).im2col(new int[] {-128, 127},
                new int[] {127, -72}, 64, 1);
        TensorMapLayout.of(BF16, 64, 20, 20, 40, 3).im2col(new int[] {-16, 15, 15}, new int[] {15, -4, -16}, 8, 1);
    }

    @Test
    void anAddressMustBeAligned() {
        TensorMapLayout layout = TensorMapLayout.of(F32, 8, 4, 4).tiled(4, 4, 4);
        for (long address : new long[] {0, 8, 24}) {
            assertThatThrownBy(() -> layout.at(address)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("0x" + Long.toHexString(address)).hasMessageContaining("a multiple of 16");
        }
        TensorMapLayout interleaved = TensorMapLayout.of(F32, 8, 4, 4).interleave(Interleave.B32).swizzle(Swizzle.B32)
                .tiled(4, 4, 4);
        assertThatThrownBy(() -> interleaved.at(48)).hasMessageContaining("a multiple of 32");
    }

    @Test
    void theCallersArraysAreCopied() {
        long[] dims = {64, 8};
        TensorMapLayout layout = TensorMapLayout.of(BF16, dims).tiled(64, 8);
        dims[0] = 1;
        layout.dims()[1] = 1;
        assertThat(layout.dims()).containsExactly(64, 8);
        assertThat(layout).hasToString("BF16 [64, 8] in boxes of [64, 8]");
    }

    @Test
    void theSpaceOfAMapIsAligned() {
        for (int i = 0; i < 8; i++) {
            ByteBuffer space = TensorMap.space();
            assertThat(space.capacity()).isEqualTo(128);
            assertThat(space.isDirect()).isTrue();
            assertThat(space.alignmentOffset(0, 128)).isZero();
        }
    }

    @Test
    void withoutTheCallsMapsAreRefusedByName() {
        assumeFalse(Bridge.has(Call.TENSOR_MAP_ENCODE_TILED) || Bridge.has(Call.TENSOR_MAP_ENCODE_IM2COL),
                "the driver has tensor maps");
        assertThatThrownBy(() -> image().tiled(64, 4, 4, 1).at(ADDRESS)).isInstanceOf(DeviceException.class)
                .hasMessageContaining("a tensor map needs the driver's cuTensorMapEncodeTiled, which cannot be called");
        assertThatThrownBy(() -> image().im2col(CORNER, CORNER, 64, 4).at(ADDRESS)).isInstanceOf(DeviceException.class)
                .hasMessageContaining("cuTensorMapEncodeIm2col");
    }

    @Test
    void mapsAreEncodedCopiedAndMoved() {
        assumeTrue(Bridge.has(Call.TENSOR_MAP_ENCODE_TILED) && Bridge.has(Call.TENSOR_MAP_ENCODE_IM2COL)
                && Bridge.has(Call.TENSOR_MAP_REPLACE_ADDRESS), "the driver has no tensor maps");
        assumeTrue(device.capability().major() >= 9, "the device has no tensor maps");
        device.synchronize(); // makes the context current
        for (TensorMapLayout layout : List.of(image().swizzle(Swizzle.B128).tiled(64, 4, 4, 1),
                image().swizzle(Swizzle.B128).im2col(CORNER, CORNER, 64, 128))) {
            TensorMap map = layout.at(ADDRESS);
            byte[] encoded = bytes(map);
            assertThat(encoded).isNotEqualTo(new byte[TensorMap.BYTES]);
            TensorMap moved = map.at(ADDRESS + 4096);
            assertThat(moved.address()).isEqualTo(ADDRESS + 4096);
            assertThat(bytes(moved)).isEqualTo(bytes(layout.at(ADDRESS + 4096))).isNotEqualTo(encoded);
            assertThat(bytes(map)).isEqualTo(encoded);
            assertThatThrownBy(() -> map.copyTo(ByteBuffer.allocate(256), 32))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("offset 32")
                    .hasMessageContaining("a multiple of 64");
        }
    }

    @Test
    void theRefusalOfADeviceWithoutMapsNamesCallAndTensor() {
        assumeTrue(Bridge.has(Call.TENSOR_MAP_ENCODE_TILED), "the driver has no tensor maps");
        assumeTrue(device.isSoftware() && device.capability().major() < 9, "the device has tensor maps");
        assertThatThrownBy(() -> image().tiled(64, 4, 4, 1).at(ADDRESS)).isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("encoding the tensor map of BF16 [64, 14, 12, 3] in boxes of [64, 4, 4, 1] at"
                        + " 0x7f0000000400 failed: cuTensorMapEncodeTiled answered CUDA_ERROR_NOT_SUPPORTED");
    }

    private static byte[] bytes(TensorMap map) {
        ByteBuffer buffer = ByteBuffer.allocate(64 + TensorMap.BYTES);
        map.copyTo(buffer, 64);
        assertThat(buffer.slice(0, 64)).isEqualTo(ByteBuffer.allocate(64));
        byte[] bytes = new byte[TensorMap.BYTES];
        buffer.get(64, bytes);
        return bytes;
    }
}
