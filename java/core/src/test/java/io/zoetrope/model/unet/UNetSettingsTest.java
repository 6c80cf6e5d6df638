package io.zoetrope.model.unet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.model.unet.UNetConfig.Blocks;
import io.zoetrope.model.unet.UNetConfig.Conditioning;
import io.zoetrope.model.unet.UNetConfig.Middle;
import io.zoetrope.model.unet.UNetConfig.Picture;
import io.zoetrope.model.unet.UNetConfig.Time;
import io.zoetrope.nn.Parameters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class UNetSettingsTest {
    private static final String FILE = "unet/config.json";

    private static Config config(String json) throws IOException {
        return Config.parse(json, FILE);
    }

    private static Config golden(String name) throws IOException {
        try (var in = UNetSettingsTest.class.getResourceAsStream("/goldens/unet2d/" + name + "/unet/config.json")) {
            return config(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** {@code settings} with {@code key} set to a value in JSON. */
    private static Config with(Config settings, String key, String json) throws IOException {
        return settings.with(config("{\"" + key + "\": " + json + "}"));
    }

    private static void refused(Config settings, String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> UNetSettings.read(settings))
                .withMessageStartingWith(FILE + ": ")
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @Test
    void whatIsLeftOutIsAsInDiffusers() throws IOException {
        assertThat(UNetSettings.read(config("{}"))).isEqualTo(new UNetConfig(new Picture(0, 0, 3, 3, false),
                List.of(224, 448, 672, 896), 2, List.of(false, true, true, true), List.of(true, true, true, false),
                new Blocks(32, 1e-5f, Activation.SILU, false, false), OptionalInt.of(8), Middle.attending(32),
                new Time(0, true), Conditioning.NONE, 0));
    }

    @ParameterizedTest
    @MethodSource("io.zoetrope.model.unet.UNetGoldenTest#settings")
    void whatIsWrittenIsReadBack(String name) throws IOException {
        UNetConfig read = UNetSettings.read(golden(name));
        assertThat(UNetSettings.read(config(UNetSettings.write(read).toString()))).isEqualTo(read);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';',
            value = {"sample_size; [8, 16]", "sample_size; null", "center_input_sample; true",
                    "attn_norm_num_groups; 2", "class_embed_type; \"timestep\"", "class_embed_type; \"identity\"",
                    "act_fn; \"mish\"", "out_channels; 2", "freq_shift; 0.5", "mid_block_scale_factor; 1.5",
                    "attention_head_dim; 3"})
    void settingsWithoutAFolderOfTheirOwnAreReadBackToo(String key, String value) throws IOException {
        Config plain = golden("own");
        UNetConfig read = UNetSettings.read(with(plain, key, value));
        assertThat(read).isNotEqualTo(UNetSettings.read(plain));
        assertThat(UNetSettings.read(config(UNetSettings.write(read).toString()))).isEqualTo(read);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"dropout; 0.1", "num_train_timesteps; 1000", "_diffusers_version; \"0.17.0\"",
            "_name_or_path; \"somewhere\"", "act_fn; \"swish\"", "upsample_type; null"})
    void otherSettingsChangeNothing(String key, String value) throws IOException {
        Config plain = golden("own");
        assertThat(UNetSettings.read(with(plain, key, value))).isEqualTo(UNetSettings.read(plain));
    }

    /** The network of Ho et al. 2020 for CIFAR-10 as it was first published in this format: one head of 256. */
    @Test
    void thePublishedNetworkIsRead() throws IOException {
        UNetConfig network = UNetSettings.read(
                config("""
                        {"_class_name": "UNet2DModel", "_diffusers_version": "0.0.4", "act_fn": "silu", "attention_head_dim": null,
                         "block_out_channels": [128, 256, 256, 256], "center_input_sample": false,
                         "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
                         "downsample_padding": 0, "flip_sin_to_cos": false, "freq_shift": 1, "in_channels": 3, "layers_per_block": 2,
                         "mid_block_scale_factor": 1, "norm_eps": 1e-06, "norm_num_groups": 32, "out_channels": 3, "sample_size": 32,
                         "time_embedding_type": "positional",
                         "up_block_types": ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"]}"""));
        assertThat(network.headDim()).isEmpty();
        assertThat(network.blocks()).isEqualTo(new Blocks(32, 1e-6f, Activation.SILU, false, true));
        assertThat(network.time()).isEqualTo(new Time(1, false));
        assertThat(new UNet(network, Parameters.root()).parameters().count()).isEqualTo(35_746_307);
    }

    @Test
    void whatIsNotUnderstoodIsNamed() throws IOException {
        Config plain = golden("own");
        refused(with(plain, "mid_block_type", "\"UNetMidBlock2D\""), "'mid_block_type'", "\"UNetMidBlock2D\"",
                "UNet2DModel");
        refused(with(plain, "skip", "null"), "'skip'", "null");
        refused(with(plain, "_class_name", "\"UNet2DConditionModel\""), "_class_name", "UNet2DConditionModel",
                "UNet2DModel");
        refused(with(plain, "down_block_types", "[\"DownBlock2D\", \"CrossAttnDownBlock2D\"]"), "down_block_types",
                "CrossAttnDownBlock2D", "AttnDownBlock2D or DownBlock2D");
        refused(with(plain, "up_block_types", "[\"UpBlock3D\", \"UpBlock2D\"]"), "up_block_types", "UpBlock3D");
        refused(with(plain, "act_fn", "\"tanh\""), "act_fn", "tanh", "gelu, mish, relu, silu or swish");
        refused(with(plain, "time_embedding_type", "\"fourier\""), "time_embedding_type", "fourier", "positional");
        refused(with(plain, "downsample_type", "\"resnet\""), "downsample_type", "resnet", "conv");
        refused(with(plain, "downsample_padding", "2"), "downsample_padding", "2", "from 0 to 1");
        refused(with(plain, "resnet_time_scale_shift", "\"ada_group\""), "resnet_time_scale_shift", "ada_group");
        refused(with(plain, "sample_size", "[8, 8, 8]"), "sample_size", "[height, width]");
    }

    @Test
    void settingsThatDoNotGoTogetherAreNamed() throws IOException {
        Config plain = golden("own");
        refused(with(plain, "attention_head_dim", "17"), "16 channels", "no head of 17");
        refused(with(plain, "norm_num_groups", "3"), "8 channels", "3 groups");
        refused(with(plain, "attn_norm_num_groups", "5"), "16 channels", "5 groups");
        refused(with(plain, "block_out_channels", "[8, 16, 16]"), "3 resolutions", "2 blocks down");
        refused(with(plain, "sample_size", "15"), "15", "multiple of 2");
        refused(with(plain, "freq_shift", "4"), "8 features", "shift of 4");
    }

    /** Every setting with every kind of wrong value: refused in one line that names it, or one of those it may have. */
    @ParameterizedTest
    @ValueSource(strings = {"null", "\"text\"", "\"\"", "-1", "0", "1e300", "-1e300", "Infinity", "2147483648", "0.5",
            "true", "false", "[]", "[[]]", "[null]", "[-1, 2147483647]", "{}", "{\"a\": 1}", "[\"DownBlock2D\"]"})
    void everySettingWithEveryWrongValue(String value) throws IOException {
        Config plain = golden("own");
        for (String key : plain.names()) {
            try {
                UNetConfig read = UNetSettings.read(with(plain, key, value));
                assertThat(UNetSettings.read(config(UNetSettings.write(read).toString()))).as("%s %s", key, value)
                        .isEqualTo(read);
            } catch (BadFileException e) {
                assertThat(e.getMessage()).as("%s %s", key, value).startsWith(FILE + ": ").doesNotContain("\n")
                        .satisfiesAnyOf(message -> assertThat(message).contains("'" + key + "'"),
                                message -> assertThat(message).contains("settings that go together"));
            }
        }
    }
}
