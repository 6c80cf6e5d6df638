package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SoundPreparationTest {
    private static final int RATE = 16_000;
    private static final int SAMPLES = 4096;
    private static final SoundPreparation LOUD = new SoundPreparation(MelSpectrogram.RECOGNITION, SAMPLES, 0.9);

    @TempDir
    private Path folder;

    /** A tone of 1 kHz. */
    private static Sounds tone(int samples, int rate, double amplitude) {
        float[] values = new float[samples];
        for (int i = 0; i < samples; i++) {
            values[i] = (float) (amplitude * Math.sin(2 * Math.PI * 1000 * i / rate));
        }
        return Sounds.fromFloats(values, 1, samples, rate);
    }

    private Path wav(Sounds sound) throws IOException {
        Path file = folder.resolve("sound.wav");
        sound.writeWav(file);
        return file;
    }

    @Test
    void whatFitsIsTakenAsItIs() throws IOException {
        Sounds clip = tone(SAMPLES, RATE, 0.9);
        Preparation.Prepared prepared = LOUD.read(wav(clip));
        assertThat(prepared.describe()).isEqualTo("Taken as it is.");
        assertThat(prepared.image()).isEqualTo(MelSpectrogram.RECOGNITION.images(clip));
    }

    @Test
    void anotherRateLengthAndLoudnessAreBroughtToTheModelsAndSaid() throws IOException {
        Sounds quiet = tone(4410, 44_100, 0.09);
        ByteBuffer stereo = ByteBuffer.allocate(4 * quiet.samples()).order(ByteOrder.LITTLE_ENDIAN);
        for (short value : quiet.values()) {
            stereo.putShort(value).putShort(value);
        }
        Path file = Files.write(folder.resolve("stereo.wav"),
                WavBytes.file(WavBytes.format(1, 2, 44_100, 16), WavBytes.chunk("data", stereo.array())));
        Preparation.Prepared prepared = LOUD.read(file);
        assertThat(prepared.describe())
                .isEqualTo("Averaged its 2 channels; resampled it from 44100 to 16000 Hz; put its 0.10 s "
                        + "in the middle of 0.26 s, the rest silent; made it 20 dB louder.");
        Images heard = prepared.image();
        assertThat(List.of(heard.height(), heard.width())).containsExactly(64, 16);
        Images loud = MelSpectrogram.RECOGNITION.images(tone(SAMPLES, RATE, 0.9));
        for (int band = 0; band < 64; band++) { // the middle sounds as the tone would at the model's own rate and loudness
            assertThat(heard.pixels()[band * 16 + 8] & 0xff).as("band %d", band)
                    .isBetween((loud.pixels()[band * 16 + 8] & 0xff) - 3, (loud.pixels()[band * 16 + 8] & 0xff) + 3);
            assertThat(heard.pixels()[band * 16]).as("silence before").isZero();
        }
    }

    @Test
    void theMiddleOfALongSoundIsTaken() throws IOException {
        short[] values = new short[3 * SAMPLES];
        System.arraycopy(tone(SAMPLES, RATE, 0.9).values(), 0, values, SAMPLES, SAMPLES);
        Preparation.Prepared prepared = LOUD.read(wav(new Sounds(1, values.length, RATE, values)));
        assertThat(prepared.describe()).isEqualTo("Took the middle 0.26 of its 0.77 s.");
        assertThat(prepared.image()).isEqualTo(MelSpectrogram.RECOGNITION.images(tone(SAMPLES, RATE, 0.9)));
    }

    @Test
    void loudnessIsLeftWhereTheModelKnowsMany() throws IOException {
        Sounds alike = new Sounds(2, SAMPLES, RATE, joined(tone(SAMPLES, RATE, 0.5), tone(SAMPLES, RATE, 0.5)));
        Sounds mixed = new Sounds(2, SAMPLES, RATE, joined(tone(SAMPLES, RATE, 0.5), tone(SAMPLES, RATE, 0.1)));
        SoundPreparation one = SoundPreparation.like(set(alike));
        assertThat(one.peak()).isBetween(0.49, 0.51);
        assertThat(one.samples()).isEqualTo(SAMPLES);
        SoundPreparation any = SoundPreparation.like(set(mixed));
        assertThat(any.peak()).isZero();
        Path quiet = wav(tone(SAMPLES, RATE, 0.05));
        assertThat(one.read(quiet).done()).containsExactly("made it 20 dB louder");
        assertThat(any.read(quiet).done()).isEmpty();
        assertThat(one.read(wav(new Sounds(1, SAMPLES, RATE, new short[SAMPLES]))).image().pixels()).as("silence stays")
                .containsOnly(0);
    }

    private static short[] joined(Sounds a, Sounds b) {
        short[] both = Arrays.copyOf(a.values(), 2 * SAMPLES);
        System.arraycopy(b.values(), 0, both, SAMPLES, SAMPLES);
        return both;
    }

    private static AudioDataset set(Sounds sounds) {
        AudioDataset.Part part = new AudioDataset.Part(sounds, new int[2]);
        return new AudioDataset("tones", List.of("tone"), part, part);
    }

    @Test
    void picturesAndSoundsAreToldApart() throws IOException {
        Path picture = folder.resolve("picture.png");
        new Images(1, 4, 4, 1, new byte[16]).writePng(picture);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> LOUD.read(picture))
                .withMessageContaining("is a picture").withMessageContaining("a model of pictures");
        Path sound = wav(tone(SAMPLES, RATE, 0.9));
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> new PicturePreparation(4, 4, 1, true).read(sound)).withMessageContaining("is a sound")
                .withMessageContaining("a model of sounds");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> LOUD.read(folder.resolve("none.wav")))
                .withMessageContaining("does not exist");
        assertThatIllegalArgumentException().isThrownBy(() -> LOUD.images(tone(SAMPLES, 8000, 1)))
                .withMessageContaining("8000").withMessageContaining("16000");
        assertThatIllegalArgumentException().isThrownBy(() -> new SoundPreparation(MelSpectrogram.RECOGNITION, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new SoundPreparation(MelSpectrogram.RECOGNITION, 1, 1.5));
    }
}
