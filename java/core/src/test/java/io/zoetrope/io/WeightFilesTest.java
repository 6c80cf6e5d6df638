package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightFilesTest {
    private static final List<String> STEMS = List.of("weights", "model");

    @TempDir
    private Path folder;

    private static StoredTensor values(float... values) {
        return StoredTensor.ofF32(values, values.length);
    }

    private void write(String name, Map<String, StoredTensor> tensors) throws IOException {
        Safetensors.write(folder.resolve(name), tensors, Map.of("of", name));
    }

    private void index(String map) throws IOException {
        Files.writeString(folder.resolve("weights.safetensors.index.json"),
                "{\"metadata\": {\"total_size\": 16}, \"weight_map\": " + map + "}");
    }

    private void refused(String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> WeightFiles.find(folder, STEMS))
                .withMessageStartingWith(folder.toString())
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"weights.safetensors", "weights.fp16.safetensors", "weights.bf16.safetensors",
            "model.safetensors", "model.fp16.safetensors"})
    void oneFileByAnyOfItsNames(String name) throws IOException {
        write(name, Map.of("a", values(1, 2)));
        WeightFiles files = WeightFiles.find(folder, STEMS);
        assertThat(files.names()).containsExactly("a");
        assertThat(files.floats("a", 2)).containsExactly(1, 2);
        assertThat(files.metadata()).containsEntry("of", name);
    }

    @Test
    void thePlainFileComesFirst() throws IOException {
        write("weights.fp16.safetensors", Map.of("a", values(1)));
        write("weights.safetensors", Map.of("a", values(2)));
        write("model.safetensors", Map.of("a", values(3)));
        assertThat(WeightFiles.find(folder, STEMS).floats("a", 1)).containsExactly(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"weights.safetensors.index.json", "weights.safetensors.index.fp16.json",
            "weights.fp16.safetensors.index.json"})
    void severalFilesByTheirIndex(String name) throws IOException {
        write("weights-00001-of-00002.safetensors", Map.of("a", values(1), "b", values(2)));
        write("weights-00002-of-00002.safetensors", Map.of("c", values(3)));
        index("{\"a\": \"weights-00001-of-00002.safetensors\", \"b\": \"weights-00001-of-00002.safetensors\", "
                + "\"c\": \"weights-00002-of-00002.safetensors\"}");
        Files.move(folder.resolve("weights.safetensors.index.json"), folder.resolve(name));
        WeightFiles files = WeightFiles.find(folder, STEMS);
        assertThat(files.names()).containsExactly("a", "b", "c");
        assertThat(files.floats("c", 1)).containsExactly(3);
        files.require(Map.of("a", new long[] {1}, "b", new long[] {1}, "c", new long[] {1}));
    }

    @Test
    void indicesThatDoNotFitTheirFiles() throws IOException {
        write("one.safetensors", Map.of("a", values(1), "b", values(2)));
        index("{\"a\": \"one.safetensors\"}");
        refused("one.safetensors", "'b'", "the index does not say");
        index("{\"a\": \"one.safetensors\", \"b\": \"one.safetensors\", \"c\": \"one.safetensors\"}");
        refused("index.json", "'c'", "'one.safetensors'");
        index("{\"a\": \"two.safetensors\"}");
        refused("two.safetensors", "does not exist");
        index("{\"a\": \"../one.safetensors\"}");
        refused("index.json", "'../one.safetensors'", "beside the index");
        index("[]");
        refused("index.json", "weight_map");
        index("{\"a\": 1}");
        refused("index.json", "weight_map", "1");
    }

    @Test
    void pickledWeightsAreRefusedWithARemedy() throws IOException {
        refused("weights.safetensors", "does not exist");
        Files.write(folder.resolve("weights.bin"), new byte[] {1});
        refused("weights.bin", "pickled", "safe_serialization=True");
        write("weights.safetensors", Map.of("a", values(1)));
        assertThat(WeightFiles.find(folder, STEMS).names()).containsExactly("a");
    }

    @Test
    void olderNamesAreTakenWhereNoNewerOnesAre() throws IOException {
        write("weights.safetensors", Map.of("query", values(1), "key", values(2), "to_k", values(3)));
        WeightFiles files = WeightFiles.find(folder, STEMS)
                .renamed(Map.of("to_q", "query", "to_k", "key", "to_v", "value"));
        assertThat(files.names()).containsExactlyInAnyOrder("to_q", "to_k", "key");
        assertThat(files.floats("to_q", 1)).containsExactly(1);
        assertThat(files.floats("to_k", 1)).containsExactly(3);
    }
}
