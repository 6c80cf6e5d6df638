package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.zoetrope.io.BadFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WavFilesTest {
    @TempDir
    private Path folder;

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static float[] values(byte[] format, byte[] data) throws IOException {
        return WavFiles.parse(WavBytes.file(format, WavBytes.chunk("data", data)), "x.wav").values();
    }

    @Test
    void readsEveryWidth() throws IOException {
        assertThat(values(WavBytes.format(1, 1, 8000, 8), new byte[] {0, (byte) 128, (byte) 192, (byte) 255}))
                .containsExactly(-1, 0, 0.5f, 127 / 128f);
        assertThat(values(WavBytes.format(1, 1, 8000, 16),
                bytes(6).putShort((short) -32768).putShort((short) 0).putShort((short) 16384).array()))
                .containsExactly(-1, 0, 0.5f);
        assertThat(values(WavBytes.format(1, 1, 8000, 24),
                new byte[] {0, 0, (byte) 0x80, 0, 0, 0x40, -1, -1, -1, 0, (byte) 0x80, 0x10}))
                .containsExactly(-1, 0.5f, -1 / 8388608f, 0x108000 / 8388608f);
        assertThat(values(WavBytes.format(1, 1, 8000, 32), bytes(8).putInt(Integer.MIN_VALUE).putInt(1 << 30).array()))
                .containsExactly(-1, 0.5f);
        assertThat(values(WavBytes.format(3, 1, 8000, 32), bytes(16).putFloat(-1.5f).putFloat(0.25f).putFloat(Float.NaN)
                .putFloat(Float.POSITIVE_INFINITY).array())).containsExactly(-1.5f, 0.25f, 0, 0);
        assertThat(values(WavBytes.format(3, 1, 8000, 64), bytes(8).putDouble(0.125).array())).containsExactly(0.125f);
        assertThat(values(WavBytes.extensible(1, 1, 8000, 16), bytes(2).putShort((short) 8192).array()))
                .containsExactly(0.25f);
        assertThat(values(WavBytes.extensible(3, 1, 8000, 32), bytes(4).putFloat(0.75f).array()))
                .containsExactly(0.75f);
    }

    @Test
    void mixesChannels() throws IOException {
        byte[] data = bytes(12).putShort((short) 16384).putShort((short) 0).putShort((short) -16384)
                .putShort((short) -8192).putShort((short) 0).putShort((short) 8192).array();
        assertThat(values(WavBytes.format(1, 2, 44100, 16), data)).containsExactly(0.25f, -0.375f, 0.125f);
        assertThat(values(WavBytes.format(1, 3, 44100, 16), data)).containsExactly(0, 0);
    }

    @Test
    void skipsOtherChunksAndStreamedLengths() throws IOException {
        byte[] odd = WavBytes.chunk("LIST", new byte[] {1, 2, 3});
        byte[] sound = bytes(4).putShort((short) 16384).putShort((short) 1).array();
        byte[] format = WavBytes.format(1, 1, 22050, 16);
        assertThat(WavFiles.parse(WavBytes.file(odd, format, odd, WavBytes.chunk("data", sound), odd), "x").values())
                .hasSize(2);
        for (int size : new int[] {0, -1, 0x7ffff000}) {
            WavFiles.Wave wave = WavFiles.parse(WavBytes.file(format, WavBytes.chunk("data", size, sound)), "x");
            assertThat(wave.values()).hasSize(2);
            assertThat(wave.rate()).isEqualTo(22050);
        }
    }

    @Test
    void aLengthOfNothingBeforeOtherChunksIsMeant() {
        byte[] format = WavBytes.format(1, 1, 22050, 16);
        byte[] none = WavBytes.chunk("data", new byte[0]);
        refused(WavBytes.file(format, none, WavBytes.chunk("LIST", new byte[5])), "holds no sound");
        refused(WavBytes.file(format, none), "holds no sound");
    }

    /**
     * Files as the formats allow them, at random: both forms of the header, any width, RF64, chunks of odd length all
     * over.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void readsWhateverTheFormatsAllow(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        for (int trial = 0; trial < 50; trial++) {
            int bits = random.nextInt(1, 33);
            int width = (bits + 7) / 8;
            int channels = random.nextInt(1, 4);
            int frames = random.nextInt(1, 40);
            ByteBuffer data = bytes(frames * channels * width);
            float[] expected = new float[frames];
            for (int i = 0; i < frames; i++) {
                double sum = 0;
                for (int c = 0; c < channels; c++) {
                    long value = random.nextLong(-(1L << bits - 1), 1L << bits - 1);
                    sum += value / (double) (1L << bits - 1);
                    long top = (value << 8 * width - bits) + (width == 1 ? 128 : 0);
                    for (int b = 0; b < width; b++) {
                        data.put((byte) (top >> 8 * b));
                    }
                }
                expected[i] = (float) (sum / channels);
            }
            boolean extensible = bits % 8 == 0 && random.nextBoolean();
            byte[] format = extensible ? WavBytes.extensible(1, channels, 8000, bits)
                    : WavBytes.format(1, channels, 8000, bits, channels * width);
            byte[] other = WavBytes.chunk("bext", new byte[random.nextInt(6)]);
            boolean large = random.nextBoolean();
            byte[] sound = WavBytes.chunk("data", large ? -1 : data.capacity(), data.array());
            byte[] file = large ? WavBytes.large(data.capacity(), other, format, other, sound, other)
                    : WavBytes.file(other, format, other, sound, other);
            assertThat(WavFiles.parse(file, "x").values()).as("%d bits", bits).containsExactly(expected);
        }
    }

    @Test
    void refusesWhatItCannotRead() {
        byte[] sound = new byte[64];
        byte[] data = WavBytes.chunk("data", sound);
        byte[] good = WavBytes.format(1, 1, 8000, 16);
        refused(new byte[0], "holds only 0 bytes");
        refused(WavBytes.ascii("OggS012345678901"), "starts with 'OggS'", "Convert it to WAV");
        byte[] big = WavBytes.file(good, data);
        big[3] = 'X';
        refused(big, "RIFX", "Convert it to WAV");
        refused(WavBytes.file(data), "data comes before its format");
        refused(WavBytes.file(), "no format chunk");
        refused(WavBytes.file(good), "no data chunk");
        refused(WavBytes.file(good, WavBytes.chunk("data", new byte[0])), "holds no sound");
        refused(WavBytes.file(good, WavBytes.chunk("data", new byte[1])), "holds no sound");
        refused(WavBytes.file(WavBytes.chunk("fmt ", new byte[12]), data), "format chunk has 12 bytes");
        refused(WavBytes.file(WavBytes.format(0xfffe, 1, 8000, 16), data), "extensible format chunk has 16");
        refused(WavBytes.file(WavBytes.format(7, 1, 8000, 8), data), "format 7 (µ-law) of 8 bits",
                "Convert it to 16-bit PCM");
        refused(WavBytes.file(WavBytes.format(1, 1, 8000, 12), data), "blocks of 1 bytes", "expected 2");
        refused(WavBytes.file(WavBytes.format(1, 1, 8000, 33), data), "format 1 of 33 bits");
        byte[] own = WavBytes.extensible(1, 1, 8000, 16);
        own[8 + 26]++;
        refused(WavBytes.file(own, data), "a format of its own");
        refused(WavBytes.file(WavBytes.format(3, 1, 8000, 16), data), "format 3 of 16 bits");
        refused(WavBytes.file(WavBytes.format(1, 0, 8000, 16), data), "claims 0 channels");
        refused(WavBytes.file(WavBytes.format(1, 65, 8000, 16), data), "claims 65 channels");
        refused(WavBytes.file(WavBytes.format(1, 1, 0, 16), data), "claims 0 samples");
        refused(WavBytes.file(WavBytes.format(1, 1, -1, 16), data), "claims 4294967295 samples");
        refused(WavBytes.file(WavBytes.format(1, 2, 8000, 16, 2), data), "blocks of 2 bytes", "expected 4");
        refused(WavBytes.file(good, WavBytes.chunk("data", 100, sound)), "truncated: 64 bytes of sound of 100");
        refused(WavBytes.file(WavBytes.chunk("LIST", Integer.MAX_VALUE, new byte[4]), good, data), "no format chunk");
    }

    @Test
    void refusesEveryTruncation() throws IOException {
        byte[] whole = WavBytes.file(WavBytes.format(1, 1, 8000, 16), WavBytes.chunk("data", new byte[64]));
        WavFiles.parse(whole, "x.wav");
        for (int length = 0; length < whole.length; length++) {
            refused(Arrays.copyOf(whole, length));
        }
    }

    @Test
    void refusesFilesThatDoNotFitInMemory() throws IOException {
        Path file = folder.resolve("huge.wav");
        try (RandomAccessFile huge = new RandomAccessFile(file.toFile(), "rw")) {
            huge.setLength((1L << 30) + 1); // sparse: costs no disk
        }
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Sounds.read(file))
                .withMessageContaining("huge.wav").withMessageContaining("1073741825 bytes");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Sounds.read(folder.resolve("none.wav")))
                .withMessageContaining("does not exist");
    }

    private static void refused(byte[] file, String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> WavFiles.parse(file, "some.wav"))
                .withMessageStartingWith("some.wav: ").satisfies(e -> assertThat(e.getMessage())
                        .contains(parts.length == 0 ? new String[] {"expected"} : parts).doesNotContain("\n"));
    }

    @Test
    void whatIsWrittenIsReadExactlyByUsAndByJava() throws Exception {
        short[] values = new short[4097];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < values.length; i++) {
            values[i] = (short) random.nextInt();
        }
        values[0] = Short.MIN_VALUE;
        values[1] = Short.MAX_VALUE;
        Sounds sound = new Sounds(1, values.length, 16000, values);
        Path file = folder.resolve("deep/x.wav");
        sound.writeWav(file);
        assertThat(Sounds.read(file)).isEqualTo(sound);
        assertThat(Sounds.read(file, 16000)).isEqualTo(sound);
        try (AudioInputStream in = AudioSystem
                .getAudioInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
            assertThat(in.getFormat().matches(new AudioFormat(16000, 16, 1, true, false))).isTrue();
            ShortsOf.assertSame(in.readAllBytes(), values);
        }
        try (var files = Files.list(folder.resolve("deep"))) {
            assertThat(files).as("nothing left beside it").containsExactly(file);
        }
    }

    /** Compares little-endian bytes with samples. */
    private static final class ShortsOf {
        static void assertSame(byte[] bytes, short[] values) {
            short[] read = new short[bytes.length / 2];
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(read);
            assertThat(read).containsExactly(values);
        }
    }

    @Test
    void batchesJoinSliceAndConvert() {
        Sounds two = Sounds.fromFloats(new float[] {-1, 0.5f, 2, Float.NaN}, 2, 2, 1000);
        assertThat(two.values()).containsExactly(Short.MIN_VALUE, (short) 16384, Short.MAX_VALUE, (short) 0);
        assertThat(two.toFloats(0, 1)).containsExactly(-1, 0.5f);
        float[] out = new float[3];
        two.toFloats(1, out, 1);
        assertThat(out).containsExactly(0, 32767 / 32768f, 0);
        assertThat(two.slice(1, 2).values()).containsExactly(Short.MAX_VALUE, (short) 0);
        assertThat(two.joined(0.003))
                .isEqualTo(new Sounds(1, 7, 1000, new short[] {Short.MIN_VALUE, 16384, 0, 0, 0, Short.MAX_VALUE, 0}));
        assertThatIllegalStateException().isThrownBy(() -> two.writeWav(folder.resolve("x.wav")))
                .withMessageContaining("joined");
        assertThatIllegalArgumentException().isThrownBy(() -> two.joined(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Sounds(2, 2, 1000, new short[3]));
        assertThatIllegalArgumentException().isThrownBy(() -> new Sounds(1, 0, 1000, new short[0]));
    }
}
