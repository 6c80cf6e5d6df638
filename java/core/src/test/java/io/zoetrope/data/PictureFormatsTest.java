package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.zoetrope.io.BadFileException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the formats of pictures allow and decoders do not all heed. */
class PictureFormatsTest {
    private static final byte[] NOTHING = new byte[0];

    @TempDir
    private Path folder;

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void greyPngsOfFewBitsAreGreyFromBlackToWhite(int bits) throws IOException {
        SplittableRandom random = new SplittableRandom(bits);
        int most = (1 << bits) - 1;
        for (int width = 1; width < 20; width++) {
            int[] values = random.ints(3L * width, 0, most + 1).toArray();
            Images image = Images.read(file("grey.png", PngBytes.grey(width, 3, bits, values, NOTHING, NOTHING)));
            assertThat(image.channels()).isEqualTo(1);
            for (int i = 0; i < values.length; i++) {
                assertThat(image.pixels()[i] & 0xff).isEqualTo(values[i] * 255 / most);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void theTransparentGreyOfAPngLiesOnWhite(int bits) throws IOException {
        byte[] transparent = PngBytes.chunk("tRNS", new byte[] {0, 0}); // black
        ImageFiles.Decoded decoded = ImageFiles
                .decode(file("clear.png", PngBytes.grey(3, 1, bits, new int[] {0, 1, 0}, transparent, NOTHING)));
        assertThat(decoded.image().pixels()).containsExactly(-1, 255 / ((1 << bits) - 1), -1);
        assertThat(decoded.done()).containsExactly("laid it over white where it is transparent");
    }

    @Test
    void palettesOfGreysAloneAreGreyAndOthersRgb() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
        image.setRGB(1, 0, 0xffffffff);
        ImageIO.write(image, "bmp", folder.resolve("two.bmp").toFile());
        assertThat(Images.read(folder.resolve("two.bmp"))).isEqualTo(new Images(1, 1, 2, 1, new byte[] {0, -1}));
        BufferedImage coloured = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
        coloured.setRGB(0, 0, 0xff0000);
        ImageIO.write(coloured, "gif", folder.resolve("red.gif").toFile());
        assertThat(Images.read(folder.resolve("red.gif"))).isEqualTo(new Images(1, 1, 1, 3, new byte[] {-1, 0, 0}));
    }

    /** A GIF of one black pixel whose frame and screen are made to differ. */
    private static byte[] gif(int width, int height, int left, int top) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY), "gif", out);
        ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort(6, (short) width).putShort(8, (short) height);
        int table = (bytes.get(10) & 0x80) == 0 ? 0 : 3 << (bytes.get(10) & 7) + 1;
        int at = 13 + table;
        while (bytes.get(at) == 0x21) { // extensions: an introducer, a label, sub-blocks up to an empty one
            at += 2;
            while (bytes.get(at) != 0) {
                at += 1 + (bytes.get(at) & 0xff);
            }
            at++;
        }
        assertThat(bytes.get(at)).isEqualTo((byte) 0x2c);
        bytes.putShort(at + 1, (short) left).putShort(at + 3, (short) top);
        return bytes.array();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0, 0, 1, 1", "3, 2, 1, 1, 3, 2", "3, 2, 0, 0, 3, 2", "2, 2, 3, 1, 4, 2", "0, 0, 0, 0, 1, 1"})
    void aGifsFrameLiesWhereItSays(int width, int height, int left, int top, int across, int down) throws IOException {
        ImageFiles.Decoded decoded = ImageFiles.decode(file("small.gif", gif(width, height, left, top)));
        byte[] expected = new byte[across * down];
        Arrays.fill(expected, (byte) 255);
        expected[top * across + left] = 0;
        assertThat(decoded.image()).isEqualTo(new Images(1, down, across, 1, expected));
        assertThat(decoded.done()).hasSize(across * down > 1 ? 1 : 0);
    }

    @Test
    void aGifThatClaimsAHugeScreenIsRefused() throws IOException {
        Path file = file("huge.gif", gif(65_535, 65_535, 0, 0));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Images.read(file))
                .withMessageContaining("65535 × 65535 pixels");
    }

    @Test
    void pngsAreTurnedByTheirExifWhereverItStands() throws IOException {
        byte[] jpeg = OrientationTest.tagged(new byte[] {(byte) 0xff, (byte) 0xd8}, 6, ByteOrder.BIG_ENDIAN);
        byte[] exif = PngBytes.chunk("eXIf", Arrays.copyOfRange(jpeg, 12, jpeg.length));
        int[] values = {10, 20};
        for (byte[] png : new byte[][] {PngBytes.grey(2, 1, 8, values, exif, NOTHING),
                PngBytes.grey(2, 1, 8, values, NOTHING, exif)}) {
            ImageFiles.Decoded decoded = ImageFiles.decode(file("turned.png", png));
            assertThat(decoded.image()).isEqualTo(new Images(1, 2, 1, 1, new byte[] {10, 20}));
            assertThat(decoded.done()).singleElement().asString().contains("upright");
        }
    }

    @Test
    void fillBytesBeforeAJpegsMarkersAreAllowed() {
        byte[] jpeg = OrientationTest.tagged(new byte[] {(byte) 0xff, (byte) 0xd8}, 3, ByteOrder.LITTLE_ENDIAN);
        byte[] filled = new byte[jpeg.length + 5];
        filled[0] = (byte) 0xff;
        filled[1] = (byte) 0xd8;
        filled[2] = (byte) 0xff; // a marker that stands alone
        filled[3] = 0x01;
        Arrays.fill(filled, 4, 7, (byte) 0xff);
        System.arraycopy(jpeg, 2, filled, 7, jpeg.length - 2);
        assertThat(Orientation.of(filled)).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"RIFFxxxxWEBPVP8, a WebP picture", "II*0xxxxxxxxxxx, a TIFF picture",
            "xxxxftypheicxxxx, a HEIF picture", "xxxxftypavifxxxx, an AVIF picture",
            "<svg xmlns=\"http\">, perhaps an SVG", "plain text, is not a picture"})
    void otherFormatsAreRefusedByName(String start, String named) throws IOException {
        Path file = file("picture.png", start.replace("*0", "*\0").getBytes(StandardCharsets.US_ASCII));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Images.read(file))
                .withMessageContaining(named).withMessageContaining("expected a PNG, JPEG, GIF or BMP");
    }

    /** Whatever is wrong with a file, the answer is a picture or a line that names it. */
    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg", "gif", "bmp"})
    void damagedPicturesAreReadOrRefused(String format) throws IOException {
        SplittableRandom random = new SplittableRandom(format.hashCode());
        BufferedImage image = new BufferedImage(9, 7, BufferedImage.TYPE_BYTE_INDEXED);
        BufferedImage plain = new BufferedImage(9, 7, BufferedImage.TYPE_INT_RGB);
        plain.setRGB(4, 4, 0xff8000);
        image.createGraphics().drawImage(plain, 0, 0, null);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(ImageIO.write(format.equals("jpg") ? plain : image, format, out)).isTrue();
        byte[] whole = format.equals("jpg") ? OrientationTest.tagged(out.toByteArray(), 6, ByteOrder.BIG_ENDIAN)
                : out.toByteArray();
        for (int trial = 0; trial < 400; trial++) {
            byte[] damaged = random.nextInt(4) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length))
                    : whole.clone();
            for (int i = random.nextInt(4); i > 0 && damaged.length > 0; i--) {
                damaged[random.nextInt(Math.min(damaged.length, 200))] = (byte) random.nextInt();
            }
            Path file = file("damaged." + format, damaged);
            try {
                assertThat(ImageFiles.decode(file).image().count()).isOne();
            } catch (BadFileException e) {
                assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
            }
        }
    }

    @Test
    void aWholeTiffIsRefusedThoughJavaReadsSome() throws IOException {
        Path file = folder.resolve("whole.tif");
        assertThat(ImageIO.write(new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB), "tiff", file.toFile())).isTrue();
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Images.read(file))
                .withMessageContaining("a TIFF picture");
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whatIsNoFileIsRefusedWithoutWaiting() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe.png");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        PicturePreparation pictures = new PicturePreparation(4, 4, 1, false);
        SoundPreparation sounds = new SoundPreparation(MelSpectrogram.RECOGNITION, 16, 0);
        for (Preparation preparation : new Preparation[] {pictures, sounds}) {
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> preparation.read(pipe))
                    .withMessageContaining("is a pipe or a device").withMessageContaining("to a file first");
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> preparation.read(folder))
                    .withMessageContaining("is a folder");
        }
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> IdxReader.read(pipe))
                .withMessageContaining("is a pipe or a device");
        Path gone = Files.createSymbolicLink(folder.resolve("gone.png"), Path.of("nowhere"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Images.read(gone))
                .withMessageContaining("is a link to nowhere, which does not exist");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Images.read(file("empty.png", NOTHING)))
                .withMessageContaining("empty.png: is empty");
    }
}
