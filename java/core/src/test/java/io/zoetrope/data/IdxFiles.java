package io.zoetrope.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPOutputStream;

/** Makes IDX files, good and bad. */
final class IdxFiles {
    private IdxFiles() { }

    /** A header with the given sizes, followed by {@code data}. */
    static byte[] raw(byte[] data, int... dims) {
        ByteBuffer file = ByteBuffer.allocate(4 + 4 * dims.length + data.length);
        file.put(new byte[] {0, 0, 8, (byte) dims.length});
        for (int dim : dims) {
            file.putInt(dim);
        }
        file.put(data);
        return file.array();
    }

    static byte[] gzip(byte[] content) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
                out.write(content);
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
