package io.zoetrope.data;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Makes PNGs that Java's writer does not make. */
final class PngBytes {
    private static final long SIGNATURE = 0x89504e470d0a1a0aL;

    private PngBytes() {}

    /**
     * A grey picture of {@code bits} a pixel.
     *
     * @param more chunks to put before and after the picture's
     */
    static byte[] grey(int width, int height, int bits, int[] values, byte[] before, byte[] after) {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        for (int y = 0; y < height; y++) {
            lines.write(0); // no filter
            int gathered = 0;
            for (int x = 0; x < width; x++) {
                gathered = gathered << bits | values[y * width + x];
                if ((x + 1) * bits % 8 == 0 || x == width - 1) {
                    lines.write(gathered << (8 - (x + 1) * bits % 8) % 8);
                    gathered = 0;
                }
            }
        }
        Deflater deflater = new Deflater();
        deflater.setInput(lines.toByteArray());
        deflater.finish();
        byte[] packed = new byte[lines.size() + 100];
        int length = deflater.deflate(packed);
        deflater.end();
        byte[] header = ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) bits).put(new byte[4]).array();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(ByteBuffer.allocate(8).putLong(SIGNATURE).array());
        file.writeBytes(chunk("IHDR", header));
        file.writeBytes(before);
        file.writeBytes(chunk("IDAT", java.util.Arrays.copyOf(packed, length)));
        file.writeBytes(after);
        file.writeBytes(chunk("IEND", new byte[0]));
        return file.toByteArray();
    }

    static byte[] chunk(String name, byte[] content) {
        byte[] letters = name.getBytes(StandardCharsets.US_ASCII);
        CRC32 checksum = new CRC32();
        checksum.update(letters);
        checksum.update(content);
        return ByteBuffer.allocate(12 + content.length).putInt(content.length).put(letters).put(content)
                .putInt((int) checksum.getValue()).array();
    }
}
