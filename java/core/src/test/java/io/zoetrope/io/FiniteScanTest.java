package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FiniteScanTest {
    private static final int COUNT = 11;

    private static StoredTensor sixteenBits(StoredType type, short fill, int at, int bits) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * COUNT).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < COUNT; i++) {
            bytes.putShort(2 * i, fill);
        }
        bytes.putShort(2 * at, (short) bits);
        return new StoredTensor(type, new long[] {COUNT}, bytes);
    }

    /** Every one of the 65536 values, at each place of a word and in the rest, beside the largest finite ones. */
    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void everyHalfAsItsFloatSays(StoredType type) {
        short largest = (short) (type == StoredType.BF16 ? 0xff7f : 0xfbff);
        for (int bits = 0; bits < 1 << 16; bits++) {
            int at = bits % COUNT;
            StoredTensor tensor = sixteenBits(type, largest, at, bits);
            int expected = Float.isFinite(tensor.toFloats()[at]) ? -1 : at;
            assertThat(tensor.firstNonFinite().orElse(-1)).isEqualTo(expected);
        }
    }

    @Test
    void floatsAndDoublesByTheirFirst() {
        float[] values = new float[COUNT];
        java.util.Arrays.fill(values, -Float.MAX_VALUE);
        assertThat(StoredTensor.ofF32(values, COUNT).firstNonFinite()).isEmpty();
        for (int at = COUNT - 1; at >= 0; at--) {
            values[at] = at % 2 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY;
            assertThat(StoredTensor.ofF32(values, COUNT).firstNonFinite()).hasValue(at);
        }
        ByteBuffer doubles = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        doubles.putDouble(16, 1e39);
        assertThat(new StoredTensor(StoredType.F64, new long[] {3}, doubles).firstNonFinite()).as("beyond F32")
                .hasValue(2);
        assertThat(StoredTensor.ofI64(new long[] {-1}, 1).firstNonFinite()).isEmpty();
    }
}
