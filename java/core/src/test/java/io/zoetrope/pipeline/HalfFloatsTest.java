package io.zoetrope.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalfFloatsTest {
    @Test
    void bfloat16RoundsToNearestEven() {
        // 1 + 2^-8 lies halfway between 1 and 1 + 2^-7: the even one is 1. Its double neighbour rounds up.
        assertThat(roundTrip(1 + 0x1p-8f)).isEqualTo(1);
        assertThat(roundTrip(1 + 3 * 0x1p-8f)).isEqualTo(1 + 0x1p-6f);
        assertThat(roundTrip(Math.nextUp(1 + 0x1p-8f))).isEqualTo(1 + 0x1p-7f);
        assertThat(roundTrip(-0f)).isEqualTo(-0f);
        assertThat(roundTrip(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(roundTrip(Float.NEGATIVE_INFINITY)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(roundTrip(Float.NaN)).isNaN();
        assertThat(roundTrip(Float.intBitsToFloat(0x7f800001))).as("a NaN with only low bits set").isNaN();
    }

    @Test
    void everyBfloat16SurvivesTheRoundTrip() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = HalfFloats.fromBfloat16((short) bits);
            if (!Float.isNaN(value)) {
                assertThat(HalfFloats.toBfloat16(value)).isEqualTo((short) bits);
            }
        }
    }

    @Test
    void everyHalfHasItsDefinedValue() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            int exponent = bits >> 10 & 31;
            int fraction = bits & 1023;
            double sign = bits < 1 << 15 ? 1 : -1;
            float value = HalfFloats.fromHalf((short) bits);
            if (exponent == 31) {
                assertThat(Float.isNaN(value)).isEqualTo(fraction != 0);
                assertThat(Float.isInfinite(value)).isEqualTo(fraction == 0);
            } else {
                double expected = exponent == 0 ? fraction * 0x1p-24
                        : (1 + fraction / 1024.0) * Math.pow(2, exponent - 15);
                assertThat((double) value).isEqualTo(sign * expected);
            }
        }
    }

    private static float roundTrip(float value) {
        return HalfFloats.fromBfloat16(HalfFloats.toBfloat16(value));
    }
}
