package io.zoetrope.io;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A safetensors header, read strictly: every name once, every element type known, every tensor's bytes exactly as many
 * as its shape says, and all of them together covering the data with neither gap nor overlap. That leaves no room for a
 * file that two readers understand differently.
 *
 * @param tensors  by name, in the header's order
 * @param metadata the free-form strings under {@code __metadata__}
 */
record SafetensorsHeader(Map<String, Entry> tensors, Map<String, String> metadata) {
    /** The reference implementation refuses longer headers too. */
    static final long MAX_HEADER = 100_000_000;
    static final String METADATA = "__metadata__";
    private static final int MAX_RANK = 32;
    private static final String REMEDY = "Get or write the file anew";

    /**
     * One tensor.
     *
     * @param type  element type
     * @param shape sizes, outermost first
     * @param begin first byte, counted from the end of the header
     * @param end   one past the last byte
     */
    record Entry(StoredType type, long[] shape, long begin, long end) {}

    /**
     * Parses a header.
     *
     * @param json       the header's bytes
     * @param dataLength how many bytes follow it in the file
     * @param file       name for messages
     */
    static SafetensorsHeader parse(ByteBuffer json, long dataLength, String file) throws IOException {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(json).toString();
        } catch (CharacterCodingException e) {
            throw BadFileException.of(file, "its header is not UTF-8", "a JSON header", Remedy.of(REMEDY), e);
        }
        SafetensorsHeader header;
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(Strictness.STRICT);
            header = read(reader, file);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw bad(file, "its header goes on after the JSON object", "one JSON object");
            }
        } catch (BadFileException e) {
            throw e;
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw BadFileException.of(file,
                    "its header is no valid JSON of the expected form (" + oneLine(e.getMessage()) + ")",
                    "a safetensors header", Remedy.of(REMEDY), e);
        }
        header.requireCover(dataLength, file);
        return header;
    }

    private static SafetensorsHeader read(JsonReader reader, String file) throws IOException {
        Map<String, Entry> tensors = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        boolean described = false;
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (name.equals(METADATA)) {
                if (described) {
                    throw bad(file, METADATA + " appears twice", "every name once");
                }
                described = true;
                readMetadata(reader, metadata, file);
            } else if (tensors.put(name, readEntry(reader, name, file)) != null) {
                throw bad(file, "tensor '" + name + "' appears twice", "every name once");
            }
        }
        reader.endObject();
        return new SafetensorsHeader(tensors, metadata);
    }

    private static void readMetadata(JsonReader reader, Map<String, String> metadata, String file) throws IOException {
        reader.beginObject();
        while (reader.hasNext()) {
            String key = reader.nextName();
            if (reader.peek() != JsonToken.STRING) {
                throw bad(file, "metadata '" + key + "' is not a string", "strings only");
            }
            if (metadata.put(key, reader.nextString()) != null) {
                throw bad(file, "metadata '" + key + "' appears twice", "every name once");
            }
        }
        reader.endObject();
    }

    private static Entry readEntry(JsonReader reader, String name, String file) throws IOException {
        StoredType type = null;
        long[] shape = null;
        long[] offsets = null;
        reader.beginObject();
        while (reader.hasNext()) {
            String key = reader.nextName();
            boolean again = switch (key) {
                case "dtype" -> type != null;
                case "shape" -> shape != null;
                case "data_offsets" -> offsets != null;
                default -> throw bad(file, "tensor '" + name + "' has an unknown field '" + key + "'",
                        "dtype, shape and data_offsets");
            };
            if (again) {
                throw bad(file, "tensor '" + name + "' has two fields '" + key + "'", "every field once");
            }
            switch (key) {
                case "dtype" -> type = readType(reader, name, file);
                case "shape" -> shape = readSizes(reader, MAX_RANK, "shape of tensor '" + name + "'", file);
                default -> offsets = readSizes(reader, 2, "data_offsets of tensor '" + name + "'", file);
            }
        }
        reader.endObject();
        if (type == null || shape == null || offsets == null || offsets.length != 2) {
            throw bad(file, "tensor '" + name + "' is described incompletely", "dtype, shape and two data_offsets");
        }
        if (offsets[1] < offsets[0]) {
            throw bad(file, "tensor '" + name + "' ends before it begins, at " + offsets[1] + " and " + offsets[0],
                    "data_offsets in order");
        }
        long bytes;
        try {
            bytes = Math.multiplyExact(StoredTensor.elements(shape), (long) type.bytes());
        } catch (ArithmeticException e) {
            throw bad(file, "the shape of tensor '" + name + "' overflows", "a shape that fits its bytes");
        }
        if (bytes != offsets[1] - offsets[0]) {
            throw bad(file, "tensor '" + name + "' has " + (offsets[1] - offsets[0]) + " bytes",
                    bytes + " bytes, as its shape and type " + type + " say");
        }
        return new Entry(type, shape, offsets[0], offsets[1]);
    }

    private static StoredType readType(JsonReader reader, String name, String file) throws IOException {
        String text = reader.nextString();
        for (StoredType type : StoredType.values()) {
            if (type.name().equals(text)) {
                return type;
            }
        }
        throw bad(file, "tensor '" + name + "' has the unknown element type '" + text + "'",
                "one of " + List.of(StoredType.values()));
    }

    private static long[] readSizes(JsonReader reader, int most, String what, String file) throws IOException {
        List<Long> sizes = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            // As text: nextLong would also take "3" and 3.0.
            if (reader.peek() != JsonToken.NUMBER) {
                throw bad(file, "the " + what + " holds something other than numbers", "whole numbers");
            }
            String text = reader.nextString();
            if (!text.matches("0|[1-9][0-9]{0,17}")) {
                throw bad(file, "the " + what + " holds " + text, "whole numbers from 0 to below 10^18");
            }
            sizes.add(Long.parseLong(text));
            if (sizes.size() > most) {
                throw bad(file, "the " + what + " has over " + most + " numbers", "at most " + most);
            }
        }
        reader.endArray();
        return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    private void requireCover(long dataLength, String file) throws BadFileException {
        List<Map.Entry<String, Entry>> inOrder = new ArrayList<>(tensors.entrySet());
        inOrder.sort(Comparator.<Map.Entry<String, Entry>>comparingLong(e -> e.getValue().begin())
                .thenComparingLong(e -> e.getValue().end()));
        long at = 0;
        String before = null;
        for (Map.Entry<String, Entry> tensor : inOrder) {
            Entry entry = tensor.getValue();
            if (entry.end() > dataLength) {
                throw bad(file,
                        "tensor '" + tensor.getKey() + "' reaches to byte " + entry.end()
                                + " of the data, but the file holds only " + dataLength + " (truncated?)",
                        "a whole file");
            }
            if (entry.begin() < at) {
                throw bad(file, "tensors '" + before + "' and '" + tensor.getKey() + "' overlap",
                        "tensors one after another");
            }
            if (entry.begin() > at) {
                throw bad(file, "bytes " + at + " to " + entry.begin() + " belong to no tensor",
                        "tensors without gaps between them");
            }
            at = entry.end();
            before = tensor.getKey();
        }
        if (at != dataLength) {
            throw bad(file, "goes on for " + (dataLength - at) + " bytes after its last tensor",
                    "a file that ends with its last tensor");
        }
    }

    private static String oneLine(String message) {
        return message == null ? "no detail" : message.lines().findFirst().orElse("no detail");
    }

    private static BadFileException bad(String file, String found, String expected) {
        return BadFileException.of(file, found, expected, REMEDY);
    }
}
