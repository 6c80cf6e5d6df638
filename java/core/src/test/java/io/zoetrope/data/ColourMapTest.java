package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ColourMapTest {
    private static Images levels() {
        byte[] all = new byte[256];
        for (int i = 0; i < 256; i++) {
            all[i] = (byte) i;
        }
        return ColourMap.apply(new Images(1, 1, 256, 1, all));
    }

    /** CIE lightness L* of an sRGB colour: a measure other than the one the colours are made by. */
    private static double lightness(byte[] rgb, int index) {
        double[] weights = {0.2126, 0.7152, 0.0722};
        double y = 0;
        for (int c = 0; c < 3; c++) {
            double v = (rgb[3 * index + c] & 0xff) / 255.0;
            y += weights[c] * (v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4));
        }
        return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
    }

    @Test
    void lightnessRisesEvenlyFromDarkToLight() {
        byte[] rgb = levels().pixels();
        double first = lightness(rgb, 0);
        double last = lightness(rgb, 255);
        assertThat(first).isLessThan(12);
        assertThat(last).isGreaterThan(88);
        for (int i = 0; i + 16 < 256; i++) {
            double step = lightness(rgb, i + 16) - lightness(rgb, i);
            assertThat(step).as("level %d", i).isCloseTo((last - first) / 255 * 16, within(2.2));
        }
    }

    @Test
    void colourGoesFromVioletOverGreenToYellow() {
        byte[] rgb = levels().pixels();
        int[] middle = {rgb[3 * 140] & 0xff, rgb[3 * 140 + 1] & 0xff, rgb[3 * 140 + 2] & 0xff};
        assertThat(rgb[2] & 0xff).as("dark: more blue than green").isGreaterThan(rgb[1] & 0xff);
        assertThat(middle[1]).as("middle: more green than red").isGreaterThan(middle[0] + 30);
        assertThat(rgb[765] & 0xff).as("light: red and green over blue").isGreaterThan((rgb[767] & 0xff) + 30);
        assertThatIllegalArgumentException().isThrownBy(() -> ColourMap.apply(levels())).withMessageContaining("RGB");
    }
}
