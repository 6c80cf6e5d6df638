package io.zoetrope.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/**
 * A tensor that stays in its file and is mapped a stretch at a time: neither an array nor a buffer bounds its size, and
 * reading it takes no memory of its own.
 */
public final class MappedTensor implements TensorContent {
    /** What one mapping shows: few mappings, and little address space. */
    private static final int MAPPED_BYTES = 1 << 26;

    private final Path path;
    private final String name;
    private final long dataStart;
    private final SafetensorsHeader.Entry entry;

    MappedTensor(Path path, String name, long dataStart, SafetensorsHeader.Entry entry) {
        this.path = path;
        this.name = name;
        this.dataStart = dataStart;
        this.entry = entry;
    }

    @Override
    public StoredType type() {
        return entry.type();
    }

    @Override
    public long[] shape() {
        return entry.shape().clone();
    }

    /** How many elements there are. */
    public long size() {
        return StoredTensor.elements(entry.shape());
    }

    /**
     * Elements {@code from} to {@code from + count}, flat. The mapping lives as long as the result is reachable.
     *
     * @throws BadFileException when the file has become shorter since it was opened
     */
    public StoredTensor stretch(long from, int count) throws IOException {
        if (from < 0 || count < 0 || from > size() - count) {
            throw new IllegalArgumentException(
                    "elements " + from + " to " + (from + count) + " of tensor '" + name + "', which has " + size());
        }
        long bytes = (long) count * entry.type().bytes();
        long begin = dataStart + entry.begin() + from * entry.type().bytes();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            if (channel.size() < begin + bytes) {
                throw BadFileException.of(path, "has become shorter since it was opened", "an unchanged file",
                        "Do not write to weights in use");
            }
            ByteBuffer mapped = bytes == 0 ? ByteBuffer.allocate(0)
                    : channel.map(FileChannel.MapMode.READ_ONLY, begin, bytes);
            return new StoredTensor(entry.type(), new long[] {count}, mapped);
        }
    }

    @Override
    public void forEachPiece(Sink sink) throws IOException {
        int most = MAPPED_BYTES / entry.type().bytes();
        for (long at = 0; at < size(); at += most) {
            sink.take(stretch(at, (int) Math.min(most, size() - at)).bytes());
        }
    }

    /**
     * Throws if a stretch of this tensor, which begins at element {@code from}, holds a NaN or an infinity.
     *
     * @throws BadFileException if a value is NaN or infinite, naming the tensor
     */
    public void requireFinite(StoredTensor stretch, long from) throws BadFileException {
        OptionalLong first = stretch.firstNonFinite();
        if (first.isPresent()) {
            int found = 0;
            for (float value : stretch.toFloats()) {
                found += Float.isFinite(value) ? 0 : 1;
            }
            throw BadFileException.of(path, "tensor '" + name + "' holds NaN or infinity at element "
                    + (from + first.getAsLong())
                    + (found == 1 ? ""
                            : " and " + (found - 1) + " elsewhere in the " + stretch.size() + " elements from " + from),
                    "finite weights", "Go back to an earlier checkpoint of this training");
        }
    }
}
