package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.zoetrope.io.BadFileException;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PicturePreparationTest {
    private static final PicturePreparation DIGITS = new PicturePreparation(28, 28, 1, true);
    private static final PicturePreparation PHOTOS = new PicturePreparation(32, 32, 3, false);

    @TempDir
    private Path folder;

    /** A dark disc on a light ground, or whatever the colours. */
    private static BufferedImage disc(int width, int height, int type, Color ground, Color disc) {
        BufferedImage image = new BufferedImage(width, height, type);
        Graphics2D g = image.createGraphics();
        g.setColor(ground);
        g.fillRect(0, 0, width, height);
        g.setColor(disc);
        g.fillOval(width / 4, height / 4, width / 2, height / 2);
        g.dispose();
        return image;
    }

    private Path write(BufferedImage image, String format) throws IOException {
        Path file = folder.resolve("picture." + format);
        assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
        return file;
    }

    private static int at(Images image, int y, int x, int channel) {
        return image.pixels()[(y * image.width() + x) * image.channels() + channel] & 0xff;
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg", "gif", "bmp"})
    void aDarkThingOnPaperBecomesALightThingOnBlack(String format) throws IOException {
        Path file = write(disc(300, 150, BufferedImage.TYPE_INT_RGB, new Color(250, 245, 240), new Color(20, 30, 60)),
                format);
        PicturePreparation.Prepared prepared = DIGITS.read(file);
        Images image = prepared.image();
        assertThat(List.of(image.height(), image.width(), image.channels())).containsExactly(28, 28, 1);
        assertThat(at(image, 14, 14, 0)).as("the disc").isGreaterThan(210);
        assertThat(at(image, 14, 1, 0)).as("the paper").isLessThan(20);
        assertThat(at(image, 0, 0, 0)).as("the padding has the paper's colour").isCloseTo(at(image, 14, 1, 0),
                within(3));
        assertThat(prepared.done()).hasSize(4);
        assertThat(prepared.describe()).startsWith("Reduced its colours to grey; inverted it").endsWith(".")
                .contains("shrank it from 300 × 150 to 28 × 14 pixels").contains("padded it to 28 × 28");
    }

    @Test
    void aPictureThatFitsIsTakenAsItIs() throws IOException {
        Path file = write(disc(28, 28, BufferedImage.TYPE_BYTE_GRAY, Color.BLACK, Color.WHITE), "png");
        PicturePreparation.Prepared prepared = DIGITS.read(file);
        assertThat(prepared.done()).isEmpty();
        assertThat(prepared.describe()).isEqualTo("Taken as it is.");
        assertThat(prepared.image()).isEqualTo(Images.read(file));
        assertThat(DIGITS.prepare(prepared.image()).image()).isEqualTo(prepared.image());
    }

    @Test
    void backgroundsAreLeftAloneUnlessTheModelsAreDark() throws IOException {
        Path file = write(disc(32, 32, BufferedImage.TYPE_INT_RGB, Color.WHITE, Color.RED), "png");
        PicturePreparation.Prepared prepared = PHOTOS.read(file);
        assertThat(prepared.done()).isEmpty();
        assertThat(at(prepared.image(), 0, 0, 1)).isEqualTo(255);
        assertThat(at(prepared.image(), 16, 16, 0)).isEqualTo(255);
        assertThat(at(prepared.image(), 16, 16, 1)).isZero();
    }

    @Test
    void greyIsWidenedForColourModelsAndSmallPicturesAreEnlarged() throws IOException {
        Path file = write(disc(8, 16, BufferedImage.TYPE_BYTE_GRAY, Color.BLACK, Color.WHITE), "png");
        PicturePreparation.Prepared prepared = PHOTOS.read(file);
        assertThat(prepared.describe()).contains("Enlarged it from 8 × 16 to 16 × 32").contains("padded")
                .contains("for all three colours");
        assertThat(at(prepared.image(), 16, 16, 0)).isEqualTo(255);
        assertThat(at(prepared.image(), 16, 16, 2)).isEqualTo(255);
        assertThat(at(prepared.image(), 16, 0, 1)).isZero();
    }

    @Test
    void transparencyShowsWhiteAndIsSaid() throws IOException {
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(5, 5, 0xff0000ff);
        PicturePreparation.Prepared prepared = PHOTOS.read(write(image, "png"));
        assertThat(prepared.done()).singleElement().asString().contains("white where it is transparent");
        assertThat(at(prepared.image(), 0, 0, 0)).isEqualTo(255);
        assertThat(at(prepared.image(), 5, 5, 0)).isZero();
        assertThat(at(prepared.image(), 5, 5, 2)).isEqualTo(255);
    }

    @Test
    void greyWithTransparencyKeepsItsValues() throws IOException {
        // Values 100 at alphas 255, 128 and 0, as a PNG of colour type 4.
        WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 3, 1, 2, null);
        raster.setPixels(0, 0, 3, 1, new int[] {100, 255, 100, 128, 100, 0});
        ComponentColorModel model = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_GRAY), true, false,
                ComponentColorModel.TRANSLUCENT, DataBuffer.TYPE_BYTE);
        Path file = write(new BufferedImage(model, raster, false, null), "png");
        Images image = Images.read(file);
        assertThat(image.channels()).isEqualTo(1);
        assertThat(image.pixels()).containsExactly(100, (byte) 177, (byte) 255);
    }

    @Test
    void sixteenBitsAndPalettesAreReadAndSaid() throws IOException {
        BufferedImage deep = new BufferedImage(28, 28, BufferedImage.TYPE_USHORT_GRAY);
        deep.getRaster().setSample(3, 4, 0, 0xabcd);
        PicturePreparation.Prepared prepared = DIGITS.read(write(deep, "png"));
        assertThat(prepared.done()).containsExactly("reduced 16 bits a colour to 8");
        assertThat(at(prepared.image(), 4, 3, 0)).isEqualTo(0xab);

        Path palette = write(disc(32, 32, BufferedImage.TYPE_BYTE_INDEXED, Color.WHITE, Color.RED), "png");
        assertThat(at(PHOTOS.read(palette).image(), 16, 16, 1)).isZero();
        Path bits = write(disc(32, 32, BufferedImage.TYPE_BYTE_BINARY, Color.BLACK, Color.WHITE), "png");
        assertThat(at(PHOTOS.read(bits).image(), 16, 16, 1)).isEqualTo(255);
    }

    @Test
    void theFirstFrameOfAFilmIsTaken() throws IOException {
        Path film = folder.resolve("film.gif");
        byte[] light = new byte[28 * 28];
        Arrays.fill(light, (byte) 200);
        Film.writeGif(film, List.of(new Images(1, 28, 28, 1, new byte[28 * 28]), new Images(1, 28, 28, 1, light)), 100,
                100);
        PicturePreparation.Prepared prepared = DIGITS.read(film);
        assertThat(prepared.done()).containsExactly("took the first of 2 frames");
        assertThat(at(prepared.image(), 3, 3, 0)).isZero();
    }

    @Test
    void inksAreRefused() throws IOException {
        WritableRaster inks = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 16, 16, 4, null);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(stream);
            writer.write(new IIOImage(inks, null, null));
        }
        byte[] jpeg = bytes.toByteArray();
        refused(Files.write(folder.resolve("inks.jpg"), jpeg), "inks.jpg", "CMYK", "Convert it to RGB");
        for (byte transform : new byte[] {0, 2}) { // as image editors mark it: plain, or as YCCK
            ByteBuffer marked = ByteBuffer.allocate(jpeg.length + 16);
            marked.put(jpeg, 0, 2).putShort((short) 0xffee).putShort((short) 14);
            marked.put("Adobe".getBytes(StandardCharsets.US_ASCII)).putShort((short) 100).putInt(0).put(transform);
            marked.put(jpeg, 2, jpeg.length - 2);
            refused(Files.write(folder.resolve("marked.jpg"), marked.array()), "marked.jpg", "CMYK");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg", "gif", "bmp"})
    void everyTruncationIsRefusedOrHarmless(String format) throws IOException {
        Path whole = write(disc(40, 30, BufferedImage.TYPE_INT_RGB, Color.WHITE, Color.BLUE), format);
        byte[] bytes = Files.readAllBytes(whole);
        Images picture = Images.read(whole);
        Path part = folder.resolve("part." + format);
        int refused = 0;
        for (int length = 0; length < bytes.length; length += 1 + length / 50) {
            Files.write(part, Arrays.copyOf(bytes, length));
            try {
                assertThat(Images.read(part)).as("%d of %d bytes", length, bytes.length).isEqualTo(picture);
            } catch (BadFileException e) {
                assertThat(e.getMessage()).startsWith(part + ": ").contains("expected");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(20);
    }

    @Test
    void absurdSizesAreRefusedByTheHeader() throws IOException {
        for (int[] size : new int[][] {{100_000, 100_000}, {Integer.MAX_VALUE, Integer.MAX_VALUE}, {1 << 26, 2}}) {
            ByteBuffer png = ByteBuffer.allocate(8 + 25);
            png.putLong(0x89504e470d0a1a0aL).putInt(13).put("IHDR".getBytes(StandardCharsets.US_ASCII));
            png.putInt(size[0]).putInt(size[1]).put(new byte[] {8, 2, 0, 0, 0});
            CRC32 crc = new CRC32();
            crc.update(png.array(), 12, 17);
            png.putInt((int) crc.getValue());
            refused(Files.write(folder.resolve("absurd.png"), png.array()), "absurd.png", size[0] + " × " + size[1],
                    "at most 67108864");
        }
    }

    @Test
    void whatIsNoPictureIsRefused() throws IOException {
        refused(folder.resolve("missing.png"), "missing.png", "does not exist");
        refused(Files.write(folder.resolve("empty.png"), new byte[0]), "empty.png", "PNG, JPEG, GIF or BMP");
        refused(Files.writeString(folder.resolve("text.jpg"), "not a picture"), "text.jpg", "PNG, JPEG, GIF or BMP");
        refused(folder, folder.toString());
        assertThatIllegalArgumentException().isThrownBy(() -> new PicturePreparation(28, 28, 2, true));
        assertThatIllegalArgumentException().isThrownBy(() -> new PicturePreparation(0, 28, 1, true));
    }

    private static void refused(Path file, String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DIGITS.read(file))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @Test
    void mostOfTheBorderDecidesTheBackground() {
        byte[] pixels = new byte[28 * 28];
        Arrays.fill(pixels, (byte) 250);
        Arrays.fill(pixels, 0, 50, (byte) 10); // the thing reaches two sides
        assertThat(DIGITS.prepare(new Images(1, 28, 28, 1, pixels)).done()).singleElement().asString()
                .contains("inverted");
        Arrays.fill(pixels, 0, 28 * 20, (byte) 10);
        assertThat(DIGITS.prepare(new Images(1, 28, 28, 1, pixels)).done()).isEmpty();
    }

    @Test
    void extremeProportionsKeepAtLeastAPixel() {
        Images stripe = new Images(1, 1, 5000, 1, new byte[5000]);
        assertThat(DIGITS.prepare(stripe).describe()).contains("5000 × 1 to 28 × 1 pixels");
    }

    @Test
    void theBackgroundIsKnownFromTheTrainingPictures() throws IOException {
        byte[] pixels = new byte[20 * 16];
        for (int i = 0; i < 20; i++) {
            for (int inner : new int[] {5, 6, 9, 10}) {
                pixels[i * 16 + inner] = (byte) 255;
            }
        }
        assertThat(PicturePreparation.isDarkBacked(new Images(20, 4, 4, 1, pixels))).isTrue();
        Arrays.fill(pixels, 0, 2 * 16, (byte) 255);
        assertThat(PicturePreparation.isDarkBacked(new Images(20, 4, 4, 1, pixels))).as("nine in ten").isTrue();
        Arrays.fill(pixels, 0, 3 * 16, (byte) 255);
        assertThat(PicturePreparation.isDarkBacked(new Images(20, 4, 4, 1, pixels))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fashion-mnist", "mnist", "cifar10"})
    void theRealSetsBackgroundsAreKnown(String name) throws IOException {
        assumeThat(DataSets.named(name).find(DataPlaces.usual())).isPresent();
        assertThat(PicturePreparation.like(DataSets.load(name, DataPlaces.usual())).darkBackground())
                .isEqualTo(!name.equals("cifar10"));
    }
}
