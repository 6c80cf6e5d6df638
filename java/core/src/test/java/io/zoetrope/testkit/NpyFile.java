package io.zoetrope.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An array that NumPy has written, from the test resources: row-major, little-endian floats or integers.
 *
 * @param shape  sizes, outermost first
 * @param values the elements, exact in double but for large 64-bit integers
 */
public record NpyFile(long[] shape, double[] values) {
    private static final int MAGIC = 8;
    private static final Pattern HEADER = Pattern
            .compile("'descr': '([^']*)'.*'fortran_order': False.*'shape': \\(([^)]*)\\)", Pattern.DOTALL);

    /** @param resource its path on the class path, such as {@code /goldens/x.npy} */
    public static NpyFile read(String resource) throws IOException {
        try (InputStream in = NpyFile.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no resource " + resource);
            }
            return parse(ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN), resource);
        }
    }

    private static NpyFile parse(ByteBuffer bytes, String name) throws IOException {
        int headerLength = bytes.getShort(MAGIC) & 0xffff;
        int start = MAGIC + 2 + headerLength;
        Matcher header = HEADER.matcher(StandardCharsets.ISO_8859_1.decode(bytes.slice(MAGIC + 2, headerLength)));
        if (!header.find()) {
            throw new IOException(name + ": a NumPy header of another kind");
        }
        long[] shape = Arrays.stream(header.group(2).split(",")).map(String::strip).filter(size -> !size.isEmpty())
                .mapToLong(Long::parseLong).toArray();
        double[] values = new double[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (header.group(1)) {
                case "<f4" -> bytes.getFloat(start + 4 * i);
                case "<f8" -> bytes.getDouble(start + 8 * i);
                case "<i4" -> bytes.getInt(start + 4 * i);
                case "<i8" -> bytes.getLong(start + 8 * i);
                case "|u1" -> bytes.get(start + i) & 0xff;
                default -> throw new IOException(name + ": elements of type " + header.group(1));
            };
        }
        return new NpyFile(shape, values);
    }

    public float[] floats() {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    public int[] ints() {
        return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
    }

    /** The greatest magnitude. */
    public double peak() {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }

    /** This array [N, C, H, W] as [N, H, W, C]. */
    public NpyFile channelsLast() {
        int n = (int) shape[0];
        int c = (int) shape[1];
        int pixels = (int) (shape[2] * shape[3]);
        double[] moved = new double[values.length];
        for (int sample = 0; sample < n; sample++) {
            for (int channel = 0; channel < c; channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    moved[(sample * pixels + pixel) * c + channel] = values[(sample * c + channel) * pixels + pixel];
                }
            }
        }
        return new NpyFile(new long[] {n, shape[2], shape[3], c}, moved);
    }
}
