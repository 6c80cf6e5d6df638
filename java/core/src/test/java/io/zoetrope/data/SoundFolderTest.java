package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SoundFolderTest {
    @TempDir
    private Path folder;

    private static Sounds constant(int value, int samples, int rate) {
        short[] values = new short[samples];
        Arrays.fill(values, (short) value);
        return new Sounds(1, samples, rate, values);
    }

    @BeforeEach
    void twoClasses() throws IOException {
        for (int i = 0; i < 10; i++) {
            constant(100 + i, 10, 16000).writeWav(folder.resolve("high/" + i + ".wav"));
            constant(200 + i, 10, 16000).writeWav(folder.resolve("low/" + i + ".WAV"));
        }
        Files.writeString(folder.resolve("low/notes.txt"), "not a sound");
    }

    @Test
    void subfoldersAreClassesAndEveryTenthFileIsForTesting() throws IOException {
        assertThat(SoundFolder.isIn(folder)).isTrue();
        AudioDataset set = SoundFolder.load(folder, 16000, 10);
        assertThat(set.classNames()).containsExactly("high", "low");
        assertThat(set.train().labels()).hasSize(18).startsWith(0).endsWith(1);
        assertThat(set.test().labels()).containsExactly(0, 1);
        assertThat(set.test().sounds().values()).startsWith((short) 109).endsWith((short) 209);
        assertThat(set.rate()).isEqualTo(16000);
        assertThat(set.samples()).isEqualTo(10);
    }

    @Test
    void shortSoundsLieInTheMiddleAndLongOnesAreCutThere() throws IOException {
        Path direct = folder.resolve("high");
        constant(7, 3, 16000).writeWav(direct.resolve("0.wav"));
        short[] ramp = new short[29];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = (short) i;
        }
        new Sounds(1, 29, 16000, ramp).writeWav(direct.resolve("1.wav"));
        AudioDataset set = SoundFolder.load(direct, 16000, 10);
        assertThat(set.classNames()).containsExactly("high");
        short[] values = set.train().sounds().values();
        assertThat(Arrays.copyOf(values, 10)).containsExactly(0, 0, 0, 7, 7, 7, 0, 0, 0, 0);
        assertThat(Arrays.copyOfRange(values, 10, 30)).startsWith((short) 4).endsWith((short) 23);
        assertThat(set.train().sounds().count()).isEqualTo(10);
    }

    @Test
    void otherRatesAreResampled() throws IOException {
        constant(1000, 8000, 8000).writeWav(folder.resolve("high/0.wav"));
        AudioDataset set = SoundFolder.load(folder, 16000, 16000);
        assertThat(set.train().sounds().values()[8000]).isEqualTo((short) 1000);
    }

    @Test
    void soundsInAnotherFormatAreRefusedByName() throws IOException {
        Files.writeString(folder.resolve("low/song.MP3"), "ID3");
        assertThat(SoundFolder.isIn(folder)).isTrue();
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> SoundFolder.load(folder, 16000, 10))
                .withMessageContaining("song.MP3: is a sound in the format MP3").withMessageContaining("expected WAV");
    }

    @Test
    void foldersWithTooLittleAndBadFilesAreNamed() throws IOException {
        Path few = folder.resolve("few");
        constant(1, 3, 16000).writeWav(few.resolve("0.wav"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> SoundFolder.load(few, 16000, 10))
                .withMessageContaining("class 'few' holds 1 sound, 0.wav").withMessageContaining("at least 2");
        constant(1, 3, 16000).writeWav(few.resolve("1.wav"));
        Files.writeString(folder.resolve("low/5.WAV"), "no sound");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> SoundFolder.load(folder, 16000, 10))
                .withMessageContaining("5.WAV").withMessageContaining("RIFF");
    }
}
