package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MelSpectrogramTest {
    private static final int RATE = 16_000;
    private static final int SAMPLES = 16_384;

    private static Sounds tone(double hertz, double amplitude) {
        float[] values = new float[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            values[i] = (float) (amplitude * Math.sin(2 * Math.PI * hertz * i / RATE));
        }
        return Sounds.fromFloats(values, 1, SAMPLES, RATE);
    }

    /** The band whose middle is nearest {@code hertz} on the mel scale. */
    private static int bandOf(double hertz, int bands) {
        double low = MelSpectrogram.toMel(50);
        double high = MelSpectrogram.toMel(8000);
        return (int) Math.round((MelSpectrogram.toMel(hertz) - low) / (high - low) * (bands + 1)) - 1;
    }

    @ParameterizedTest
    @ValueSource(doubles = {110, 440, 1000, 2500, 6000})
    void aToneIsLoudestInItsBandAtItsLevel(double hertz) {
        for (MelSpectrogram mel : new MelSpectrogram[] {MelSpectrogram.RECOGNITION, MelSpectrogram.DISPLAY}) {
            float[] decibels = mel.of(tone(hertz, 0.5), 0);
            int times = mel.times(SAMPLES);
            int middle = times / 2;
            int loudest = 0;
            for (int band = 0; band < mel.bands(); band++) {
                if (decibels[band * times + middle] > decibels[loudest * times + middle]) {
                    loudest = band;
                }
            }
            assertThat(loudest).isCloseTo(bandOf(hertz, mel.bands()), within(1));
            // Half of full scale is −6 dB; a narrow band catches but a part of the tone.
            assertThat(decibels[loudest * times + middle]).isBetween(-15f, -5f);
            assertThat(decibels[(mel.bands() - 1) * times + middle]).as("far from the tone").isLessThan(-60);
        }
    }

    @Test
    void wideBandsMeasureTheLevelExactly() {
        MelSpectrogram mel = MelSpectrogram.RECOGNITION;
        int times = mel.times(SAMPLES);
        double low = MelSpectrogram.toMel(50);
        double step = (MelSpectrogram.toMel(8000) - low) / (mel.bands() + 1);
        double centre = MelSpectrogram.toHertz(low + 60 * step);
        assertThat(mel.of(tone(centre, 1), 0)[59 * times + times / 2]).isCloseTo(0, within(1f));
        float quiet = mel.of(tone(centre, 0.01), 0)[59 * times + times / 2];
        assertThat(quiet).isCloseTo(mel.of(tone(centre, 1), 0)[59 * times + times / 2] - 40, within(0.1f));
    }

    @Test
    void everyClipAndTimeIsLookedAtOnItsOwn() {
        // A click in the third hop of the second clip; an odd number of hops, as two are transformed at a time.
        MelSpectrogram mel = new MelSpectrogram(RATE, 8, 256, 512, -80);
        short[] values = new short[3 * 1280];
        values[1280 + 2 * 256 + 128] = 32767;
        Sounds sounds = new Sounds(3, 1280, RATE, values);
        assertThat(mel.times(1280)).isEqualTo(5);
        for (int clip = 0; clip < 3; clip++) {
            float[] decibels = mel.of(sounds, clip);
            for (int band = 0; band < 8; band++) {
                for (int t = 0; t < 5; t++) {
                    float level = decibels[band * 5 + t];
                    if (clip != 1 || t == 0 || t == 4) {
                        assertThat(level).isEqualTo(-80);
                    } else if (t == 2) {
                        assertThat(level).as("a click holds every pitch").isGreaterThan(-60);
                    }
                }
            }
        }
    }

    @Test
    void aHopLaterIsOneTimeLater() {
        MelSpectrogram mel = MelSpectrogram.RECOGNITION;
        short[] noise = new short[8 * 256];
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (short) random.nextInt(-20_000 * i / noise.length - 1, 20_000 * i / noise.length + 1);
        }
        float[] now = mel.of(new Sounds(1, 8 * 256, RATE, noise), 0);
        float[] later = mel.of(new Sounds(1, 7 * 256, RATE, Arrays.copyOfRange(noise, 256, noise.length)), 0);
        for (int band = 0; band < mel.bands(); band++) {
            for (int t = 1; t < 6; t++) { // the first and last windows reach over the ends
                assertThat(later[band * 7 + t]).isCloseTo(now[band * 8 + t + 1], within(1e-3f));
            }
        }
    }

    @Test
    void picturesHaveHighPitchesAtTheTopAndOneRowABand(@TempDir Path folder) throws Exception {
        Images grey = MelSpectrogram.RECOGNITION.images(tone(6000, 1));
        assertThat(List.of(grey.count(), grey.height(), grey.width(), grey.channels())).containsExactly(1, 64, 64, 1);
        int row = 63 - bandOf(6000, 64);
        assertThat(grey.pixels()[row * 64 + 32] & 0xff).isGreaterThan(240);
        assertThat(grey.pixels()[(63 - row) * 64 + 32] & 0xff).isLessThan(40);
        Images picture = MelSpectrogram.DISPLAY.pictures(tone(6000, 1));
        assertThat(List.of(picture.height(), picture.width(), picture.channels())).containsExactly(128, 256, 3);
        picture.writePng(folder.resolve("tone.png"));
        assertThat(Images.read(folder.resolve("tone.png"))).isEqualTo(picture);
    }

    @Test
    void silenceIsTheFloorAndNonsenseIsRefused() {
        assertThat(MelSpectrogram.RECOGNITION.of(tone(1, 0), 0)).containsOnly(-80);
        assertThat(MelSpectrogram.RECOGNITION.images(tone(1, 0)).pixels()).containsOnly(0);
        assertThatIllegalArgumentException().isThrownBy(() -> new MelSpectrogram(RATE, 0, 1, 512, -80));
        assertThatIllegalArgumentException().isThrownBy(() -> new MelSpectrogram(RATE, 8, 1, 500, -80))
                .withMessageContaining("500");
        assertThatIllegalArgumentException().isThrownBy(() -> new MelSpectrogram(RATE, 8, 1, 512, 0));
        Sounds slow = new Sounds(1, 100, 8000, new short[100]);
        assertThatIllegalArgumentException().isThrownBy(() -> MelSpectrogram.RECOGNITION.of(slow, 0))
                .withMessageContaining("16000").withMessageContaining("8000");
    }

    @Test
    void aSetOfSoundsBecomesASetOfPictures() {
        AudioDataset.Part part = new AudioDataset.Part(tone(440, 1), new int[] {1});
        AudioDataset sounds = new AudioDataset("tones", List.of("low", "high"), part, part);
        assertThat(sounds.trainingExamples()).isEqualTo(1);
        assertThat(sounds.facts()).containsEntry("samples", SAMPLES).containsEntry("rate", RATE);
        ImageDataset pictures = sounds.spectrograms(MelSpectrogram.RECOGNITION);
        assertThat(pictures.classNames()).containsExactly("low", "high");
        assertThat(pictures.train().labels()).containsExactly(1);
        assertThat(pictures.height()).isEqualTo(64);
        assertThatIllegalArgumentException().isThrownBy(() -> new AudioDataset.Part(tone(440, 1), new int[2]))
                .withMessageContaining("2");
        AudioDataset.Part other = new AudioDataset.Part(new Sounds(1, 5, RATE, new short[5]), new int[1]);
        assertThatIllegalArgumentException().isThrownBy(() -> new AudioDataset("x", List.of("a"), part, other))
                .withMessageContaining("length");
    }
}
