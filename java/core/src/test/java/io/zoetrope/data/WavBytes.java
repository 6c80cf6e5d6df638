package io.zoetrope.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Makes WAV files, good and bad. */
final class WavBytes {
    private WavBytes() { }

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

    /** A chunk padded to an even length, as RIFF wants. */
    static byte[] chunk(String id, byte[] content) {
        return chunk(id, content.length, content);
    }

    /** A chunk that claims {@code size} bytes, true or not. */
    static byte[] chunk(String id, int size, byte[] content) {
        ByteBuffer chunk = ByteBuffer.allocate(8 + content.length + (content.length & 1)).order(ByteOrder.LITTLE_ENDIAN);
        chunk.put(ascii(id)).putInt(size).put(content);
        return chunk.array();
    }

    static byte[] format(int kind, int channels, int rate, int bits) {
        return format(kind, channels, rate, bits, channels * bits / 8);
    }

    static byte[] format(int kind, int channels, int rate, int bits, int block) {
        return chunk("fmt ", ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putShort((short) kind)
                .putShort((short) channels).putInt(rate).putInt(rate * block).putShort((short) block)
                .putShort((short) bits).array());
    }

    static byte[] extensible(int kind, int channels, int rate, int bits) {
        ByteBuffer content = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN).putShort((short) 0xfffe)
                .putShort((short) channels).putInt(rate).putInt(rate * channels * bits / 8)
                .putShort((short) (channels * bits / 8)).putShort((short) bits).putShort((short) 22)
                .putShort((short) bits).putInt(0).putShort((short) kind);
        return chunk("fmt ", content.array());
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
