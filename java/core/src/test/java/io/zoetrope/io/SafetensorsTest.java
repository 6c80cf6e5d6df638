package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
    @TempDir
    private Path folder;

    /** A file from a header's text and its data, with no checks. */
    static byte[] file(String header, int dataLength) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + json.length + dataLength).order(ByteOrder.LITTLE_ENDIAN);
        return file.putLong(json.length).put(json).array();
    }

    private static String tensor(String name, String dtype, String shape, long begin, long end) {
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" + begin + ","
                + end + "]}";
    }

    private void refused(byte[] content, String... parts) throws IOException {
        Path path = Files.write(folder.resolve("w.safetensors"), content);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Safetensors.open(path))
                .withMessageStartingWith(path.toString()).withMessageContaining("expected")
                .satisfies(e -> List.of(parts).forEach(part -> assertThat(e).hasMessageContaining(part)));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Safetensors.check(content, "memory"));
    }

    private void refused(String header, int dataLength, String... parts) throws IOException {
        refused(file(header, dataLength), parts);
    }

    @Test
    void theOrderOfMetadataDoesNotShow() throws IOException {
        Map<String, String> one = new LinkedHashMap<>(Map.of("steps", "4"));
        one.put("data", "squares");
        Map<String, String> other = new LinkedHashMap<>(Map.of("data", "squares"));
        other.put("steps", "4");
        Path path = folder.resolve("w.safetensors");
        Safetensors.write(path, Map.of(), one);
        byte[] bytes = Files.readAllBytes(path);
        Safetensors.write(path, Map.of(), other);
        assertThat(Files.readAllBytes(path)).isEqualTo(bytes);
    }

    @Test
    void writesAndReadsEveryKind() throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        float[] values = {0, -0f, 1.5f, Float.MIN_VALUE, -Float.MAX_VALUE, 3.14159f};
        tensors.put("b.weight", StoredTensor.ofF32(values, 2, 3));
        tensors.put("a.half", StoredTensor.ofBf16(new float[] {1, -2.5f}, 2, 1));
        tensors.put("counter", StoredTensor.ofI64(new long[] {Long.MIN_VALUE, 7}, 2));
        tensors.put("bytes", StoredTensor.ofU8(new byte[] {1, (byte) 255, 3}, 3));
        tensors.put("scalar \"ü\"", StoredTensor.ofF32(new float[] {9}));
        tensors.put("none", StoredTensor.ofF32(new float[0], 0, 4));
        Path path = folder.resolve("w.safetensors");
        Safetensors.write(path, tensors, Map.of("format", "pt", "note", "a\nb"));

        Safetensors read = Safetensors.open(path);
        assertThat(read.names()).containsExactlyElementsOf(tensors.keySet());
        assertThat(read.metadata()).containsOnly(Map.entry("format", "pt"), Map.entry("note", "a\nb"));
        for (String name : tensors.keySet()) {
            StoredTensor stored = read.tensor(name);
            assertThat(stored.type()).isEqualTo(tensors.get(name).type());
            assertThat(stored.shape()).isEqualTo(tensors.get(name).shape());
            assertThat(stored.bytes()).isEqualTo(tensors.get(name).bytes());
        }
        assertThat(read.floats("b.weight", 2, 3)).containsExactly(values);
        assertThat(read.tensor("a.half").toFloats()).containsExactly(1, -2.5f);
        assertThat(read.tensor("counter").toLongs()).containsExactly(Long.MIN_VALUE, 7);
        assertThat(read.tensor("bytes").toLongs()).containsExactly(1, 255, 3);
        assertThatIllegalStateException().isThrownBy(() -> read.tensor("counter").toFloats());
        WeightFiles.of(read).requireFinite();
        // The data begins at a multiple of 8 so that mapped tensors are aligned.
        assertThat(ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8).isZero();
    }

    @Test
    void readsWhatTheFormatAllows() throws IOException {
        // Tensors in any order in the header, spaces, escapes, no metadata.
        byte[] content = file(
                "{ " + tensor("late", "F16", "[2]", 4, 8) + " , " + tensor("\\u0061", "I32", "[]", 0, 4) + " }   ", 8);
        content[content.length - 1] = 0x3c; // 1.0 in binary16
        Safetensors read = Safetensors.open(Files.write(folder.resolve("w"), content));
        assertThat(read.names()).containsExactly("late", "a");
        assertThat(read.tensor("late").toFloats()).containsExactly(0, 1);
        assertThat(read.tensor("a").toLongs()).containsExactly(0);
        assertThat(Safetensors.open(Files.write(folder.resolve("e"), file("{}", 0))).names()).isEmpty();
    }

    @Test
    void refusesHeadersBeyondTheFile() throws IOException {
        byte[] content = file("{" + tensor("a", "F32", "[1]", 0, 4) + "}", 4);
        for (int length = 0; length < content.length; length++) {
            refused(Arrays.copyOf(content, length));
        }
        ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putLong(1 << 20);
        refused(content, "reaches beyond the file");
        for (long length : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 0, 100_000_001}) {
            ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
            refused(content, "claims a header of");
        }
    }

    @Test
    void refusesTensorsThatOverlapLeaveGapsOrOverrun() throws IOException {
        refused("{" + tensor("a", "F32", "[2]", 0, 8) + "," + tensor("b", "F32", "[2]", 4, 12) + "}", 12,
                "'a' and 'b' overlap");
        refused("{" + tensor("a", "F32", "[1]", 0, 4) + "," + tensor("b", "F32", "[1]", 0, 4) + "}", 4, "overlap");
        refused("{" + tensor("a", "F32", "[1]", 0, 4) + "," + tensor("b", "F32", "[1]", 8, 12) + "}", 12,
                "bytes 4 to 8 belong to no tensor");
        refused("{" + tensor("a", "F32", "[1]", 4, 8) + "}", 8, "belong to no tensor");
        refused("{" + tensor("a", "F32", "[3]", 0, 12) + "}", 8, "reaches to byte 12", "only 8");
        refused("{" + tensor("a", "F32", "[1]", 0, 4) + "}", 5, "goes on for 1 bytes");
        refused("{" + tensor("a", "F32", "[1]", 4, 0) + "}", 4, "ends before it begins");
    }

    @Test
    void refusesShapesThatDoNotMatchTheirBytes() throws IOException {
        refused("{" + tensor("a", "F32", "[2]", 0, 4) + "}", 4, "has 4 bytes", "expected 8 bytes");
        refused("{" + tensor("a", "F32", "[4294967296,4294967296]", 0, 0) + "}", 0, "overflows");
        refused("{" + tensor("a", "F32", "[99999999999999999999]", 0, 0) + "}", 0, "whole numbers");
        refused("{" + tensor("a", "F32", "[-1]", 0, 4) + "}", 4, "holds -1");
        refused("{" + tensor("a", "F32", "[1.0]", 0, 4) + "}", 4, "holds 1.0");
        refused("{" + tensor("a", "F32", "[\"1\"]", 0, 4) + "}", 4, "other than numbers");
        refused("{" + tensor("a", "Q4", "[1]", 0, 4) + "}", 4, "unknown element type 'Q4'", "BF16");
        refused("{" + tensor("a", "F32", "[" + "1,".repeat(40) + "1]", 0, 4) + "}", 4, "over 32 numbers");
    }

    @Test
    void refusesDuplicates() throws IOException {
        refused("{" + tensor("a", "U8", "[1]", 0, 1) + "," + tensor("a", "U8", "[1]", 1, 2) + "}", 2,
                "'a' appears twice");
        refused("{\"__metadata__\":{\"x\":\"1\",\"x\":\"2\"}}", 0, "'x' appears twice");
        refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "appears twice");
        refused("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[],\"data_offsets\":[0,1]}}", 1, "two fields");
    }

    @Test
    void refusesWhatIsNoHeader() throws IOException {
        for (String header : new String[] {"[]", "{", "null", "{}{}", "{'a':1}", "{\"a\":1}", "{\"a\":{}}", "{,}",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":1}}",
                "{\"__metadata__\":{\"x\":1}}", "{\"__metadata__\":[]}", "[[[[[[[[", "{\"a\":[[[["}) {
            refused(header, 1);
        }
        byte[] content = file("{\"aa\":1}", 0);
        content[11] = (byte) 0xff;
        refused(content, "not UTF-8");
    }

    @Test
    void namesWrongShapesNamesAndNaNs() throws IOException {
        Path path = folder.resolve("w.safetensors");
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        tensors.put("conv.weight", StoredTensor.ofF32(new float[] {1, 2, Float.NaN, 4}, 2, 2));
        tensors.put("conv.bias", StoredTensor.ofBf16(new float[] {1, Float.NEGATIVE_INFINITY}, 2));
        Safetensors.write(path, tensors, Map.of());
        Safetensors read = Safetensors.open(path);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> read.floats("conv.weight", 4, 1))
                .withMessageContaining("conv.weight").withMessageContaining("[2, 2]").withMessageContaining("[4, 1]");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> read.tensor("conv.wait"))
                .withMessageContaining("no tensor 'conv.wait'").withMessageContaining("conv.weight");
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> WeightFiles.of(read).requireNames(Set.of("conv.weight", "norm.weight")))
                .withMessageContaining("lacks [norm.weight]").withMessageContaining("unknown [conv.bias]");
        WeightFiles.of(read).requireNames(tensors.keySet());
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> WeightFiles.of(read).requireFinite())
                .withMessageContaining("conv.weight").withMessageContaining("element 2");
        assertThat(read.tensor("conv.bias").firstNonFinite()).hasValue(1);
        Path missing = folder.resolve("missing.safetensors");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Safetensors.open(missing))
                .withMessageContaining("missing.safetensors: does not exist");
    }

    @Test
    void tensorsStayReadableWhenTheFileIsReplaced() throws IOException {
        Path path = folder.resolve("w.safetensors");
        Safetensors.write(path, Map.of("a", StoredTensor.ofF32(new float[] {1}, 1)), Map.of());
        StoredTensor old = Safetensors.open(path).tensor("a");
        Safetensors.write(path, Map.of("a", StoredTensor.ofF32(new float[] {2}, 1)), Map.of());
        assertThat(old.toFloats()).containsExactly(1);
        assertThat(Safetensors.open(path).tensor("a").toFloats()).containsExactly(2);
    }

    @Test
    void aFullDiskLeavesNothing() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Safetensors.write(Path.of("/dev/full"),
                        Map.of("a", StoredTensor.ofF32(new float[1000], 1000)), Map.of()))
                .withMessageContaining("No space left");
    }

    @Test
    void tensorsRefuseNonsense() {
        assertThatIllegalArgumentException().isThrownBy(() -> StoredTensor.ofF32(new float[3], 2))
                .withMessageContaining("takes 8 bytes, not 12");
        assertThatIllegalArgumentException().isThrownBy(() -> StoredTensor.ofF32(new float[1], -1));
        assertThatIllegalArgumentException().isThrownBy(() -> Safetensors.write(folder.resolve("x"),
                Map.of("__metadata__", StoredTensor.ofF32(new float[1], 1)), Map.of()));
        assertThat(folder.resolve("x")).doesNotExist();
    }
}
