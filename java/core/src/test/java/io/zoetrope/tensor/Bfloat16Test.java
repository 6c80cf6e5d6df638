package io.zoetrope.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class Bfloat16Test {
    @Test
    void roundsToNearestEven() {
        // 1 + 2^-8 lies halfway between 1 and 1 + 2^-7: the even one is 1. Its double neighbour rounds up.
        assertThat(Bfloat16.round(1 + 0x1p-8f)).isEqualTo(1);
        assertThat(Bfloat16.round(1 + 3 * 0x1p-8f)).isEqualTo(1 + 0x1p-6f);
        assertThat(Bfloat16.round(Math.nextUp(1 + 0x1p-8f))).isEqualTo(1 + 0x1p-7f);
        assertThat(Bfloat16.round(-0f)).isEqualTo(-0f);
        assertThat(Bfloat16.round(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Bfloat16.round(Float.NEGATIVE_INFINITY)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(Bfloat16.round(Float.NaN)).isNaN();
        assertThat(Bfloat16.round(Float.intBitsToFloat(0x7f800001))).as("a NaN with only low bits set").isNaN();
    }

    @Test
    void everyValueSurvivesTheRoundTrip() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = Bfloat16.toFloat((short) bits);
            if (!Float.isNaN(value)) {
                assertThat(Bfloat16.fromFloat(value)).isEqualTo((short) bits);
            }
        }
    }
}
