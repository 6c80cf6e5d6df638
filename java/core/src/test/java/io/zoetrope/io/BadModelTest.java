package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.zoetrope.cuda.Device;
import io.zoetrope.model.ddpm.DdpmConfig;
import io.zoetrope.model.ddpm.DdpmModel;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Model folders that do not fit: each is refused with a message that names what is wrong, and the device goes on. */
class BadModelTest {
    private final Device device = Devices.shared();

    @TempDir
    private Path folder;
    private Path weights;

    @BeforeEach
    void save() throws IOException {
        weights = folder.resolve("unet/diffusion_pytorch_model.safetensors");
        try (DdpmModel model = new DdpmModel(device, DdpmConfig.forPictures(8, 1), DType.BF16, 4)) {
            model.save(folder, Map.of());
        }
    }

    private Map<String, StoredTensor> tensors() throws IOException {
        Safetensors stored = Safetensors.open(weights);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (String name : stored.names()) {
            tensors.put(name, stored.tensor(name));
        }
        return tensors;
    }

    private void refused(String... parts) {
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> DdpmModel.load(device, folder, DType.BF16).close())
                .withMessageContaining(folder.toString())
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    private void set(String file, String before, String after) throws IOException {
        Path path = folder.resolve(file);
        String text = Files.readString(path);
        assertThat(text).contains(before);
        Files.writeString(path, text.replace(before, after));
    }

    @Test
    void wrongNames() throws IOException {
        Map<String, StoredTensor> tensors = tensors();
        String first = tensors.keySet().iterator().next();
        tensors.put("conv_inn.weight", tensors.remove(first));
        Safetensors.write(weights, tensors, Map.of());
        refused("lacks [" + first + "]", "unknown [conv_inn.weight]");
    }

    @Test
    void wrongShapes() throws IOException {
        Map<String, StoredTensor> tensors = tensors();
        String first = tensors.keySet().iterator().next();
        StoredTensor tensor = tensors.get(first);
        tensors.put(first, new StoredTensor(tensor.type(), new long[] {tensor.size()}, tensor.bytes()));
        Safetensors.write(weights, tensors, Map.of());
        refused("'" + first + "' has shape [" + tensor.size() + "]", Arrays.toString(tensor.shape()));
    }

    @Test
    void notANumber() throws IOException {
        Map<String, StoredTensor> tensors = tensors();
        String first = tensors.keySet().iterator().next();
        float[] values = tensors.get(first).toFloats();
        values[1] = Float.NaN;
        tensors.put(first, StoredTensor.ofBf16(values, tensors.get(first).shape()));
        Safetensors.write(weights, tensors, Map.of());
        refused("'" + first + "' holds NaN or infinity at element 1");
    }

    @Test
    void integersForWeights() throws IOException {
        Map<String, StoredTensor> tensors = tensors();
        String first = tensors.keySet().iterator().next();
        StoredTensor tensor = tensors.get(first);
        tensors.put(first, StoredTensor.ofU8(new byte[tensor.size()], tensor.shape()));
        Safetensors.write(weights, tensors, Map.of());
        refused("'" + first + "' holds U8");
    }

    @Test
    void truncatedWeights() throws IOException {
        byte[] bytes = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(bytes, bytes.length - 1));
        refused("truncated");
        Files.delete(weights);
        refused("does not exist");
    }

    @Test
    void settingsThatMakeNoModel() throws IOException {
        set("unet/config.json", "\"norm_num_groups\": 8", "\"norm_num_groups\": 7");
        refused("7");
        set("unet/config.json", "\"norm_num_groups\": 7", "\"norm_num_groups\": \"eight\"");
        refused("norm_num_groups", "eight");
        Files.writeString(folder.resolve("unet/config.json"), "{");
        refused("no valid JSON");
        Files.delete(folder.resolve("model_index.json"));
        refused("model_index.json");
    }

    @Test
    void settingsOfAnAbsurdlyLargeModel() throws IOException {
        String config = Files.readString(folder.resolve("unet/config.json"));
        String layers = "\"layers_per_block\": 2";
        set("unet/config.json", layers, "\"layers_per_block\": 2000000000");
        refused("2000000000", "64");
        Files.writeString(folder.resolve("unet/config.json"), config.replaceFirst(
                "(?s)\"block_out_channels\": \\[[^]]*]", "\"block_out_channels\": [32768, 65536, 65536]"));
        refused("32768", "has shape");
    }

    @Test
    void schedulesNobodyKnows() throws IOException {
        set("scheduler/scheduler_config.json", "squaredcos_cap_v2", "exp");
        refused("scheduler_config.json", "beta_schedule", "exp", "sigmoid");
        set("scheduler/scheduler_config.json", "\"beta_schedule\"", "\"trained_betas\": [0.1], \"beta_schedule\"");
        refused("beta_schedule");
        set("scheduler/scheduler_config.json", "\"exp\"", "\"linear\"");
        refused("trained_betas", "[0.1]", "1000 numbers");
    }

    @Test
    void linearSchedulesThatFall() throws IOException {
        set("scheduler/scheduler_config.json", "squaredcos_cap_v2", "linear");
        set("scheduler/scheduler_config.json", "\"beta_start\": ", "\"beta_start\": 0.9995, \"was\": ");
        refused("0.9995", "0 < first");
    }

    @Test
    void theDeviceGoesOnAfterwards() throws IOException {
        byte[] bytes = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(bytes, 100));
        refused("truncated");
        Files.write(weights, bytes);
        try (DdpmModel model = DdpmModel.load(device, folder, DType.BF16)) {
            assertThat(model.store().values()).isNotEmpty();
        }
    }
}
