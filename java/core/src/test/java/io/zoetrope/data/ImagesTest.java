package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.io.BadFileException;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImagesTest {
    @TempDir
    private Path folder;

    private static Images random(int count, int height, int width, int channels, long seed) {
        byte[] pixels = new byte[count * height * width * channels];
        new SplittableRandom(seed).nextBytes(pixels);
        return new Images(count, height, width, channels, pixels);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void pngRoundTripsExactly(int channels) throws IOException {
        Images image = random(1, 5, 7, channels, 1);
        Path file = folder.resolve("x.png");
        image.writePng(file);
        assertThat(Images.read(file)).isEqualTo(image);
    }

    @Test
    void floatsRoundTripEveryByteAndSurviveNonsense() {
        byte[] all = new byte[256];
        for (int i = 0; i < 256; i++) {
            all[i] = (byte) i;
        }
        Images images = new Images(1, 16, 16, 1, all);
        float[] values = images.toFloats(0, 1);
        assertThat(values[0]).isEqualTo(-1);
        assertThat(values[255]).isEqualTo(1);
        assertThat(Images.fromFloats(values, 1, 16, 16, 1)).isEqualTo(images);
        float[] odd = {-7, 7, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY};
        assertThat(Images.fromFloats(odd, 1, 2, 2, 1).pixels()).containsExactly(0, (byte) 255, 0, (byte) 255);
        assertThat(Images.fromFloats(new float[] {Float.NaN}, 1, 1, 1, 1).pixels()).containsExactly(0);
    }

    @Test
    void gridPlacesEveryPicture() {
        Images images = random(5, 3, 2, 3, 2);
        Images grid = images.grid(2);
        assertThat(grid.count()).isEqualTo(1);
        assertThat(grid.height()).isEqualTo(3 * 4 + 1);
        assertThat(grid.width()).isEqualTo(2 * 3 + 1);
        for (int i = 0; i < 5; i++) {
            for (int y = 0; y < 3; y++) {
                for (int x = 0; x < 2; x++) {
                    for (int c = 0; c < 3; c++) {
                        int at = ((1 + i / 2 * 4 + y) * 7 + 1 + i % 2 * 3 + x) * 3 + c;
                        assertThat(grid.pixels()[at]).isEqualTo(images.pixels()[((i * 3 + y) * 2 + x) * 3 + c]);
                    }
                }
            }
        }
        assertThat(random(2, 4, 4, 1, 0).grid(8).width()).as("no empty columns").isEqualTo(11);
    }

    @Test
    void enlargingRepeatsPixels() {
        Images small = new Images(2, 1, 2, 1, new byte[] {1, 2, 3, 4});
        assertThat(small.enlarged(2))
                .isEqualTo(new Images(2, 2, 4, 1, new byte[] {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}));
    }

    @Test
    void transparentPicturesLieOnWhite() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, new Color(255, 0, 0, 255).getRGB());
        image.setRGB(1, 0, new Color(0, 0, 0, 0).getRGB());
        Path file = folder.resolve("alpha.png");
        ImageIO.write(image, "png", file.toFile());
        assertThat(Images.read(file).pixels()).containsExactly((byte) 255, 0, 0, (byte) 255, (byte) 255, (byte) 255);
    }

    @Test
    void damagedPicturesAreNamed() throws IOException {
        Path file = folder.resolve("broken.png");
        random(1, 20, 20, 1, 3).writePng(file);
        byte[] bytes = Files.readAllBytes(file);
        for (int length : new int[] {0, 4, 20, 40, bytes.length / 2}) {
            Files.write(file, java.util.Arrays.copyOf(bytes, length));
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Images.read(file))
                    .withMessageContaining(file.toString());
        }
        Files.write(file, bytes);
        bytes[16] = 0x7f; // width 2,130,706,452
        Files.write(file, bytes);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Images.read(file))
                .withMessageContaining(file.toString());
    }

    @Test
    void filmsLoopWithTheirDelays() throws IOException {
        Path file = folder.resolve("film.gif");
        Images frames = random(3, 6, 5, 1, 4);
        Film.writeGif(file, List.of(frames.slice(0, 1), frames.slice(1, 2), frames.slice(2, 3)), 80, 1500);
        ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
            reader.setInput(in);
            assertThat(reader.getNumImages(true)).isEqualTo(3);
            for (int i = 0; i < 3; i++) {
                Images shown = ImageFiles.toImages(reader.read(i));
                byte[] grey = new byte[30];
                for (int p = 0; p < 30; p++) {
                    grey[p] = shown.channels() == 1 ? shown.pixels()[p] : shown.pixels()[3 * p];
                }
                assertThat(grey).as("frame %d", i).containsExactly(frames.slice(i, i + 1).pixels());
                IIOMetadataNode root = (IIOMetadataNode) reader.getImageMetadata(i)
                        .getAsTree("javax_imageio_gif_image_1.0");
                IIOMetadataNode control = (IIOMetadataNode) root.getElementsByTagName("GraphicControlExtension")
                        .item(0);
                assertThat(control.getAttribute("delayTime")).isEqualTo(i == 2 ? "150" : "8");
            }
        } finally {
            reader.dispose();
        }
        assertThat(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
                .contains("NETSCAPE2.0\u0003\u0001\u0000\u0000\u0000");
    }

    @Test
    void refusesNonsense() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Images(1, 2, 2, 1, new byte[5]))
                .withMessageContaining("4 bytes, not 5");
        assertThatIllegalArgumentException().isThrownBy(() -> new Images(0, 2, 2, 1, new byte[0]));
        assertThatIllegalArgumentException().isThrownBy(() -> new Images(1, 1, 1, 2, new byte[2]));
        assertThatExceptionOfType(ArithmeticException.class)
                .isThrownBy(() -> new Images(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, 3, new byte[0]));
        assertThatIllegalArgumentException().isThrownBy(() -> random(1, 2, 2, 1, 0).grid(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Film.writeGif(folder.resolve("x.gif"), List.of(), 80, 80));
        assertThatIllegalArgumentException().isThrownBy(() -> Film.writeGif(folder.resolve("x.gif"),
                List.of(random(1, 2, 2, 1, 0), random(1, 3, 2, 1, 0)), 80, 80));
    }

    @Test
    void mirroringTurnsEachLineAndTwiceGivesThePictureBack() {
        byte[] rgb = new byte[2 * 2 * 3 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) i;
        }
        Images images = new Images(2, 2, 3, 3, rgb);
        assertThat(images.mirrored().pixels()).startsWith(6, 7, 8, 3, 4, 5, 0, 1, 2, 15, 16, 17);
        assertThat(images.mirrored().mirrored()).isEqualTo(images);
    }
}
