package io.zoetrope.data;

import io.zoetrope.io.Digests;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Examples of one shape that are decoded when they are needed, wherever they come from: more than memory holds, or made
 * as they are asked for. Each has a number, by which training asks for them in an order of its own.
 *
 * @param name    for messages and records
 * @param version what tells these examples from others of the same name, such as a date; a run goes on with one version
 *                alone, since nobody reads all examples to compare them
 * @param count   how many examples there are, 1 or more
 * @param type    of their values
 * @param shape   of one, channels last; pictures are U8 [H,W,C]
 * @param decoder makes an example
 */
public record ExampleStream(String name, String version, int count, DType type, Shape shape,
        Decoder decoder) implements Dataset {
    /** Makes examples; called by several threads at once. */
    @FunctionalInterface
    public interface Decoder {
        /**
         * Writes example {@code index}, all of it, always the same.
         *
         * @param index  0 to count − 1
         * @param target of as many bytes as an example has, in native order, from its position 0 on
         * @return the example's label; 0 where there are none
         * @throws IOException if data cannot be read
         */
        int decode(int index, ByteBuffer target) throws IOException;
    }

    public ExampleStream {
        if (count < 1) {
            throw new IllegalArgumentException(name + " has " + count + " examples: expected 1 or more");
        }
    }

    /** Bytes of one example. */
    public int exampleBytes() {
        return Math.toIntExact(Math.multiplyExact(shape.size(), (long) type.bytes()));
    }

    @Override
    public int trainingExamples() {
        return count;
    }

    @Override
    public String examples() {
        return "examples";
    }

    @Override
    public Map<String, Integer> facts() {
        Map<String, Integer> facts = new LinkedHashMap<>();
        facts.put("data_examples", count);
        for (int i = 0; i < shape.rank(); i++) {
            facts.put("data_extent_" + i, Math.toIntExact(shape.dim(i)));
        }
        return facts;
    }

    /** Of what they are called, not of what they hold. */
    @Override
    public String digest() {
        String described = String.join("\n", name, version, Integer.toString(count), type.name(), shape.toString());
        return HexFormat.of().formatHex(Digests.sha256().digest(described.getBytes(StandardCharsets.UTF_8)));
    }
}
