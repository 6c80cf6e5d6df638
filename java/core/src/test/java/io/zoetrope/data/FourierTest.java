package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FourierTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8, 64, 256})
    void agreesWithTheDefinition(int size) {
        SplittableRandom random = new SplittableRandom(size);
        double[] real = random.doubles(size, -1, 1).toArray();
        double[] imaginary = random.doubles(size, -1, 1).toArray();
        double[] re = real.clone();
        double[] im = imaginary.clone();
        new Fourier(size).transform(re, im);
        for (int k = 0; k < size; k++) {
            double sumRe = 0;
            double sumIm = 0;
            for (int n = 0; n < size; n++) {
                double angle = -2 * Math.PI * k * n / size;
                sumRe += real[n] * Math.cos(angle) - imaginary[n] * Math.sin(angle);
                sumIm += real[n] * Math.sin(angle) + imaginary[n] * Math.cos(angle);
            }
            assertThat(re[k]).isCloseTo(sumRe, within(1e-11 * size));
            assertThat(im[k]).isCloseTo(sumIm, within(1e-11 * size));
        }
    }

    @Test
    void otherSizesAreRefused() {
        for (int size : new int[] {0, -4, 3, 100}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new Fourier(size)).withMessageContaining("" + size);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new Fourier(4).transform(new double[4], new double[8]))
                .withMessageContaining("8");
    }
}
