package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalfFloatsTest {
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
}
