package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ResizingTest {
    private static Images random(int height, int width, int channels, long seed) {
        byte[] pixels = new byte[height * width * channels];
        new SplittableRandom(seed).nextBytes(pixels);
        return new Images(1, height, width, channels, pixels);
    }

    @Property(tries = 300)
    void weightsAreAMeanOverPixelsThatExist(@ForAll @IntRange(min = 1, max = 300) int from,
            @ForAll @IntRange(min = 1, max = 300) int to) {
        Resizing.Axis axis = Resizing.Axis.of(from, to);
        double[] taken = new double[from];
        for (int i = 0; i < to; i++) {
            double sum = 0;
            for (int k = 0; k < axis.weights()[i].length; k++) {
                float weight = axis.weights()[i][k];
                assertThat(weight).isBetween(-1e-6f, 1 + 1e-6f);
                sum += weight;
                taken[axis.first()[i] + k] += weight;
            }
            assertThat(sum).isCloseTo(1, within(1e-5));
        }
        if (to <= from) { // by area: every old pixel counts alike
            for (double share : taken) {
                assertThat(share).isCloseTo((double) to / from, within(1e-4));
            }
        }
    }

    @Property(tries = 100)
    void valuesStayWithinThoseOfThePicture(@ForAll @IntRange(min = 1, max = 40) int height,
            @ForAll @IntRange(min = 1, max = 40) int width, @ForAll @IntRange(min = 1, max = 40) int newHeight,
            @ForAll @IntRange(min = 1, max = 40) int newWidth, @ForAll long seed) {
        Images image = random(height, width, 3, seed);
        Images resized = Resizing.resize(image, newHeight, newWidth);
        for (int c = 0; c < 3; c++) {
            int low = 255;
            int high = 0;
            for (int i = c; i < image.pixels().length; i += 3) {
                low = Math.min(low, image.pixels()[i] & 0xff);
                high = Math.max(high, image.pixels()[i] & 0xff);
            }
            for (int i = c; i < resized.pixels().length; i += 3) {
                assertThat(resized.pixels()[i] & 0xff).isBetween(low, high);
            }
        }
        assertThat(Resizing.resize(image, height, width)).isEqualTo(image);
    }

    @Test
    void shrinkingAveragesByArea() {
        Images image = new Images(1, 2, 3, 1, new byte[] {0, 60, 120, (byte) 200, 100, 0});
        assertThat(Resizing.resize(image, 1, 1).pixels()).containsExactly(80);
        // Two of three across: the middle column is shared by halves.
        assertThat(Resizing.resize(image, 2, 2).pixels()).containsExactly(20, 100, (byte) 167, 33);
        assertThat(Resizing.resize(image, 1, 3).pixels()).containsExactly(100, 80, 60);
    }

    @Test
    void growingInterpolatesBetweenCentres() {
        Images image = new Images(1, 1, 2, 1, new byte[] {0, 100});
        assertThat(Resizing.resize(image, 1, 4).pixels()).containsExactly(0, 25, 75, 100);
        assertThat(Resizing.resize(image, 3, 2).pixels()).containsExactly(0, 100, 0, 100, 0, 100);
        assertThat(Resizing.resize(new Images(1, 1, 1, 1, new byte[] {9}), 2, 2).pixels()).containsExactly(9, 9, 9, 9);
    }
}
