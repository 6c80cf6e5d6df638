package io.zoetrope.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Makes IDX files, good and bad. */
final class IdxFiles {
    private IdxFiles() {}

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

    /** A tiny set in the files of the MNIST family: n training and n test pictures of 2 × 2, some files gzipped. */
    static void writeTiny(Path folder, int n, int labels) throws IOException {
        Files.createDirectories(folder);
        for (String part : new String[] {"train", "t10k"}) {
            byte[] classes = new byte[labels];
            for (int i = 0; i < labels; i++) {
                classes[i] = (byte) (i % 10);
            }
            Files.write(folder.resolve(part + "-images-idx3-ubyte.gz"), gzip(raw(new byte[4 * n], n, 2, 2)));
            Files.write(folder.resolve(part + "-labels-idx1-ubyte"), raw(classes, labels));
        }
    }
}
