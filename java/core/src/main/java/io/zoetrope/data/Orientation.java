package io.zoetrope.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which way up a camera was held, as the Exif data of a JPEG or PNG says (tag 0x0112 of the first directory): 1 is
 * upright, 2 to 8 are the other ways to turn and mirror a rectangle. Decoders ignore it.
 */
final class Orientation {
    static final int UPRIGHT = 1;
    private static final int TAG = 0x0112;
    private static final int TYPE_SHORT = 3;
    /** Exif data stands at the beginning and fits one segment of at most 64 KiB; others may precede it. */
    private static final int LOOKED_AT = 1 << 18;
    private static final long PNG_SIGNATURE = 0x89504e470d0a1a0aL;
    private static final int PNG_EXIF = 0x65584966; // "eXIf"

    private Orientation() {}

    /** The orientation that {@code file} claims; upright if it claims none or nonsense. */
    static int of(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(LOOKED_AT);
            return isPng(start) ? ofPng(file) : of(start);
        }
    }

    private static boolean isPng(byte[] start) {
        return start.length >= 8 && ByteBuffer.wrap(start).getLong() == PNG_SIGNATURE;
    }

    /**
     * PNG has Exif data in a chunk of its own, anywhere between the first and the last (PNG, third edition, 11.3.4.5).
     */
    private static int ofPng(Path file) throws IOException {
        try (FileChannel png = FileChannel.open(file)) {
            ByteBuffer head = ByteBuffer.allocate(8);
            for (long at = 8; png.read(head.clear(), at) == 8;) {
                long length = head.getInt(0) & 0xffffffffL;
                if (head.getInt(4) == PNG_EXIF) {
                    ByteBuffer exif = ByteBuffer.allocate((int) Math.min(length, LOOKED_AT));
                    png.read(exif, at + 8);
                    return ofTiff(exif.flip());
                }
                at += 12 + length; // its length, name and checksum are not counted
            }
        }
        return UPRIGHT;
    }

    static int of(byte[] jpeg) {
        ByteBuffer data = ByteBuffer.wrap(jpeg);
        if (jpeg.length < 4 || data.getShort(0) != (short) 0xffd8) {
            return UPRIGHT;
        }
        int at = 2;
        while (at + 10 <= jpeg.length && jpeg[at] == (byte) 0xff) {
            int marker = jpeg[at + 1] & 0xff;
            if (marker == 0xff) {
                at++; // any number of these may stand before a marker (T.81, B.1.1.2)
                continue;
            }
            if (marker == 0x01 || marker >= 0xd0 && marker <= 0xd8) {
                at += 2; // these stand alone
                continue;
            }
            int length = data.getShort(at + 2) & 0xffff;
            if (marker == 0xda || length < 2) {
                break; // the picture itself: nothing about it follows
            }
            if (marker == 0xe1 && data.getInt(at + 4) == 0x45786966 && data.getShort(at + 8) == 0) { // "Exif\0\0"
                int end = Math.min(jpeg.length, at + 2 + length);
                return ofTiff(data.slice(at + 10, Math.max(0, end - at - 10)));
            }
            at += 2 + length;
        }
        return UPRIGHT;
    }

    private static int ofTiff(ByteBuffer tiff) {
        if (tiff.limit() < 8) {
            return UPRIGHT;
        }
        tiff.order(tiff.getShort(0) == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long directory = tiff.getInt(4) & 0xffffffffL;
        if (tiff.getShort(2) != 42 || directory + 2 > tiff.limit()) {
            return UPRIGHT;
        }
        int entries = tiff.getShort((int) directory) & 0xffff;
        for (int i = 0; i < entries; i++) {
            int entry = (int) directory + 2 + 12 * i;
            if (entry + 12 > tiff.limit()) {
                break;
            }
            if ((tiff.getShort(entry) & 0xffff) == TAG && tiff.getShort(entry + 2) == TYPE_SHORT) {
                int value = tiff.getShort(entry + 8);
                return value >= 1 && value <= 8 ? value : UPRIGHT;
            }
        }
        return UPRIGHT;
    }

    /** The only picture of {@code image}, turned and mirrored so that it is upright. */
    static Images upright(Images image, int orientation) {
        if (orientation == UPRIGHT) {
            return image;
        }
        boolean turned = orientation >= 5; // rows become columns
        int height = turned ? image.width() : image.height();
        int width = turned ? image.height() : image.width();
        // Whether the stored picture is read from its right, and from its bottom.
        boolean fromRight = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        boolean fromBottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        int channels = image.channels();
        byte[] from = image.pixels();
        byte[] to = new byte[from.length];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int row = turned ? x : y;
                int column = turned ? y : x;
                int start = ((fromBottom ? image.height() - 1 - row : row) * image.width()
                        + (fromRight ? image.width() - 1 - column : column)) * channels;
                for (int c = 0; c < channels; c++) {
                    to[at++] = from[start + c];
                }
            }
        }
        return new Images(1, height, width, channels, to);
    }
}
