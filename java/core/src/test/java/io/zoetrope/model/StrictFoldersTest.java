package io.zoetrope.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Safetensors;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The folders of all models that ship, spoilt in every setting and tensor file: each is refused by file and by name.
 */
class StrictFoldersTest {
    private static final Set<String> MAY_BE_MISSING = Set.of("_class_name", "norm_groups", "dark_background",
            "mirrored", "rotary");
    private static final Set<String> MAY_BE_NEGATIVE = Set.of("mel_floor");
    /** Present where a classifier hears sounds; without it the others of its kind are unknown, and named instead. */
    private static final String SOUNDS = "mel_rate";
    private final Device device = Devices.shared();

    @TempDir
    private Path folder;

    static Stream<String> models() {
        return ModelFamilies.installed().shipped().stream().map(ShippedModel::name)
                .filter(name -> !name.contains("ddpm"));
    }

    private void unpack(String model) throws IOException {
        PretrainedModels.load(model, from -> {
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path to = folder.resolve(from.relativize(file).toString());
                    Files.createDirectories(to.getParent());
                    Files.copy(file, to);
                }
            }
            return null;
        });
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
        }
    }

    private void refused(String model, String what, Path file, String... parts) {
        ModelFamily family = ModelFamilies.installed().shipping(model).orElseThrow();
        assertThatExceptionOfType(BadFileException.class).as(file.getFileName() + ": " + what)
                .isThrownBy(() -> family.describe(device, folder)).satisfies(e -> assertThat(e.getMessage()).as(what)
                        .contains(folder.relativize(file).toString()).contains(parts).doesNotContain("\n"));
    }

    private static JsonArray listOf(JsonElement one) {
        JsonArray list = new JsonArray();
        list.add(one);
        return list;
    }

    /** Values that no setting with this value may have. */
    private static List<JsonElement> nonsense(String name, JsonElement value) {
        List<JsonElement> wrong = new ArrayList<>(List.of(JsonNull.INSTANCE, new JsonObject()));
        JsonElement sample = value.isJsonArray() ? value.getAsJsonArray().get(0) : value;
        List<JsonElement> single = new ArrayList<>(List.of(new JsonObject()));
        if (sample.getAsJsonPrimitive().isNumber()) {
            single.add(new JsonPrimitive("nonsense"));
            single.add(new JsonPrimitive(1e18));
            single.add(new JsonPrimitive(1L << 30));
            if (!MAY_BE_NEGATIVE.contains(name)) {
                single.add(new JsonPrimitive(-1));
            }
        } else if (sample.getAsJsonPrimitive().isBoolean()) {
            single.add(new JsonPrimitive("true"));
            single.add(new JsonPrimitive(1));
        } else {
            single.add(new JsonPrimitive(7));
        }
        single.forEach(one -> wrong.add(value.isJsonArray() ? listOf(one) : one));
        return wrong;
    }

    @ParameterizedTest
    @MethodSource("models")
    void everySettingIsReadAndNoOtherIs(String model) throws IOException {
        unpack(model);
        for (Path file : files("config.json")) {
            String text = Files.readString(file);
            JsonObject good = JsonParser.parseString(text).getAsJsonObject();
            for (String name : good.keySet()) {
                JsonObject bad = good.deepCopy();
                for (JsonElement wrong : nonsense(name, good.get(name))) {
                    bad.add(name, wrong);
                    Files.writeString(file, bad.toString());
                    refused(model, name + " = " + wrong, file, "'" + name + "'");
                }
                if (!MAY_BE_MISSING.contains(name)) {
                    bad.remove(name);
                    Files.writeString(file, bad.toString());
                    refused(model, name + " missing", file,
                            name.equals(SOUNDS) ? "'mel_" : "'" + name + "' is missing");
                }
                Files.writeString(file, text.replace("\"" + name + "\":", "\"" + name + "\": NaN, \"was\":"));
                refused(model, name + " = NaN", file, "no valid JSON");
            }
            JsonObject more = good.deepCopy();
            more.addProperty("dropout_of_tomorrow", 0.5);
            Files.writeString(file, more.toString());
            refused(model, "unknown", file, "'dropout_of_tomorrow' is 0.5");
            Files.writeString(file, text);
        }
        ModelFamilies.installed().shipping(model).orElseThrow().describe(device, folder);
    }

    @ParameterizedTest
    @MethodSource("models")
    void anIndexOfOtherPartsIsRefused(String model) throws IOException {
        unpack(model);
        Path index = folder.resolve("model_index.json");
        String text = Files.readString(index);
        Files.writeString(index, text.replaceFirst("\\{", "{ \"refiner\": [\"zoetrope\", \"Refiner\"],"));
        refused(model, "another component", index, "refiner");
        Files.writeString(index, text.replaceFirst("\\{", "{ \"_sharpening\": 2,"));
        refused(model, "unknown", index, "'_sharpening' is 2");
    }

    @ParameterizedTest
    @MethodSource("models")
    void weightsAreExactlyThoseOfTheModel(String model) throws IOException {
        unpack(model);
        for (Path file : files(".safetensors")) {
            byte[] bytes = Files.readAllBytes(file);
            Safetensors stored = Safetensors.open(file);
            Map<String, StoredTensor> tensors = new LinkedHashMap<>();
            for (String name : stored.names()) {
                StoredTensor tensor = stored.tensor(name);
                tensors.put(name, new StoredTensor(tensor.type(), tensor.shape(), tensor.bytes()));
            }
            tensors.put("left.over", StoredTensor.ofF32(new float[] {1}, 1));
            Safetensors.write(file, tensors, Map.of());
            refused(model, "left over", file, "unknown [left.over]");
            tensors.remove("left.over");
            String first = tensors.keySet().iterator().next();
            tensors.remove(first);
            tensors.put("left.over", StoredTensor.ofF32(new float[] {1}, 1));
            Safetensors.write(file, tensors, Map.of());
            refused(model, "missing", file, "lacks [" + first + "]");
            Files.write(file, bytes);
        }
    }
}
