package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes pictures of any size and kind look like those a model was trained on: upright, its size, its colours, and light
 * on dark where its pictures are. What was done is said, so that a user can judge a model's answer.
 *
 * @param height         pixels down
 * @param width          pixels across
 * @param channels       1 for grey, 3 for RGB
 * @param darkBackground whether the model's pictures are light on a dark background, as MNIST's are; then pictures with
 *                       a light background, seen at their border, are inverted
 */
public record PicturePreparation(int height, int width, int channels, boolean darkBackground) implements Preparation {
    private static final int LIGHT = 128;
    private static final int DARK = 32;
    private static final int LOOKED_AT = 1000;

    public PicturePreparation {
        if (height < 1 || width < 1 || (long) height * width > ImageFiles.MAX_PIXELS
                || channels != 1 && channels != 3) {
            throw new IllegalArgumentException("pictures need positive sizes of at most " + ImageFiles.MAX_PIXELS
                    + " pixels and 1 or 3 channels, not " + height + " × " + width + " × " + channels);
        }
    }

    /**
     * For models trained on {@code set}: its size and colours, and its background as {@link #isDarkBacked} finds it.
     */
    public static PicturePreparation like(ImageDataset set) {
        return new PicturePreparation(set.height(), set.width(), set.channels(), isDarkBacked(set.train().images()));
    }

    /**
     * Whether nine in ten of the first thousand pictures have an almost black border: light things on a dark ground.
     */
    public static boolean isDarkBacked(Images images) {
        int looked = Math.min(images.count(), LOOKED_AT);
        int dark = 0;
        for (int i = 0; i < looked; i++) {
            if (luma(borderColour(images, i)) < DARK) {
                dark++;
            }
        }
        return dark >= looked * 0.9;
    }

    /**
     * Reads a PNG, JPEG, GIF or BMP and prepares it.
     *
     * @throws BadFileException if the file is missing, damaged, of an unknown kind or larger than 64 megapixels
     */
    @Override
    public Prepared read(Path file) throws IOException {
        if (WavFiles.isWave(file)) {
            throw BadFileException.of(file, "is a sound", "a picture, for that is what the model takes",
                    "Take a model of sounds for it, such as digits-cnn");
        }
        ImageFiles.Decoded decoded = ImageFiles.decode(file);
        return prepare(decoded.image(), decoded.done());
    }

    /** @throws IllegalArgumentException if a picture is of another size or has other channels than these */
    public void require(Images picture) {
        if (picture.height() != height || picture.width() != width || picture.channels() != channels) {
            throw new IllegalArgumentException(
                    picture + ": expected " + height + " × " + width + " pixels with " + channels + " channels");
        }
    }

    /** Prepares the only picture of {@code image}. */
    public Prepared prepare(Images image) {
        return prepare(image, List.of());
    }

    private Prepared prepare(Images image, List<String> before) {
        if (image.count() != 1) {
            throw new IllegalArgumentException("one picture at a time, not " + image);
        }
        List<String> done = new ArrayList<>(before);
        Images now = image;
        if (now.channels() == 3 && channels == 1) {
            boolean coloured = isColoured(now);
            now = toGrey(now);
            if (coloured) {
                done.add("reduced its colours to grey");
            }
        }
        if (darkBackground && luma(borderColour(now, 0)) >= LIGHT) {
            now = inverted(now);
            done.add("inverted it, as its background is light and the model knows light things on a dark ground");
        }
        now = fitted(now, done);
        if (now.channels() == 1 && channels == 3) {
            now = now.toRgb();
            done.add("took its grey for all three colours");
        }
        return new Prepared(now, done);
    }

    /** As large as fits without changing its proportions, in the middle, the rest filled with its border's colour. */
    private Images fitted(Images image, List<String> done) {
        if (image.height() == height && image.width() == width) {
            return image;
        }
        double scale = Math.min((double) height / image.height(), (double) width / image.width());
        int newHeight = Math.max(1, Math.min(height, (int) Math.round(image.height() * scale)));
        int newWidth = Math.max(1, Math.min(width, (int) Math.round(image.width() * scale)));
        if (newHeight != image.height() || newWidth != image.width()) {
            done.add((scale < 1 ? "shrank it from " : "enlarged it from ") + image.width() + " × " + image.height()
                    + " to " + newWidth + " × " + newHeight + " pixels");
        }
        int[] fill = borderColour(image, 0);
        Images resized = Resizing.resize(image, newHeight, newWidth);
        if (newHeight == height && newWidth == width) {
            return resized;
        }
        done.add("padded it to " + width + " × " + height + " with the colour of its border");
        int deep = image.channels();
        byte[] padded = new byte[height * width * deep];
        for (int i = 0; i < padded.length; i++) {
            padded[i] = (byte) fill[i % deep];
        }
        int top = (height - newHeight) / 2;
        int left = (width - newWidth) / 2;
        for (int y = 0; y < newHeight; y++) {
            System.arraycopy(resized.pixels(), y * newWidth * deep, padded, ((top + y) * width + left) * deep,
                    newWidth * deep);
        }
        return new Images(1, height, width, deep, padded);
    }

    /** The median of each channel over the outermost pixels of picture {@code index}. */
    private static int[] borderColour(Images image, int index) {
        int deep = image.channels();
        int[][] counts = new int[deep][256];
        int border = 0;
        for (int y = 0; y < image.height(); y++) {
            boolean edge = y == 0 || y == image.height() - 1;
            int step = edge || image.width() == 1 ? 1 : image.width() - 1;
            for (int x = 0; x < image.width(); x += step) {
                int at = index * image.stride() + (y * image.width() + x) * deep;
                for (int c = 0; c < deep; c++) {
                    counts[c][image.pixels()[at + c] & 0xff]++;
                }
                border++;
            }
        }
        int[] median = new int[deep];
        for (int c = 0; c < deep; c++) {
            int below = counts[c][0];
            while (below * 2 <= border && median[c] < 255) {
                below += counts[c][++median[c]];
            }
        }
        return median;
    }

    private static boolean isColoured(Images rgb) {
        byte[] pixels = rgb.pixels();
        for (int at = 0; at < pixels.length; at += 3) {
            if (pixels[at] != pixels[at + 1] || pixels[at] != pixels[at + 2]) {
                return true;
            }
        }
        return false;
    }

    private static Images toGrey(Images rgb) {
        byte[] grey = new byte[rgb.pixels().length / 3];
        int[] colour = new int[3];
        for (int i = 0; i < grey.length; i++) {
            for (int c = 0; c < 3; c++) {
                colour[c] = rgb.pixels()[3 * i + c] & 0xff;
            }
            grey[i] = (byte) luma(colour);
        }
        return new Images(1, rgb.height(), rgb.width(), 1, grey);
    }

    /** Brightness by ITU-R BT.601; grey stays as it is. */
    private static int luma(int[] colour) {
        return colour.length == 1 ? colour[0] : (299 * colour[0] + 587 * colour[1] + 114 * colour[2] + 500) / 1000;
    }

    private static Images inverted(Images image) {
        byte[] pixels = image.pixels().clone();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) ~pixels[i];
        }
        return new Images(1, image.height(), image.width(), image.channels(), pixels);
    }
}
