package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PaletteTest {
    /** A picture of {@code colours} random colours (as many as it has room for), each somewhere. */
    private static Images few(int colours, int height, int width, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] table = new byte[3 * colours];
        random.nextBytes(table);
        byte[] pixels = new byte[3 * height * width];
        for (int i = 0; i < height * width; i++) {
            System.arraycopy(table, 3 * (i < colours ? i : random.nextInt(colours)), pixels, 3 * i, 3);
        }
        return new Images(1, height, width, 3, pixels);
    }

    private static Images gradient(int size) {
        byte[] pixels = new byte[3 * size * size];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int at = 3 * (y * size + x);
                pixels[at] = (byte) (x * 255 / size);
                pixels[at + 1] = (byte) (y * 255 / size);
                pixels[at + 2] = (byte) ((x + y) * 127 / size);
            }
        }
        return new Images(1, size, size, 3, pixels);
    }

    private static List<Images> frames(Path gif) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
        try (FileImageInputStream stream = new FileImageInputStream(gif.toFile())) {
            reader.setInput(stream);
            List<Images> frames = new ArrayList<>();
            for (int i = 0; i < reader.getNumImages(true); i++) {
                frames.add(ImageFiles.toImages(reader.read(i)));
            }
            return frames;
        } finally {
            reader.dispose();
        }
    }

    private static double squaredError(Images a, Images b) {
        double sum = 0;
        for (int i = 0; i < a.pixels().length; i++) {
            double off = (a.pixels()[i] & 0xff) - (b.pixels()[i * b.channels() / a.channels()] & 0xff); // greys are read as grey
            sum += off * off;
        }
        return sum / a.pixels().length;
    }

    @Test
    void colourFilmsOfUpTo256ColoursAreExact(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("film.gif");
        List<Images> frames = new ArrayList<>();
        for (int colours : new int[] {256, 1, 2, 3, 5, 17, 129, 255}) {
            frames.add(few(colours, 20, 30, colours));
        }
        Film.writeGif(file, frames, 40, 40);
        assertThat(frames(file)).containsExactlyElementsOf(frames);
    }

    @Test
    void manyColoursComeCloseAndAreNotTinted(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("film.gif");
        Images gradient = gradient(256);
        Images noise = few(256 * 256, 256, 256, 7);
        Film.writeGif(file, List.of(gradient, noise), 40, 40);
        List<Images> shown = frames(file);
        // 256 cells of a two-dimensional sheet of colours: a PSNR of 34 dB; the cube full of noise cannot do so well.
        assertThat(squaredError(gradient, shown.get(0))).isLessThan(255 * 255 / Math.pow(10, 3.4));
        assertThat(squaredError(noise, shown.get(1))).isLessThan(255 * 255 / Math.pow(10, 2.3));
        for (int c = 0; c < 3; c++) {
            double bias = 0;
            for (int i = c; i < gradient.pixels().length; i += 3) {
                bias += (shown.get(0).pixels()[i] & 0xff) - (gradient.pixels()[i] & 0xff);
            }
            assertThat(Math.abs(bias / (256 * 256))).isLessThan(0.3);
        }
    }

    @Property(tries = 60)
    void everyPictureGetsAPaletteThatHoldsItsColoursOrNearThem(@ForAll @IntRange(min = 1, max = 600) int colours,
            @ForAll @IntRange(min = 1, max = 8) int shades, @ForAll long seed) {
        Images image = few(colours, 25, 25, seed);
        for (int i = 0; i < image.pixels().length; i++) {
            image.pixels()[i] = (byte) ((image.pixels()[i] & 0xff) >> shades << shades); // many alike, few apart
        }
        Palette palette = Palette.of(image);
        assertThat(palette.colours().length).isBetween(1, 256);
        Images shown = ImageFiles.toImages(palette.apply(image));
        long distinct = Arrays.stream(palette.colours()).distinct().count();
        if (distinct < 256) {
            assertThat(squaredError(image, shown)).isLessThan(40);
        }
        assertThat(squaredError(image, shown)).isLessThan(300);
    }
}
