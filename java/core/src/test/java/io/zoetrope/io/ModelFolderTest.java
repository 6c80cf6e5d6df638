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

class ModelFolderTest {
    @TempDir
    private Path temp;

    private static List<ModelFolder.Component> components(float weight, int width) {
        return List.of(
                new ModelFolder.Component("unet", "diffusers", "UNet2DModel",
                        Config.empty().with("block_out_channels", new int[] {width, 64}).with("act_fn", "silu"),
                        Map.of("conv_in.bias", StoredTensor.ofBf16(new float[] {weight}, 1))),
                new ModelFolder.Component("scheduler", "diffusers", "DDPMScheduler",
                        Config.empty().with("num_train_timesteps", 1000), Map.of()));
    }

    @Test
    void comesBackAsItWasSaved() throws IOException {
        Path folder = temp.resolve("model");
        ModelFolder.write(folder, "DDPMPipeline", components(1, 32), Map.of("format", "pt"));
        ModelFolder model = ModelFolder.open(folder);
        assertThat(model.pipelineClass()).isEqualTo("DDPMPipeline");
        assertThat(model.has("unet")).isTrue();
        assertThat(model.has("vae")).isFalse();
        assertThat(model.className("unet")).isEqualTo("UNet2DModel");
        assertThat(model.config("unet").integers("block_out_channels")).containsExactly(32, 64);
        assertThat(model.config("scheduler").integer("num_train_timesteps")).isEqualTo(1000);
        assertThat(model.weights("unet").tensor("conv_in.bias").toFloats()).containsExactly(1);
        assertThat(model.weights("unet").metadata()).containsEntry("format", "pt");
        assertThat(folder.resolve("unet/diffusion_pytorch_model.safetensors")).exists();
        assertThat(folder.resolve("scheduler/scheduler_config.json")).exists();
        ModelFolder.write(folder, "DDPMPipeline", components(2, 32), Map.of());
        ModelFolder.write(folder, "DDPMPipeline", components(2, 16), Map.of());
        assertThat(ModelFolder.open(folder).config("unet").integers("block_out_channels")).containsExactly(16, 64);
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> ModelFolder.open(temp.resolve("nowhere")))
                .withMessageContaining("nowhere").withMessageContaining("is no folder");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> ModelFolder.open(temp))
                .withMessageContaining("model_index.json");
        ModelFolder.write(temp, "DDPMPipeline", components(1, 32), Map.of());
        Files.delete(temp.resolve("unet/diffusion_pytorch_model.safetensors"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> ModelFolder.open(temp).weights("unet"))
                .withMessageContaining("diffusion_pytorch_model.safetensors: does not exist");
    }

    @Test
    void settingsAreCheckedWhenRead() throws IOException {
        Config config = Config.parse("{\"n\": 3, \"x\": 0.5, \"s\": \"t\", \"b\": true, \"l\": [1, 2], \"big\": 1e99, "
                + "\"long\": 9007199254740993, \"none\": null, \"mixed\": [1, \"2\"]}", "some.json");
        assertThat(config.integer("n")).isEqualTo(3);
        assertThat(config.number("x")).isEqualTo(0.5);
        assertThat(config.text("s")).isEqualTo("t");
        assertThat(config.flag("b", false)).isTrue();
        assertThat(config.flag("none", true)).isTrue();
        assertThat(config.integers("l")).containsExactly(1, 2);
        assertThat(config.longInteger("long")).isEqualTo(9007199254740993L);
        assertThat(config.integer("absent", 5)).isEqualTo(5);
        assertThat(config.text("absent", "u")).isEqualTo("u");
        assertThat(config.number("absent", 1.5)).isEqualTo(1.5);
        for (String name : new String[] {"x", "s", "b", "l", "big", "none", "absent"}) {
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> config.integer(name))
                    .withMessageContaining("some.json").withMessageContaining("'" + name + "'");
        }
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> config.integers("mixed"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> config.texts("mixed"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> config.text("n"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> config.number("s"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> config.flag("n", true));
        for (String text : new String[] {"", "[]", "{", "{'a': 1}", "3", "{} {}", "[".repeat(100_000)}) {
            assertThatExceptionOfType(BadFileException.class).as(text).isThrownBy(() -> Config.parse(text, "bad.json"))
                    .withMessageContaining("bad.json");
        }
    }
}
