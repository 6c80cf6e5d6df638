package io.zoetrope.data;

import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * A batch of pictures of one size: unsigned bytes, channels last, [count, height, width, channels] row-major.
 *
 * <p>One channel is grey, three are RGB. The pixels are held by reference and not copied; treat them as read-only.
 */
public final class Images {
    private final int count;
    private final int height;
    private final int width;
    private final int channels;
    private final byte[] pixels;

    public Images(int count, int height, int width, int channels, byte[] pixels) {
        if (count < 1 || height < 1 || width < 1 || channels != 1 && channels != 3) {
            throw new IllegalArgumentException("pictures need positive sizes and 1 or 3 channels, not " + count + " × "
                    + height + " × " + width + " × " + channels);
        }
        long size = Math.multiplyExact(Math.multiplyExact((long) count * height, (long) width), (long) channels);
        if (size != pixels.length) {
            throw new IllegalArgumentException(count + " × " + height + " × " + width + " × " + channels
                    + " pictures hold " + size + " bytes, not " + pixels.length);
        }
        this.count = count;
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.pixels = pixels;
    }

    /** From values in [−1, 1], as models make them; beyond is clamped, NaN becomes black. */
    public static Images fromFloats(float[] values, int count, int height, int width, int channels) {
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            // Math.round(NaN) is 0.
            pixels[i] = (byte) Math.max(0, Math.min(255, Math.round((values[i] + 1) * 127.5f)));
        }
        return new Images(count, height, width, channels, pixels);
    }

    /** Pictures {@code from} (inclusive) to {@code to} (exclusive) as values in [−1, 1]. */
    public float[] toFloats(int from, int to) {
        Objects.checkFromToIndex(from, to, count);
        float[] values = new float[(to - from) * stride()];
        int start = from * stride();
        for (int i = 0; i < values.length; i++) {
            values[i] = (pixels[start + i] & 0xff) / 127.5f - 1;
        }
        return values;
    }

    /** Writes picture {@code index} as values in [−1, 1] into {@code out} at {@code offset}. */
    public void toFloats(int index, float[] out, int offset) {
        int start = Objects.checkIndex(index, count) * stride();
        for (int i = 0; i < stride(); i++) {
            out[offset + i] = (pixels[start + i] & 0xff) / 127.5f - 1;
        }
    }

    public int count() {
        return count;
    }

    public int height() {
        return height;
    }

    public int width() {
        return width;
    }

    public int channels() {
        return channels;
    }

    /** The bytes themselves, not a copy. */
    public byte[] pixels() {
        return pixels;
    }

    /** Values per picture. */
    public int stride() {
        return height * width * channels;
    }

    /** Pictures {@code from} (inclusive) to {@code to} (exclusive). */
    public Images slice(int from, int to) {
        Objects.checkFromToIndex(from, to, count);
        return new Images(to - from, height, width, channels,
                Arrays.copyOfRange(pixels, from * stride(), to * stride()));
    }

    /** Each picture mirrored left to right. */
    public Images mirrored() {
        byte[] turned = new byte[pixels.length];
        for (int line = 0; line < count * height; line++) {
            for (int x = 0; x < width; x++) {
                System.arraycopy(pixels, (line * width + x) * channels, turned,
                        (line * width + width - 1 - x) * channels, channels);
            }
        }
        return new Images(count, height, width, channels, turned);
    }

    /** The same pictures with three channels: grey is taken for all three colours. */
    public Images toRgb() {
        if (channels == 3) {
            return this;
        }
        byte[] rgb = new byte[Math.multiplyExact(pixels.length, 3)];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = pixels[i / 3];
        }
        return new Images(count, height, width, 3, rgb);
    }

    /** All pictures in one, row by row, {@code columns} to a row, with a one-pixel dark line between. */
    public Images grid(int columns) {
        if (columns < 1) {
            throw new IllegalArgumentException("a grid needs at least one column, not " + columns);
        }
        int across = Math.min(columns, count);
        int down = (count + across - 1) / across;
        int gridHeight = Math.addExact(Math.multiplyExact(down, height + 1), 1);
        int gridWidth = Math.addExact(Math.multiplyExact(across, width + 1), 1);
        byte[] grid = new byte[Math.multiplyExact(Math.multiplyExact(gridHeight, gridWidth), channels)];
        for (int i = 0; i < count; i++) {
            int top = 1 + i / across * (height + 1);
            int left = 1 + i % across * (width + 1);
            for (int row = 0; row < height; row++) {
                System.arraycopy(pixels, i * stride() + row * width * channels, grid,
                        ((top + row) * gridWidth + left) * channels, width * channels);
            }
        }
        return new Images(1, gridHeight, gridWidth, channels, grid);
    }

    /** Every pixel as a square of {@code factor} × {@code factor}, so that small pictures can be seen. */
    public Images enlarged(int factor) {
        if (factor < 1) {
            throw new IllegalArgumentException("pictures are enlarged by 1 or more, not " + factor);
        }
        if (factor == 1) {
            return this;
        }
        int bigWidth = Math.multiplyExact(width, factor);
        int bigHeight = Math.multiplyExact(height, factor);
        byte[] big = new byte[Math.multiplyExact(Math.multiplyExact(Math.multiplyExact(count, bigHeight), bigWidth),
                channels)];
        int at = 0;
        for (int line = 0; line < count * bigHeight; line++) {
            int source = line / factor * width * channels;
            for (int x = 0; x < bigWidth; x++) {
                for (int c = 0; c < channels; c++) {
                    big[at++] = pixels[source + x / factor * channels + c];
                }
            }
        }
        return new Images(count, bigHeight, bigWidth, channels, big);
    }

    /**
     * Writes the only picture of this batch (see {@link #grid}) as a PNG, whole or not at all.
     *
     * @throws IOException if it cannot be written
     */
    public void writePng(Path file) throws IOException {
        if (count != 1) {
            throw new IllegalStateException("a PNG holds one picture, not " + count + "; use grid(columns) first");
        }
        ImageFiles.writePng(file, toBuffered(0));
    }

    /** Picture {@code index} as the bytes of a PNG, to be sent. */
    public byte[] toPng(int index) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageFiles.encodePng(toBuffered(index), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads a PNG (or what else ImageIO reads) as a batch of one; see {@link ImageFiles#read}.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Images read(Path file) throws IOException {
        return ImageFiles.read(file);
    }

    /** Picture {@code index} for ImageIO and Swing. */
    public BufferedImage toBuffered(int index) {
        int start = Objects.checkIndex(index, count) * stride();
        if (channels == 1) {
            BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
            WritableRaster raster = image.getRaster();
            raster.setDataElements(0, 0, width, height, Arrays.copyOfRange(pixels, start, start + stride()));
            return image;
        }
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] rgb = new int[width * height];
        for (int i = 0; i < rgb.length; i++) {
            int at = start + 3 * i;
            rgb[i] = (pixels[at] & 0xff) << 16 | (pixels[at + 1] & 0xff) << 8 | pixels[at + 2] & 0xff;
        }
        image.setRGB(0, 0, width, height, rgb, 0, width);
        return image;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Images that && count == that.count && height == that.height && width == that.width
                && channels == that.channels && Arrays.equals(pixels, that.pixels);
    }

    @Override
    public int hashCode() {
        return Objects.hash(count, height, width, channels, Arrays.hashCode(pixels));
    }

    @Override
    public String toString() {
        return count + " pictures of " + height + " × " + width + (channels == 1 ? ", grey" : ", RGB");
    }
}
