package io.zoetrope.data;

import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Picture files through ImageIO, with its caches kept in memory: a full /tmp must not stop a picture elsewhere. */
public final class ImageFiles {
    /** Larger pictures than this are refused from their header, before they are decoded. */
    static final long MAX_PIXELS = 1L << 26;
    private static final String READABLE = "a PNG, JPEG, GIF or BMP";

    private ImageFiles() { }

    /**
     * A picture as it was read.
     *
     * @param image a batch of one
     * @param done  what reading changed, as clauses in the past tense, such as "laid it over white where transparent"
     */
    record Decoded(Images image, List<String> done) { }

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

    /** Reads a picture: one channel if the file is grey, else RGB; laid over white where transparent. */
    public static Images read(Path file) throws IOException {
        return decode(file).image();
    }

    /** Whether {@code file} is there and begins as a picture that Java reads does. */
    static boolean isPicture(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file); ImageInputStream stream = new MemoryCacheImageInputStream(in)) {
            return ImageIO.getImageReaders(stream).hasNext();
        }
    }

    /** As {@link #read}, with what was done to the picture on the way. */
    static Decoded decode(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                ImageInputStream stream = new MemoryCacheImageInputStream(in)) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
            if (!readers.hasNext()) {
                throw BadFileException.of(file, "is not a picture that Java reads", READABLE,
                        "Convert it or leave it out");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(stream, false, true);
                return decode(file, reader);
            } finally {
                reader.dispose();
            }
        } catch (NoSuchFileException e) {
            throw BadFileException.of(file, "does not exist", "a picture", "Check the name");
        } catch (BadFileException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Decoders throw both on damaged data.
            throw BadFileException.of(file, "cannot be decoded (" + e.getMessage() + ")", "a whole picture, " + READABLE,
                    "Save the picture anew or leave it out", e);
        }
    }

    private static Decoded decode(Path file, ImageReader reader) throws IOException {
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
        int width = reader.getWidth(0);
        int height = reader.getHeight(0);
        if ((long) width * height > MAX_PIXELS) {
            throw BadFileException.of(file, "claims " + width + " × " + height + " pixels",
                    "at most " + MAX_PIXELS + " pixels", "Make the picture smaller");
        }
        boolean jpeg = reader.getFormatName().equalsIgnoreCase("jpeg");
        BufferedImage image;
        try {
            image = reader.read(0);
        } catch (IIOException e) {
            throw jpeg && bands(reader) == 4 ? inks(file, e) : e;
        }
        if (jpeg && image.getRaster().getNumBands() == 4) {
            throw inks(file, null); // unmarked: Java takes the fourth colour for transparency, which no JPEG has
        }
        // A JPEG that ends early is decoded as far as it goes, its rest grey, with no more than a warning.
        if (warnings.stream().anyMatch(warning -> warning.contains("Truncated") || warning.contains("remature"))) {
            throw BadFileException.of(file, "ends early (truncated?)", "a whole picture",
                    "Save the picture anew or leave it out");
        }
        List<String> done = new ArrayList<>();
        if (reader.getFormatName().equalsIgnoreCase("gif")) {
            int frames = reader.getNumImages(true);
            if (frames > 1) {
                done.add("took the first of " + frames + " frames");
            }
        }
        ColorModel model = image.getColorModel();
        if (!(model instanceof IndexColorModel) && model.getComponentSize(0) > 8) {
            done.add("reduced " + model.getComponentSize(0) + " bits a colour to 8");
        }
        if (model.hasAlpha() && isTransparentSomewhere(image)) {
            done.add("laid it over white where it is transparent");
        }
        Images pixels = toImages(image);
        if (jpeg) {
            int orientation = Orientation.of(file);
            if (orientation != Orientation.UPRIGHT) {
                pixels = Orientation.upright(pixels, orientation);
                done.add("turned it upright, as its Exif data says it was taken");
            }
        }
        return new Decoded(pixels, done);
    }

    private static BadFileException inks(Path file, Exception cause) {
        return BadFileException.of(file, "has four colours (CMYK), as printers use them", "RGB or grey",
                "Convert it to RGB", cause);
    }

    /** Colours of the raw picture, or 0 if it is damaged. */
    private static int bands(ImageReader reader) {
        try {
            return reader.readRaster(0, null).getNumBands();
        } catch (IOException | RuntimeException e) {
            return 0; // what is wrong, the first exception tells
        }
    }

    private static boolean isTransparentSomewhere(BufferedImage image) {
        int[] row = new int[image.getWidth()];
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int argb : row) {
                if (argb >>> 24 != 255) {
                    return true;
                }
            }
        }
        return false;
    }

    static Images toImages(BufferedImage image) {
        ColorModel model = image.getColorModel();
        boolean grey = model.getColorSpace().getNumComponents() == 1;
        return grey ? grey(image, model) : colour(image);
    }

    /** From raw samples: getRGB would run grey values through a colour-space conversion and change them. */
    private static Images grey(BufferedImage image, ColorModel model) {
        int width = image.getWidth();
        int height = image.getHeight();
        int[] values = image.getRaster().getSamples(0, 0, width, height, 0, (int[]) null);
        long most = (1L << model.getComponentSize(0)) - 1;
        int[] alphas = model.hasAlpha() ? image.getRaster().getSamples(0, 0, width, height, 1, (int[]) null) : null;
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            int value = to8Bits(values[i], model.getComponentSize(0), most);
            if (alphas != null) {
                int alpha = to8Bits(alphas[i], model.getComponentSize(1), (1L << model.getComponentSize(1)) - 1);
                value = model.isAlphaPremultiplied() ? Math.min(255, value + 255 - alpha) : overWhite(value, alpha);
            }
            pixels[i] = (byte) value;
        }
        return new Images(1, height, width, 1, pixels);
    }

    private static int to8Bits(int value, int bits, long most) {
        return bits > 8 ? value >> (bits - 8) : (int) (value * 255 / most);
    }

    private static int overWhite(int value, int alpha) {
        return (value * alpha + 255 * (255 - alpha) + 127) / 255;
    }

    private static Images colour(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        int[] row = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int argb : row) {
                int alpha = argb >>> 24;
                pixels[at++] = (byte) overWhite(argb >> 16 & 0xff, alpha);
                pixels[at++] = (byte) overWhite(argb >> 8 & 0xff, alpha);
                pixels[at++] = (byte) overWhite(argb & 0xff, alpha);
            }
        }
        return new Images(1, height, width, 3, pixels);
    }
}
