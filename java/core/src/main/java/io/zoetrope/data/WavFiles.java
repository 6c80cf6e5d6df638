package io.zoetrope.data;

import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.RegularFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

/**
 * WAV files (RIFF, "Multimedia Programming Interface and Data Specifications 1.0"; RF64 and BW64, EBU Tech 3306 and
 * ITU-R BS.2088). Read are PCM of 1 to 32 bits, up to 8 unsigned, and IEEE floats of 32 and 64, plain or in the
 * extensible form, of any rate and number of channels; channels are averaged. Written is 16-bit PCM, mono.
 *
 * <p>No allocation is larger than the file itself could fill, so a header that claims absurd sizes costs nothing.
 */
final class WavFiles {
    /** Two hours of CD sound; a longer file is no training clip. */
    private static final long MAX_BYTES = 1L << 30;
    private static final int MAX_CHANNELS = 64;
    static final int MIN_RATE = 1000;
    static final int MAX_RATE = 768_000;
    private static final int RIFF = tag("RIFF");
    private static final int RF64 = tag("RF64");
    private static final int BW64 = tag("BW64");
    private static final int BIG_ENDIAN = tag("RIFX");
    private static final int WAVE = tag("WAVE");
    private static final int SIZES = tag("ds64");
    private static final int FORMAT = tag("fmt ");
    private static final int DATA = tag("data");
    private static final int HEADER = 44;
    private static final int PCM = 1;
    private static final int FLOAT = 3;
    private static final int EXTENSIBLE = 0xfffe;
    /** What follows a format's number where it is written as a GUID: xxxxxxxx-0000-0010-8000-00AA00389B71. */
    private static final byte[] GUID = HexFormat.of().parseHex("000000001000800000aa00389b71");
    private static final Map<Integer, String> OTHER_CODINGS = Map.of(2, "Microsoft ADPCM", 6, "A-law", 7, "µ-law", 17,
            "IMA ADPCM", 49, "GSM", 80, "MPEG", 85, "MP3");
    /** A writer that does not know the length in advance claims about this much, or 0. */
    private static final long UNKNOWN_LENGTH = 0x7fff0000L;
    private static final String EXPECTED = "a WAV file (PCM or float)";
    private static final String REMEDY = "Convert it anew or leave it out";

    private WavFiles() {}

    /**
     * Sound as read: one channel.
     *
     * @param rate     samples per second
     * @param channels that were averaged
     * @param values   in [−1, 1] unless a float file goes beyond; at least one; never NaN
     */
    record Wave(int rate, int channels, float[] values) {}

    /** Whether {@code file} is there and begins as a WAV does. */
    static boolean isWave(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            ByteBuffer start = ByteBuffer.wrap(in.readNBytes(12)).order(ByteOrder.LITTLE_ENDIAN);
            return start.limit() == 12 && isRiff(start.getInt(0)) && start.getInt(8) == WAVE;
        }
    }

    private static boolean isRiff(int tag) {
        return tag == RIFF || tag == RF64 || tag == BW64;
    }

    /** Reads {@code file}. */
    static Wave read(Path file) throws IOException {
        return parse(bytes(file), file.toString());
    }

    /** Reads a file as {@link #write} makes it, 16-bit PCM in one channel, without a detour over floats. */
    static Sounds readPlain(Path file) throws IOException {
        byte[] bytes = bytes(file);
        Located sound = locate(bytes, file.toString());
        Format format = sound.format;
        if (format.floating || format.bits != 16 || format.channels != 1 || sound.size < 2) {
            throw BadFileException.of(
                    file, "holds " + sound.size + " bytes of " + format.bits + "-bit "
                            + (format.floating ? "floats" : "PCM") + " in " + format.channels + " channels",
                    "16-bit PCM in one channel", REMEDY);
        }
        short[] values = new short[sound.size / 2];
        ByteBuffer.wrap(bytes, sound.start, sound.size).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(values);
        return new Sounds(1, values.length, format.rate, values);
    }

    private static byte[] bytes(Path file) throws IOException {
        RegularFiles.require(file, EXPECTED);
        long size = Files.size(file);
        if (size > MAX_BYTES) {
            throw BadFileException.of(file, "holds " + size + " bytes", "at most " + MAX_BYTES,
                    "Cut it into shorter files");
        }
        return Files.readAllBytes(file);
    }

    /** Reads a file's bytes that are already in memory; {@code name} is for messages. */
    static Wave parse(byte[] bytes, String name) throws IOException {
        Located sound = locate(bytes, name);
        return new Wave(sound.format.rate, sound.format.channels,
                sound.format.decode(bytes, sound.start, sound.size, name));
    }

    /** Where in a file its sound is. */
    private record Located(Format format, int start, int size) {}

    private static Located locate(byte[] bytes, String name) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length >= 12 && file.getInt(0) == BIG_ENDIAN) {
            throw BadFileException.of(name, "is a WAV file with its bytes the other way round (RIFX)",
                    EXPECTED + ", RIFF", "Convert it to WAV");
        }
        if (bytes.length < 12 || !isRiff(file.getInt(0)) || file.getInt(8) != WAVE) {
            throw BadFileException.of(name,
                    bytes.length < 12 ? "holds only " + bytes.length + " bytes"
                            : "starts with '" + printable(bytes, 0) + "', '" + printable(bytes, 8) + "'",
                    EXPECTED + ", which starts with RIFF and WAVE", "Convert it to WAV");
        }
        long dataSize = -1;
        Format format = null;
        long at = 12;
        while (at + 8 <= bytes.length) {
            int id = file.getInt((int) at);
            long size = file.getInt((int) at + 4) & 0xffffffffL;
            long start = at + 8;
            long left = bytes.length - start;
            if (id == SIZES && file.getInt(0) != RIFF && Math.min(size, left) >= 16) {
                dataSize = file.getLong((int) start + 8);
            } else if (id == FORMAT) {
                format = Format.parse(file, start, Math.min(size, left), name);
            } else if (id == DATA) {
                if (format == null) {
                    throw BadFileException.of(name, "its data comes before its format", EXPECTED, REMEDY);
                }
                if (size == 0xffffffffL && dataSize >= 0) {
                    size = dataSize;
                } else if (size == 0 && !chunksFollow(file, start) || size >= UNKNOWN_LENGTH) {
                    size = left;
                }
                if (size > left) {
                    throw BadFileException.of(name, "is truncated: " + left + " bytes of sound of " + size,
                            "as much as its header says", REMEDY);
                }
                return new Located(format, (int) start, (int) size);
            }
            at = start + size + (size & 1); // chunks begin at even places
        }
        throw BadFileException.of(name, format == null ? "has no format chunk" : "has no data chunk", EXPECTED, REMEDY);
    }

    /** Whether nothing but whole chunks lies between {@code at} and the end: then a length of 0 before it is meant. */
    private static boolean chunksFollow(ByteBuffer file, long at) {
        long next = at;
        while (next + 8 <= file.limit()) {
            long size = file.getInt((int) next + 4) & 0xffffffffL;
            next += 8 + size + (size & 1);
        }
        return next == file.limit();
    }

    /** Writes the only clip of {@code sound}. */
    static void write(Path file, Sounds sound) throws IOException {
        long data = 2L * sound.samples();
        if (data > Integer.MAX_VALUE - HEADER) {
            throw new IOException(
                    "cannot write " + file + ": a WAV holds at most 2 GiB, and this is " + data + " bytes");
        }
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + (int) data).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(RIFF).putInt((int) data + HEADER - 8).putInt(WAVE);
        bytes.putInt(FORMAT).putInt(16).putShort((short) PCM).putShort((short) 1).putInt(sound.rate())
                .putInt(2 * sound.rate()).putShort((short) 2).putShort((short) 16);
        bytes.putInt(DATA).putInt((int) data);
        bytes.asShortBuffer().put(sound.values());
        AtomicFiles.write(file, out -> out.write(bytes.array()));
    }

    private static int tag(String letters) {
        return ByteBuffer.wrap(letters.getBytes(StandardCharsets.US_ASCII)).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    private static String printable(byte[] bytes, int at) {
        StringBuilder text = new StringBuilder();
        for (int i = at; i < at + 4; i++) {
            text.append(bytes[i] >= ' ' && bytes[i] < 127 ? (char) bytes[i] : '?');
        }
        return text.toString();
    }

    /**
     * The format chunk.
     *
     * @param bits a sample takes in the file
     */
    private record Format(boolean floating, int channels, int rate, int bits) {
        static Format parse(ByteBuffer file, long start, long size, String name) throws IOException {
            int at = (int) start;
            if (size < 16) {
                throw BadFileException.of(name, "its format chunk has " + size + " bytes", "at least 16", REMEDY);
            }
            int kind = file.getShort(at) & 0xffff;
            int channels = file.getShort(at + 2) & 0xffff;
            long rate = file.getInt(at + 4) & 0xffffffffL;
            int block = file.getShort(at + 12) & 0xffff;
            int bits = file.getShort(at + 14) & 0xffff;
            if (kind == EXTENSIBLE) {
                if (size < 40) {
                    throw BadFileException.of(name, "its extensible format chunk has " + size + " bytes", "40", REMEDY);
                }
                kind = file.getShort(at + 24) & 0xffff; // the first two bytes of the sub-format tell the kind
                byte[] rest = new byte[GUID.length];
                file.get(at + 26, rest);
                if (!Arrays.equals(rest, GUID)) {
                    throw BadFileException.of(name,
                            "is coded in a format of its own (GUID " + HexFormat.of().formatHex(rest) + ")",
                            "PCM or float", "Convert it to 16-bit PCM");
                }
            }
            boolean known = kind == PCM ? bits >= 1 && bits <= 32 : kind == FLOAT && (bits == 32 || bits == 64);
            if (!known) {
                throw BadFileException.of(name,
                        "is coded in format " + kind
                                + (OTHER_CODINGS.containsKey(kind) ? " (" + OTHER_CODINGS.get(kind) + ")" : "") + " of "
                                + bits + " bits",
                        "PCM (1) of 1 to 32 bits or float (3) of 32 or 64", "Convert it to 16-bit PCM");
            }
            if (channels < 1 || channels > MAX_CHANNELS) {
                throw BadFileException.of(name, "claims " + channels + " channels", "1 to " + MAX_CHANNELS, REMEDY);
            }
            if (rate < MIN_RATE || rate > MAX_RATE) {
                throw BadFileException.of(name, "claims " + rate + " samples a second", MIN_RATE + " to " + MAX_RATE,
                        REMEDY);
            }
            // Samples take whole bytes, in which they lie at the top: 12 bits look like 16 of which the last are 0.
            int width = (bits + 7) / 8;
            if (block != channels * width) {
                throw BadFileException.of(name, "claims blocks of " + block + " bytes",
                        channels * width + " for " + channels + " channels of " + bits + " bits", REMEDY);
            }
            return new Format(kind == FLOAT, channels, (int) rate, 8 * width);
        }

        float[] decode(byte[] bytes, int start, int size, String name) throws IOException {
            ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            int width = bits / 8;
            int frames = size / (width * channels); // a last incomplete frame is dropped
            if (frames == 0) {
                throw BadFileException.of(name, "holds no sound", "at least one sample", "Leave it out");
            }
            float[] values = new float[frames];
            int at = start;
            for (int i = 0; i < frames; i++) {
                double sum = 0;
                for (int c = 0; c < channels; c++) {
                    sum += sample(file, at);
                    at += width;
                }
                float mean = (float) (sum / channels);
                values[i] = Float.isFinite(mean) ? mean : 0;
            }
            return values;
        }

        private double sample(ByteBuffer file, int at) {
            if (floating) {
                return bits == 32 ? file.getFloat(at) : file.getDouble(at);
            }
            return switch (bits) {
                case 8 -> ((file.get(at) & 0xff) - 128) / 128.0;
                case 16 -> file.getShort(at) / 32768.0;
                case 24 -> (file.getShort(at) & 0xffff | file.get(at + 2) << 16) / 8388608.0;
                default -> file.getInt(at) / 2147483648.0;
            };
        }
    }
}
