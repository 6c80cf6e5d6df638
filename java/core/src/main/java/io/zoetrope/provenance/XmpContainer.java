package io.zoetrope.provenance;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Where files keep an XMP packet (Adobe's XMP specification, part 3, and each format's own): PNG in an iTXt chunk, GIF
 * in an application extension, WAV in a chunk of its own. What is not understood of a file is left as it is.
 */
enum XmpContainer {
    /** Chunks: length, name, content, checksum; big-endian (PNG, third edition, 5.3). */
    PNG {
        private static final int FIRST = 8;
        private static final int FRAME = 12;
        private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
        /** Keyword, then: not compressed, no language, no translated keyword. */
        private static final byte[] HEAD = ascii("XML:com.adobe.xmp\0\0\0\0\0");
        private static final int TEXT = 0x69545874;

        @Override
        boolean holds(byte[] file) {
            return startsWith(file, SIGNATURE) && file.length >= FIRST + FRAME;
        }

        /** After the header chunk: readers that look for it need not read the picture. */
        @Override
        byte[] with(byte[] file, byte[] packet) {
            byte[] content = joined(HEAD, packet);
            ByteBuffer chunk = ByteBuffer.allocate(FRAME + content.length).putInt(content.length).putInt(TEXT)
                    .put(content);
            CRC32 checksum = new CRC32();
            checksum.update(chunk.array(), 4, 4 + content.length);
            chunk.putInt((int) checksum.getValue());
            int at = FIRST + FRAME + ByteBuffer.wrap(file).getInt(FIRST);
            return joined(Arrays.copyOf(file, at), chunk.array(), Arrays.copyOfRange(file, at, file.length));
        }

        @Override
        Optional<byte[]> find(byte[] file) {
            ByteBuffer png = ByteBuffer.wrap(file);
            for (long at = FIRST; at + FRAME <= file.length;) {
                long length = png.getInt((int) at) & 0xffffffffL;
                int start = (int) at + 8;
                if (png.getInt((int) at + 4) == TEXT && start + length + 4 <= file.length
                        && startsWith(Arrays.copyOfRange(file, start, (int) (start + length)), HEAD)) {
                    return Optional.of(Arrays.copyOfRange(file, start + HEAD.length, (int) (start + length)));
                }
                at += FRAME + length;
            }
            return Optional.empty();
        }
    },
    /**
     * An application extension whose packet is not cut into sub-blocks. Readers that do not know it take its letters
     * for lengths of sub-blocks; wherever that leads, the falling numbers after the packet bring them to its end.
     */
    GIF {
        private static final byte[] HEAD = joined(new byte[] {0x21, (byte) 0xff, 11}, ascii("XMP DataXMP"));
        private static final byte TRAILER = 0x3b;

        @Override
        boolean holds(byte[] file) {
            return (startsWith(file, ascii("GIF89a")) || startsWith(file, ascii("GIF87a")))
                    && file[file.length - 1] == TRAILER;
        }

        @Override
        byte[] with(byte[] file, byte[] packet) {
            return joined(Arrays.copyOf(file, file.length - 1), HEAD, packet, landing(), new byte[] {TRAILER});
        }

        @Override
        Optional<byte[]> find(byte[] file) {
            int start = indexOf(file, HEAD, 0);
            int end = start < 0 ? -1 : indexOf(file, landing(), start);
            return end < 0 ? Optional.empty() : Optional.of(Arrays.copyOfRange(file, start + HEAD.length, end));
        }

        /** 1, then 255 down to 0, then 0. */
        private static byte[] landing() {
            byte[] bytes = new byte[258];
            bytes[0] = 1;
            for (int i = 1; i < 257; i++) {
                bytes[i] = (byte) (256 - i);
            }
            return bytes;
        }
    },
    /** Chunks of RIFF: name, length, content, padded to an even length; little-endian. */
    WAV {
        private static final int FIRST = 12;
        private static final int HEAD = 8;
        private static final byte[] NAME = ascii("_PMX");

        @Override
        boolean holds(byte[] file) {
            return file.length >= FIRST && startsWith(file, ascii("RIFF"))
                    && Arrays.equals(Arrays.copyOfRange(file, 8, FIRST), ascii("WAVE"));
        }

        @Override
        byte[] with(byte[] file, byte[] packet) {
            byte[] padding = new byte[file.length % 2];
            ByteBuffer head = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN).put(NAME).putInt(packet.length);
            byte[] marked = joined(file, padding, head.array(), packet, new byte[packet.length % 2]);
            ByteBuffer.wrap(marked).order(ByteOrder.LITTLE_ENDIAN).putInt(4, marked.length - HEAD);
            return marked;
        }

        @Override
        Optional<byte[]> find(byte[] file) {
            ByteBuffer wav = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            for (long at = FIRST; at + HEAD <= file.length;) {
                long length = wav.getInt((int) at + 4) & 0xffffffffL;
                int start = (int) at + HEAD;
                if (startsWith(Arrays.copyOfRange(file, (int) at, start), NAME) && start + length <= file.length) {
                    return Optional.of(Arrays.copyOfRange(file, start, (int) (start + length)));
                }
                at += HEAD + length + length % 2;
            }
            return Optional.empty();
        }
    };

    abstract boolean holds(byte[] file);

    abstract byte[] with(byte[] file, byte[] packet);

    abstract Optional<byte[]> find(byte[] file);

    /** {@code file} with {@code packet} in it, or as it is if it is none of these. */
    static byte[] with(byte[] file, String packet) {
        return of(file).map(container -> container.with(file, packet.getBytes(StandardCharsets.UTF_8))).orElse(file);
    }

    /** The packet in {@code file}; empty if there is none that can be found. */
    static Optional<String> packet(byte[] file) {
        return of(file).flatMap(container -> container.find(file))
                .map(packet -> new String(packet, StandardCharsets.UTF_8));
    }

    private static Optional<XmpContainer> of(byte[] file) {
        return Arrays.stream(values()).filter(container -> container.holds(file)).findFirst();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean startsWith(byte[] file, byte[] start) {
        return file.length >= start.length && Arrays.equals(Arrays.copyOf(file, start.length), start);
    }

    private static int indexOf(byte[] file, byte[] wanted, int from) {
        for (int at = from; at + wanted.length <= file.length; at++) {
            if (Arrays.equals(file, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
