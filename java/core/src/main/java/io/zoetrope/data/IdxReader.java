package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.RegularFiles;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads IDX files of unsigned bytes, the format of the MNIST family: two zero bytes, type 0x08, the number of axes,
 * each axis' size as a big-endian 32-bit number, then the values. Gzip is recognised by its first two bytes.
 *
 * <p>No allocation is larger than the file could possibly fill, so a header that claims absurd sizes costs nothing.
 */
public final class IdxReader {
    private static final int TYPE_UNSIGNED_BYTE = 0x08;
    private static final int MAX_AXES = 8;
    /** Deflate cannot expand its input by more than this (RFC 1951: 258 bytes from 2 bits). */
    private static final long MAX_GZIP_RATIO = 1032;
    private static final int MAX_ARRAY = Integer.MAX_VALUE - 16;
    private static final DataRemedy REMEDY = new DataRemedy(DataRemedy.Way.RENEW, Optional.empty(),
            "Get the file anew");

    private IdxReader() {}

    /**
     * Reads {@code file}, which must have {@code rank} axes.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static IdxArray read(Path file, int rank) throws IOException {
        IdxArray array = read(file);
        if (array.rank() != rank) {
            throw BadFileException.of(file, "has " + array.rank() + " axes " + Arrays.toString(array.dims()),
                    rank == 1 ? "1 axis (labels)" : rank + " axes (pictures × rows × columns)",
                    "Check that pictures and labels are not mixed up");
        }
        return array;
    }

    /**
     * Reads {@code file}, compressed or not.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static IdxArray read(Path file) throws IOException {
        if (Files.notExists(file)) {
            throw BadFileException.of(file, "does not exist", "an IDX file", REMEDY);
        }
        try (InputStream in = new BufferedInputStream(RegularFiles.open(file, "an IDX file"), 1 << 16)) {
            return parse(in, Files.size(file), file.toString());
        }
    }

    /**
     * Reads a file's bytes that are already in memory; {@code name} is for messages.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static IdxArray parse(byte[] file, String name) throws IOException {
        return parse(new ByteArrayInputStream(file), file.length, name);
    }

    private static IdxArray parse(InputStream in, long size, String name) throws IOException {
        boolean compressed = isGzipped(in);
        try {
            return compressed ? parseRaw(new BufferedInputStream(new GZIPInputStream(in, 1 << 16), 1 << 16),
                    saturatingMultiply(size), name) : parseRaw(in, size, name);
        } catch (EOFException e) {
            throw BadFileException.of(name,
                    "the " + (compressed ? "compressed data" : "file") + " ends early (truncated?)", "a whole IDX file",
                    REMEDY, e);
        } catch (ZipException e) {
            throw BadFileException.of(name, "its gzip data is damaged (" + e.getMessage() + ")", "a whole IDX file",
                    REMEDY, e);
        }
    }

    /**
     * Whether gzipped data follow in {@code in}, which can be marked and stays where it is. Names tell nothing:
     * browsers unpack.
     */
    static boolean isGzipped(InputStream in) throws IOException {
        in.mark(2);
        int first = in.read();
        int second = in.read();
        in.reset();
        return first == 0x1f && second == 0x8b;
    }

    private static IdxArray parseRaw(InputStream in, long mostBytes, String name) throws IOException {
        byte[] magic = in.readNBytes(4);
        if (magic.length < 4) {
            throw BadFileException.of(name, "holds only " + magic.length + " bytes", "an IDX header", REMEDY);
        }
        if (magic[0] != 0 || magic[1] != 0) {
            throw BadFileException.of(name, String.format(Locale.ROOT, "starts with %02x %02x %02x %02x", magic[0],
                    magic[1], magic[2], magic[3]), "the IDX magic 00 00 08", "This is not an IDX file: check the name");
        }
        if (magic[2] != TYPE_UNSIGNED_BYTE) {
            throw BadFileException.of(name, String.format(Locale.ROOT, "holds values of type 0x%02x", magic[2]),
                    "type 0x08, unsigned bytes", "Convert the values to bytes");
        }
        int axes = magic[3] & 0xff;
        if (axes < 1 || axes > MAX_AXES) {
            throw BadFileException.of(name, "claims " + axes + " axes", "1 to " + MAX_AXES, REMEDY);
        }
        byte[] sizes = in.readNBytes(4 * axes);
        if (sizes.length < 4 * axes) {
            throw BadFileException.of(name, "ends within its header", "the sizes of " + axes + " axes", REMEDY);
        }
        int[] dims = new int[axes];
        long values = 1;
        for (int i = 0; i < axes; i++) {
            long dim = (sizes[4 * i] & 0xffL) << 24 | (sizes[4 * i + 1] & 0xffL) << 16 | (sizes[4 * i + 2] & 0xffL) << 8
                    | (sizes[4 * i + 3] & 0xffL);
            if (dim == 0) {
                throw BadFileException.of(name, "axis " + i + " has size 0", "at least 1", REMEDY);
            }
            // Both factors are below 2^32 and values stays at most MAX_ARRAY, so the product cannot overflow.
            values *= dim;
            if (values > MAX_ARRAY || values > mostBytes) {
                throw BadFileException.of(name,
                        "its header claims more than " + Math.min(values - 1, mostBytes)
                                + " values, which a file of this size cannot hold",
                        "sizes that match the data", REMEDY);
            }
            dims[i] = (int) dim;
        }
        byte[] data = in.readNBytes((int) values);
        if (data.length < values) {
            throw BadFileException.of(name, "is truncated: " + data.length + " values of " + values,
                    "as many values as its header says, " + Arrays.toString(dims), REMEDY);
        }
        if (in.read() >= 0) {
            throw BadFileException.of(name, "goes on after its " + values + " values",
                    "as many values as its header says, " + Arrays.toString(dims), REMEDY);
        }
        return new IdxArray(dims, data);
    }

    private static long saturatingMultiply(long size) {
        return size > Long.MAX_VALUE / MAX_GZIP_RATIO ? Long.MAX_VALUE : size * MAX_GZIP_RATIO;
    }
}
