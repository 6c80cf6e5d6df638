package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Safetensors;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.nn.LoraFile.Naming;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LoraFileTest {
    private final Device device = Devices.shared();

    @TempDir
    private Path folder;

    private ParameterStore store(Lora lora) {
        Parameters root = Parameters.root();
        Linear.of(root.at("mid.attn").at("to_q"), 6, 8);
        Convolution.same(root.at("mid.conv1"), 4, 5, 3, 1);
        return new ParameterStore(device, root, DType.F32, ParameterPlan.training().adapting(lora));
    }

    private static float[] adapters(ParameterStore store) {
        float[] values = store.values();
        return java.util.Arrays.copyOf(values, (int) store.masters().size());
    }

    private void written(Naming naming, Lora lora) throws IOException {
        try (ParameterStore store = store(lora)) {
            store.values(Values.uniform(4, store.size()));
            LoraFile.write(folder, store, naming, "unet");
        }
    }

    @ParameterizedTest
    @EnumSource
    void adaptersSurviveTheirFile(Naming naming) throws IOException {
        Lora lora = Lora.of(2, 8, "*");
        try (ParameterStore store = store(lora); ParameterStore other = store(lora.withSeed(3))) {
            float[] zeroGaps = adapters(store);
            for (ParameterStore.Segment segment : store.trainable()) {
                store.held(segment).copyFrom(Values.uniform(segment.start(), segment.length()));
            }
            assertThat(adapters(store)).isNotEqualTo(zeroGaps);
            LoraFile.write(folder, store, naming, "unet");
            LoraFile file = LoraFile.open(folder, "unet");
            assertThat(file.layers()).containsExactlyInAnyOrder("mid.attn.to_q", "mid.conv1");
            file.into(other);
            assertThat(adapters(other)).isEqualTo(adapters(store));
            assertThat(file.lora().rank()).isEqualTo(2);
            try (ParameterStore own = store(file.lora())) {
                file.into(own);
                assertThat(own.lora().scale()).isEqualTo(naming == Naming.PEFT ? 4 : 1);
            }
        }
    }

    @Test
    void keysAreThoseOfPeftAndOfDiffusers() throws IOException {
        written(Naming.PEFT, Lora.of(2, 8, "*"));
        Safetensors peft = Safetensors.open(folder.resolve("adapter_model.safetensors"));
        assertThat(peft.names()).containsExactlyInAnyOrder("base_model.model.mid.attn.to_q.lora_A.weight",
                "base_model.model.mid.attn.to_q.lora_B.weight", "base_model.model.mid.conv1.lora_A.weight",
                "base_model.model.mid.conv1.lora_B.weight");
        assertThat(peft.tensor("base_model.model.mid.conv1.lora_A.weight").shape()).containsExactly(2, 4, 3, 3);
        assertThat(peft.tensor("base_model.model.mid.conv1.lora_B.weight").shape()).containsExactly(5, 2, 1, 1);
        Config settings = Config.read(folder.resolve("adapter_config.json"));
        assertThat(settings.integer("r")).isEqualTo(2);
        assertThat(settings.number("lora_alpha")).isEqualTo(8);
        assertThat(settings.texts("target_modules")).containsExactly("mid.attn.to_q", "mid.conv1");
        written(Naming.DIFFUSERS, Lora.of(2, 8, "*"));
        Safetensors diffusers = Safetensors.open(folder.resolve("pytorch_lora_weights.safetensors"));
        assertThat(diffusers.names()).contains("unet.mid.attn.to_q.lora.down.weight",
                "unet.mid.attn.to_q.lora.up.weight");
        assertThat(diffusers.tensor("unet.mid.attn.to_q.lora.down.weight").shape()).containsExactly(2, 6);
        float[] plain = peft.tensor("base_model.model.mid.attn.to_q.lora_B.weight").toFloats();
        float[] scaled = diffusers.tensor("unet.mid.attn.to_q.lora.up.weight").toFloats();
        for (int i = 0; i < plain.length; i++) {
            assertThat(scaled[i]).isEqualTo(4 * plain[i]);
        }
    }

    /** A file as diffusers has for whole pipelines, PEFT's suffixes in it, another component beside, and an alpha. */
    @Test
    void aPipelinesFileGivesTheComponentAskedFor() throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        tensors.put("unet.mid.attn.to_q.lora_A.weight", StoredTensor.ofF32(Values.uniform(1, 12), 2, 6));
        tensors.put("unet.mid.attn.to_q.lora_B.weight", StoredTensor.ofF32(Values.uniform(2, 16), 8, 2));
        tensors.put("unet.mid.attn.to_q.alpha", StoredTensor.ofF32(new float[] {6}));
        tensors.put("text_encoder.layers.0.fc1.lora_linear_layer.up.weight", StoredTensor.ofF32(new float[4], 4, 1));
        Path path = folder.resolve("some.safetensors");
        Safetensors.write(path, tensors, Map.of());
        LoraFile file = LoraFile.open(path, "unet");
        assertThat(file.layers()).containsExactly("mid.attn.to_q");
        try (ParameterStore store = store(file.lora())) {
            file.into(store);
            ParameterStore.Segment up = store.trainable().get(1);
            float[] expected = Values.uniform(2, 16);
            for (int i = 0; i < expected.length; i++) {
                assertThat(store.held(up).toFloats()[i]).as("alpha / rank is 3, the model's is 1")
                        .isEqualTo(3 * expected[i]);
            }
        }
    }

    private void refused(Lora lora, Consumer<Map<String, StoredTensor>> damage, String... parts) throws IOException {
        written(Naming.PEFT, Lora.of(2, 8, "*"));
        Path path = folder.resolve("adapter_model.safetensors");
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Safetensors file = Safetensors.open(path);
        for (String name : file.names()) {
            tensors.put(name, file.tensor(name));
        }
        damage.accept(tensors);
        Safetensors.write(path, tensors, Map.of());
        try (ParameterStore store = store(lora)) {
            assertThatThrownBy(() -> LoraFile.open(folder, "unet").into(store)).isInstanceOf(BadFileException.class)
                    .hasMessageContainingAll(parts);
        }
    }

    @Test
    void filesForOtherModelsAreNamed() throws IOException {
        String down = "base_model.model.mid.attn.to_q.lora_A.weight";
        Lora same = Lora.of(2, 8, "*");
        refused(Lora.of(2, 8, "*.to_q"), tensors -> {}, "has some for [mid.conv1]");
        refused(Lora.of(3, 8, "*"), tensors -> {}, "'mid.attn.to_q' has an adapter of rank 2", "rank 3");
        refused(same, tensors -> tensors.remove(down), "'mid.attn.to_q' has only", "lora_B");
        refused(same, tensors -> tensors.put(down, StoredTensor.ofF32(new float[14], 2, 7)), "shape [2, 7]", "[2, 6]");
        refused(same,
                tensors -> tensors.put(down,
                        StoredTensor.ofF32(new float[] {0, Float.NaN, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 2, 6)),
                "NaN or infinity at element 1");
        refused(same, tensors -> tensors.put("base_model.model.mid.attn.to_q.hada_w1", tensors.get(down)), "hada_w1",
                "Convert");
    }

    @Test
    void aStoreWithoutAdaptersSaysSo() {
        Parameters root = Parameters.root();
        Linear.of(root, 2, 2);
        try (ParameterStore store = new ParameterStore(device, root, DType.F32, 1)) {
            assertThatThrownBy(() -> LoraFile.write(folder, store, Naming.PEFT, "unet"))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("no adapters");
        }
    }
}
