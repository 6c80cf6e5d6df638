package io.zoetrope.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Picture files through ImageIO, with its caches kept in memory: a full /tmp must not stop a picture elsewhere. */
public final class ImageFiles {
    /** Larger pictures than this are refused from their header, before they are decoded. */
    static final long MAX_PIXELS = 1L << 26;

    private ImageFiles() { }

    /** Writes {@code image} as a PNG, whole or not at all. */
    public static void writePng(Path file, BufferedImage image) throws IOException {
        AtomicFiles.write(file, out -> {
            try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
                if (!ImageIO.write(image, "png", stream)) {
                    throw new IOException("this Java runtime has no PNG writer");
                }
            }
        });
    }

    /** Reads a picture: one channel if the file is grey without transparency, else RGB, laid over white. */
    public static Images read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                ImageInputStream stream = new MemoryCacheImageInputStream(in)) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
            if (!readers.hasNext()) {
                throw BadFileException.of(file, "is not a picture that Java reads", "a PNG",
                        "Convert it or leave it out");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(stream, true, true);
                long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
                if (pixels > MAX_PIXELS) {
                    throw BadFileException.of(file, "claims " + reader.getWidth(0) + " × " + reader.getHeight(0)
                            + " pixels", "at most " + MAX_PIXELS + " pixels", "Make the picture smaller");
                }
                return toImages(reader.read(0));
            } finally {
                reader.dispose();
            }
        } catch (NoSuchFileException e) {
            throw BadFileException.of(file, "does not exist", "a picture", "Check the name");
        } catch (BadFileException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Decoders throw both on damaged data.
            throw BadFileException.of(file, "cannot be decoded (" + e.getMessage() + ")", "a whole PNG",
                    "Save the picture anew or leave it out", e);
        }
    }

    static Images toImages(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        boolean grey = image.getColorModel().getNumComponents() == 1
                && image.getColorModel().getColorSpace().getNumComponents() == 1;
        byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), grey ? 1 : 3)];
        if (grey) {
            // Raw samples: getRGB would run grey values through a colour-space conversion and change them.
            int bits = image.getColorModel().getComponentSize(0);
            int[] samples = image.getRaster().getSamples(0, 0, width, height, 0, (int[]) null);
            for (int i = 0; i < samples.length; i++) {
                pixels[i] = (byte) (bits > 8 ? samples[i] >> (bits - 8) : samples[i] * 255 / ((1 << bits) - 1));
            }
            return new Images(1, height, width, 1, pixels);
        }
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int argb = image.getRGB(x, y);
                int alpha = argb >>> 24;
                for (int shift = 16; shift >= 0; shift -= 8) {
                    int value = argb >> shift & 0xff;
                    pixels[at++] = (byte) ((value * alpha + 255 * (255 - alpha) + 127) / 255);
                }
            }
        }
        return new Images(1, height, width, 3, pixels);
    }
}
