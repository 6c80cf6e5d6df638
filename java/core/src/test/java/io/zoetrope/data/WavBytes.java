package io.zoetrope.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** Makes WAV files, good and bad. */
final class WavBytes {
    private WavBytes() {}

    static byte[] file(byte[]... chunks) {
        int length = 4;
        for (byte[] chunk : chunks) {
            length += chunk.length;
        }
        ByteBuffer file = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(ascii("RIFF")).putInt(length).put(ascii("WAVE"));
        for (byte[] chunk : chunks) {
            file.put(chunk);
        }
        return file.array();
    }

    /** An RF64 or BW64 file with {@code size} bytes of sound, whose lengths of 32 bits are all ones. */
    static byte[] large(int size, byte[]... chunks) {
        byte[][] all = new byte[chunks.length + 1][];
        all[0] = chunk("ds64", ByteBuffer.allocate(28).order(ByteOrder.LITTLE_ENDIAN).putLong(0).putLong(size)
                .putLong(0).putInt(0).array());
        System.arraycopy(chunks, 0, all, 1, chunks.length);
        byte[] file = file(all);
        System.arraycopy(ascii(size % 2 == 0 ? "RF64" : "BW64"), 0, file, 0, 4);
        Arrays.fill(file, 4, 8, (byte) -1);
        return file;
    }

    /** A chunk padded to an even length, as RIFF wants. */
    static byte[] chunk(String id, byte[] content) {
        return chunk(id, content.length, content);
    }

    /** A chunk that claims {@code size} bytes, true or not. */
    static byte[] chunk(String id, int size, byte[] content) {
        ByteBuffer chunk = ByteBuffer.allocate(8 + content.length + (content.length & 1))
                .order(ByteOrder.LITTLE_ENDIAN);
        chunk.put(ascii(id)).putInt(size).put(content);
        return chunk.array();
    }

    static byte[] format(int kind, int channels, int rate, int bits) {
        return format(kind, channels, rate, bits, channels * bits / 8);
    }

    static byte[] format(int kind, int channels, int rate, int bits, int block) {
        return chunk("fmt ",
                ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putShort((short) kind).putShort((short) channels)
                        .putInt(rate).putInt(rate * block).putShort((short) block).putShort((short) bits).array());
    }

    static byte[] extensible(int kind, int channels, int rate, int bits) {
        ByteBuffer content = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN).putShort((short) 0xfffe)
                .putShort((short) channels).putInt(rate).putInt(rate * channels * bits / 8)
                .putShort((short) (channels * bits / 8)).putShort((short) bits).putShort((short) 22)
                .putShort((short) bits).putInt(0).putShort((short) kind)
                .put(HexFormat.of().parseHex("000000001000800000aa00389b71"));
        return chunk("fmt ", content.array());
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
