package io.zoetrope.io;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A safetensors file: eight bytes with the header's length, the header in JSON, the tensors' bytes. Tensors are mapped
 * into memory, so opening a large file costs nothing until its tensors are read.
 *
 * <p>A mapping lives as long as a {@link StoredTensor} made from it is reachable. Do not overwrite such a file in
 * place; {@link #write} does not, it renames a new one over it.
 */
public final class Safetensors {
    /** Bytes handed to the system at once. */
    private static final int WRITTEN = 1 << 22;

    private final Path path;
    private final SafetensorsHeader header;
    private final long dataStart;

    private Safetensors(Path path, SafetensorsHeader header, long dataStart) {
        this.path = path;
        this.header = header;
        this.dataStart = dataStart;
    }

    /**
     * Opens {@code path} and checks its whole structure, but reads no tensor.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Safetensors open(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            readFully(channel, length, 0, path);
            long headerLength = checkedLength(length.getLong(0), size, path.toString());
            ByteBuffer json = ByteBuffer.allocate((int) headerLength);
            readFully(channel, json, 8, path);
            SafetensorsHeader header = SafetensorsHeader.parse(json.flip(), size - 8 - headerLength, path.toString());
            return new Safetensors(path, header, 8 + headerLength);
        } catch (NoSuchFileException e) {
            throw BadFileException.of(path, "does not exist", "a safetensors file", "Check the name", e);
        }
    }

    /** Checks bytes that are already in memory as {@link #open} checks a file. */
    static SafetensorsHeader check(byte[] file, String name) throws IOException {
        if (file.length < 8) {
            throw tooShort(name, file.length);
        }
        long length = checkedLength(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(), file.length, name);
        return SafetensorsHeader.parse(ByteBuffer.wrap(file, 8, (int) length), file.length - 8 - length, name);
    }

    private static long checkedLength(long length, long fileSize, String name) throws BadFileException {
        if (length < 2 || length > SafetensorsHeader.MAX_HEADER) {
            throw BadFileException.of(name, "claims a header of " + Long.toUnsignedString(length) + " bytes",
                    "2 to " + SafetensorsHeader.MAX_HEADER, "Check that this is a safetensors file");
        }
        if (length > fileSize - 8) {
            throw BadFileException.of(name,
                    "its header of " + length + " bytes reaches beyond the file of " + fileSize + " (truncated?)",
                    "a whole file", "Get or write the file anew");
        }
        return length;
    }

    private static BadFileException tooShort(String name, long size) {
        return BadFileException.of(name, "holds only " + size + " bytes", "a safetensors file",
                "Get or write the file anew");
    }

    private static void readFully(FileChannel channel, ByteBuffer buffer, long position, Path path) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw tooShort(path.toString(), channel.size());
            }
        }
    }

    public Path path() {
        return path;
    }

    /** The tensors' names, in the header's order. */
    public Set<String> names() {
        return Collections.unmodifiableSet(header.tensors().keySet());
    }

    /** The strings of the header's {@code __metadata__}. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /**
     * The tensor called {@code name}, mapped from the file.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public StoredTensor tensor(String name) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        long bytes = entry.end() - entry.begin();
        if (bytes > Integer.MAX_VALUE) {
            throw BadFileException.of(path, "tensor '" + name + "' has " + bytes + " bytes", "at most 2^31 − 1",
                    "Take it by stretches");
        }
        StoredTensor flat = mapped(name).stretch(0, (int) (bytes / entry.type().bytes()));
        return new StoredTensor(entry.type(), entry.shape(), flat.bytes());
    }

    /**
     * The tensor called {@code name}, of any size, which stays in the file.
     *
     * @throws BadFileException if there is none, naming it
     */
    public MappedTensor mapped(String name) throws BadFileException {
        return new MappedTensor(path, name, dataStart, entry(name));
    }

    /**
     * The tensor called {@code name} as floats, which must have exactly this shape and a floating type.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public float[] floats(String name, long... shape) throws IOException {
        requireFloating(name, shape);
        return tensor(name).toFloats();
    }

    /** Throws unless the tensor called {@code name} has exactly this shape and a floating type. */
    void requireFloating(String name, long... shape) throws BadFileException {
        SafetensorsHeader.Entry entry = entry(name);
        if (!Arrays.equals(entry.shape(), shape)) {
            throw BadFileException.of(path, "tensor '" + name + "' has shape " + Arrays.toString(entry.shape()),
                    Arrays.toString(shape), "Check that these weights belong to this model");
        }
        if (!entry.type().isFloating()) {
            throw BadFileException.of(path, "tensor '" + name + "' holds " + entry.type(), "F32, F16, BF16 or F64",
                    "Check that these weights belong to this model");
        }
    }

    private SafetensorsHeader.Entry entry(String name) throws BadFileException {
        SafetensorsHeader.Entry entry = header.tensors().get(name);
        if (entry == null) {
            throw BadFileException.of(path, "has no tensor '" + name + "'", "one; it holds " + someNames(),
                    "Check that these weights belong to this model");
        }
        return entry;
    }

    private String someNames() {
        return WeightFiles.some(new ArrayList<>(names()));
    }

    /**
     * Writes a file, whole or not at all: tensors in the order of their map, piece by piece, metadata in that of their
     * names.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(Path path, Map<String, ? extends TensorContent> tensors, Map<String, String> metadata)
            throws IOException {
        byte[] json = headerJson(tensors, metadata);
        AtomicFiles.writeChannel(path, channel -> {
            ByteBuffer start = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
            start.putLong(json.length).put(json).flip();
            writeFully(channel, start);
            for (TensorContent tensor : tensors.values()) {
                tensor.forEachPiece(piece -> writeFully(channel, piece));
            }
        });
    }

    /** In parts: a channel copies what lies on the heap to native memory of the same size, which it keeps. */
    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        int end = bytes.limit();
        while (bytes.position() < end) {
            bytes.limit(Math.min(end, bytes.position() + WRITTEN));
            channel.write(bytes);
            bytes.limit(end);
        }
    }

    private static byte[] headerJson(Map<String, ? extends TensorContent> tensors, Map<String, String> metadata)
            throws IOException {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            if (!metadata.isEmpty()) {
                json.name(SafetensorsHeader.METADATA).beginObject();
                for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
                    json.name(entry.getKey()).value(entry.getValue());
                }
                json.endObject();
            }
            long at = 0;
            for (Map.Entry<String, ? extends TensorContent> entry : tensors.entrySet()) {
                if (entry.getKey().equals(SafetensorsHeader.METADATA)) {
                    throw new IllegalArgumentException(SafetensorsHeader.METADATA + " is no name for a tensor");
                }
                TensorContent tensor = entry.getValue();
                long bytes = tensor.byteCount();
                json.name(entry.getKey()).beginObject().name("dtype").value(tensor.type().name());
                json.name("shape").beginArray();
                for (long size : tensor.shape()) {
                    json.value(size);
                }
                json.endArray().name("data_offsets").beginArray().value(at).value(at + bytes).endArray().endObject();
                at += bytes;
            }
            json.endObject();
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        // Padded with spaces so that tensors start at a multiple of 8, as the reference implementation does.
        byte[] padded = Arrays.copyOf(bytes, (bytes.length + 7) / 8 * 8);
        Arrays.fill(padded, bytes.length, padded.length, (byte) ' ');
        return padded;
    }
}
