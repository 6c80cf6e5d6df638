package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResamplerTest {
    private static float[] sine(double hertz, int rate, int samples) {
        float[] sound = new float[samples];
        for (int i = 0; i < samples; i++) {
            sound[i] = (float) Math.sin(2 * Math.PI * hertz * i / rate);
        }
        return sound;
    }

    /** The largest difference, away from the ends, where the filter sees the silence beyond. */
    private static double worst(float[] a, float[] b) {
        double worst = 0;
        for (int i = 200; i < Math.min(a.length, b.length) - 200; i++) {
            worst = Math.max(worst, Math.abs(a[i] - b[i]));
        }
        return worst;
    }

    @ParameterizedTest
    @CsvSource({"22050, 16000", "44100, 16000", "48000, 16000", "8000, 16000", "11025, 16000", "16001, 16000",
            "16000, 44100"})
    void tonesBelowTheLimitKeepTheirShape(int from, int to) {
        double limit = Math.min(from, to) / 2.0;
        for (double part : new double[] {0.03, 0.4, 0.87}) {
            double hertz = part * limit;
            float[] out = Resampler.of(from, to).apply(sine(hertz, from, from / 4));
            assertThat(out).hasSize((int) Math.ceil(from / 4 * (double) to / from));
            assertThat(worst(out, sine(hertz, to, out.length))).as("%s Hz", hertz).isLessThan(1.5e-3);
        }
    }

    @ParameterizedTest
    @CsvSource({"22050, 16000, 8100", "44100, 16000, 9000", "48000, 16000, 20000"})
    void tonesBeyondTheLimitAreSilenced(int from, int to, int hertz) {
        float[] out = Resampler.of(from, to).apply(sine(hertz, from, from / 4));
        assertThat(worst(out, new float[out.length])).isLessThan(1e-4);
    }

    @Test
    void theSameRateIsACopyAndEndsAreTreatedAsSilence() {
        float[] sound = {1, 2, 3};
        assertThat(Resampler.of(8000, 8000).apply(sound)).isNotSameAs(sound).containsExactly(sound);
        assertThat(Resampler.of(8000, 16000).apply(new float[] {1})).hasSize(2);
        assertThat(Resampler.of(48000, 16000).apply(new float[0])).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> Resampler.of(0, 16000)).withMessageContaining("0");
    }

    @Property(tries = 25, edgeCases = EdgeCasesMode.NONE)
    void constantsStayConstantAtAnyRatio(@ForAll @IntRange(min = 1000, max = 96000) int from,
            @ForAll @IntRange(min = 1000, max = 96000) int to) {
        float[] sound = new float[(int) (400L * from / Math.min(from, to))];
        Arrays.fill(sound, 0.5f);
        float[] out = Resampler.of(from, to).apply(sound);
        assertThat(out[out.length / 2]).isCloseTo(0.5f, within(1e-5f));
        for (float value : out) {
            assertThat(value).isBetween(-0.2f, 0.7f);
        }
    }
}
