package io.zoetrope.data;

import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.RegularFiles;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.io.OutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
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
    private static final Set<String> FORMATS = Set.of("png", "jpeg", "gif", "bmp");

    private ImageFiles() {}

    /**
     * A picture as it was read.
     *
     * @param image a batch of one
     * @param done  what reading changed, as clauses in the past tense, such as "laid it over white where transparent"
     */
    record Decoded(Images image, List<String> done) {}

    /**
     * Writes {@code image} as a PNG, whole or not at all.
     *
     * @throws IOException if it cannot be written
     */
    public static void writePng(Path file, BufferedImage image) throws IOException {
        AtomicFiles.write(file, out -> encodePng(image, out));
    }

    static void encodePng(BufferedImage image, OutputStream out) throws IOException {
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            if (!ImageIO.write(image, "png", stream)) {
                throw new IOException("this Java runtime has no PNG writer");
            }
        }
    }

    /**
     * Reads a picture: one channel if the file is grey, else RGB; laid over white where transparent.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Images read(Path file) throws IOException {
        return decode(file).image();
    }

    /** Whether {@code file} is there and begins as a picture that Java reads does. */
    static boolean isPicture(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file);
                ImageInputStream stream = new MemoryCacheImageInputStream(in)) {
            return ImageIO.getImageReaders(stream).hasNext();
        }
    }

    /** As {@link #read}, with what was done to the picture on the way. */
    static Decoded decode(Path file) throws IOException {
        try (InputStream in = RegularFiles.open(file, "a picture");
                ImageInputStream stream = new MemoryCacheImageInputStream(in)) {
            ImageReader reader = reader(stream)
                    .orElseThrow(() -> BadFileException.of(file, unread(file), READABLE, "Convert it or leave it out"));
            try {
                reader.setInput(stream, false, true);
                return decode(file, reader);
            } finally {
                reader.dispose();
            }
        } catch (BadFileException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Decoders throw both on damaged data.
            throw BadFileException.of(file, "cannot be decoded (" + e.getMessage() + ")",
                    "a whole picture, " + READABLE, "Save the picture anew or leave it out", e);
        }
    }

    /** Java knows more formats, but not all that they allow: what this class was not made for is refused. */
    private static Optional<ImageReader> reader(ImageInputStream stream) throws IOException {
        Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
                return Optional.of(reader);
            }
            reader.dispose();
        }
        return Optional.empty();
    }

    /** What a file is that is none of ours, as far as its first bytes tell. */
    private static String unread(Path file) {
        String start;
        try (InputStream in = Files.newInputStream(file)) {
            start = new String(in.readNBytes(12), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            start = "?"; // there is a better story to tell than this one
        }
        String format = start.startsWith("RIFF") && start.endsWith("WEBP") ? "a WebP picture"
                : start.startsWith("II*\0") || start.startsWith("MM\0*") ? "a TIFF picture"
                        : start.startsWith("ftyphei", 4) || start.startsWith("ftypmif1", 4) ? "a HEIF picture"
                                : start.startsWith("ftypavif", 4) ? "an AVIF picture"
                                        : start.startsWith("\0\0\0\fjP  ") ? "a JPEG 2000 picture"
                                                : start.startsWith("8BPS") ? "a Photoshop picture"
                                                        : start.startsWith("<svg") || start.startsWith("<?xml")
                                                                ? "text, perhaps an SVG" : null;
        return start.isEmpty() ? "is empty"
                : format == null ? "is not a picture that is read here" : "is " + format + ", which is not read here";
    }

    private static Decoded decode(Path file, ImageReader reader) throws IOException {
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
        int width = reader.getWidth(0);
        int height = reader.getHeight(0);
        requireSize(file, width, height);
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
        boolean gif = reader.getFormatName().equalsIgnoreCase("gif");
        if (gif) {
            int frames = reader.getNumImages(true);
            if (frames > 1) {
                done.add("took the first of " + frames + " frames");
            }
        }
        ColorModel model = image.getColorModel();
        if (!(model instanceof IndexColorModel) && model.getComponentSize(0) > 8) {
            done.add("reduced " + model.getComponentSize(0) + " bits a colour to 8");
        }
        Images pixels = toImages(image);
        boolean seeThrough = model.hasAlpha() && isTransparentSomewhere(image);
        if (gif) {
            Images onScreen = GifScreen.of(reader).place(pixels, file);
            seeThrough |= !onScreen.equals(pixels);
            pixels = onScreen;
        }
        if (seeThrough) {
            done.add("laid it over white where it is transparent");
        }
        if (jpeg || reader.getFormatName().equalsIgnoreCase("png")) {
            int orientation = Orientation.of(file);
            if (orientation != Orientation.UPRIGHT) {
                pixels = Orientation.upright(pixels, orientation);
                done.add("turned it upright, as its Exif data says it was taken");
            }
        }
        return new Decoded(pixels, done);
    }

    static void requireSize(Path file, int width, int height) throws BadFileException {
        if ((long) width * height > MAX_PIXELS) {
            throw BadFileException.of(file, "claims " + width + " × " + height + " pixels",
                    "at most " + MAX_PIXELS + " pixels", "Make the picture smaller");
        }
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
        if (model instanceof IndexColorModel palette && isGrey(palette)) {
            return fromPalette(image, palette);
        }
        boolean grey = model.getColorSpace().getNumComponents() == 1;
        return grey ? grey(image, model) : colour(image);
    }

    /** Java reads grey PNGs of 1, 2 and 4 bits as palettes, and other formats have palettes alone. */
    private static boolean isGrey(IndexColorModel palette) {
        for (int i = 0; i < palette.getMapSize(); i++) {
            if (palette.getRed(i) != palette.getGreen(i) || palette.getRed(i) != palette.getBlue(i)) {
                return false;
            }
        }
        return true;
    }

    private static Images fromPalette(BufferedImage image, IndexColorModel palette) {
        int[] indices = image.getRaster().getSamples(0, 0, image.getWidth(), image.getHeight(), 0, (int[]) null);
        byte[] pixels = new byte[indices.length];
        for (int i = 0; i < indices.length; i++) {
            pixels[i] = (byte) overWhite(palette.getGreen(indices[i]), palette.getAlpha(indices[i]));
        }
        return new Images(1, image.getHeight(), image.getWidth(), 1, pixels);
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
