package io.zoetrope.model.ddpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.diffusion.SchedulerConfig;
import io.zoetrope.diffusion.Spacing;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.Safetensors;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.io.StoredType;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.NpyFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Folders as diffusers has written them over the years, and such as it would not understand or understand otherwise.
 */
class DdpmFolderTest {
    private static final String GOLDEN = "/goldens/unet2d/own";
    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    private final Device device = Devices.shared();

    @TempDir
    private Path temp;
    private Path folder;
    private float[] plain;

    @BeforeEach
    void copyGolden() throws IOException, URISyntaxException {
        folder = temp.resolve("model");
        copy(Path.of(DdpmFolderTest.class.getResource(GOLDEN).toURI()), folder);
        plain = output(folder);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    private float[] output(Path from) throws IOException {
        NpyFile x = NpyFile.read(GOLDEN + "/x.npy").channelsLast();
        NpyFile t = NpyFile.read(GOLDEN + "/t.npy");
        try (DdpmModel model = DdpmModel.load(device, from, DType.F32); Scope scope = Scope.open(device);
                Tape tape = Tape.forInference(device)) {
            Tensor time = scope.of(t.floats(), t.shape());
            return model.network().forward(tape, Variable.constant(scope.of(x.floats(), x.shape())), time, null).value()
                    .toFloats();
        }
    }

    private Map<String, StoredTensor> tensors() throws IOException {
        Safetensors stored = Safetensors.open(folder.resolve("unet").resolve(WEIGHTS));
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (String name : stored.names()) {
            StoredTensor tensor = stored.tensor(name);
            tensors.put(name, StoredTensor.ofF32(tensor.toFloats(), tensor.shape()));
        }
        return tensors;
    }

    private void rewrite(UnaryOperator<String> names, UnaryOperator<StoredTensor> values) throws IOException {
        Map<String, StoredTensor> changed = new LinkedHashMap<>();
        tensors().forEach((name, tensor) -> changed.put(names.apply(name), values.apply(tensor)));
        Safetensors.write(folder.resolve("unet").resolve(WEIGHTS), changed, Map.of());
    }

    private void edit(String file, String key, String json) throws IOException {
        Path path = folder.resolve(file);
        Config.read(path).with(Config.parse("{\"" + key + "\": " + json + "}", "edit")).write(path);
    }

    private void refused(String... parts) {
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> DdpmModel.load(device, folder, DType.F32).close())
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).contains(folder.toString())
                        .doesNotContain("\n"));
    }

    @Test
    void attentionByItsOldNames() throws IOException {
        rewrite(name -> name.replace("to_q", "query").replace("to_k", "key").replace("to_v", "value")
                .replace("to_out.0", "proj_attn"), tensor -> tensor);
        assertThat(tensors()).containsKey("mid_block.attentions.0.query.weight")
                .doesNotContainKey("mid_block.attentions.0.to_q.weight");
        assertThat(output(folder)).containsExactly(plain);
    }

    @ParameterizedTest
    @EnumSource(names = {"F64", "F16", "BF16"})
    void weightsOfOtherPrecisions(StoredType type) throws IOException {
        rewrite(name -> name, tensor -> stored(type, tensor));
        float[] output = output(folder);
        if (type == StoredType.F64) {
            assertThat(output).containsExactly(plain);
            return;
        }
        double worst = 0;
        double peak = 0;
        for (int i = 0; i < plain.length; i++) {
            worst = Math.max(worst, Math.abs(output[i] - plain[i]));
            peak = Math.max(peak, Math.abs(plain[i]));
        }
        // Weights are rounded to 11 and 8 bits.
        assertThat(worst / peak).isPositive().isLessThan(type == StoredType.F16 ? 0.01 : 0.05);
    }

    private static StoredTensor stored(StoredType type, StoredTensor tensor) {
        float[] values = tensor.toFloats();
        ByteBuffer bytes = ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            switch (type) {
                case F64 -> bytes.putDouble(value);
                case F16 -> bytes.putShort(half(value));
                default -> bytes.putShort((short) ((Float.floatToRawIntBits(value) + 0x8000) >>> 16));
            }
        }
        return new StoredTensor(type, tensor.shape(), bytes.flip());
    }

    /** Rounded half up; weights are neither huge nor tiny. */
    private static short half(float value) {
        int bits = Float.floatToRawIntBits(value);
        int magnitude = (bits & 0x7fffffff) + 0x1000;
        int exponent = (magnitude >>> 23) - 112;
        return (short) (exponent <= 0 ? 0 : bits >>> 16 & 0x8000 | exponent << 10 | magnitude >>> 13 & 0x3ff);
    }

    @Test
    void networksAlone() throws IOException {
        // Part of a pipeline: with its scheduler. Elsewhere: with diffusers' usual one, or that beside it.
        assertThat(output(folder.resolve("unet"))).containsExactly(plain);
        SchedulerConfig own = SchedulerConfig.forPictures(NoiseSchedule.cosine(1000), Prediction.V);
        assertThat(scheduler(folder.resolve("unet"))).isEqualTo(own);
        Path alone = temp.resolve("alone");
        copy(folder.resolve("unet"), alone);
        assertThat(output(alone)).containsExactly(plain);
        assertThat(scheduler(alone)).isEqualTo(
                new SchedulerConfig(NoiseSchedule.linear(1000, 1e-4, 0.02), Prediction.EPSILON, 1, Spacing.LEADING, 0));
        Files.copy(folder.resolve("scheduler/scheduler_config.json"), alone.resolve("scheduler_config.json"));
        assertThat(scheduler(alone)).isEqualTo(own);
        assertThat(ModelFolder.open(alone).pipelineClass()).isEqualTo("DDPMPipeline");
    }

    private SchedulerConfig scheduler(Path from) throws IOException {
        try (DdpmModel model = DdpmModel.load(device, from, DType.F32)) {
            return model.config().scheduler();
        }
    }

    @Test
    void filesBesideTheIndex() throws IOException {
        for (String file : List.of("unet/config.json", "unet/" + WEIGHTS, "scheduler/scheduler_config.json")) {
            Path moved = folder.resolve(file);
            Files.move(moved, folder.resolve(moved.getFileName()));
            if (!file.endsWith("unet/config.json")) {
                Files.delete(moved.getParent());
            }
        }
        assertThat(output(folder)).containsExactly(plain);
    }

    @Test
    void weightsInSeveralFiles() throws IOException {
        Map<String, StoredTensor> first = new LinkedHashMap<>();
        Map<String, StoredTensor> second = new LinkedHashMap<>();
        Config map = Config.empty();
        for (Map.Entry<String, StoredTensor> entry : tensors().entrySet()) {
            boolean early = entry.getKey().hashCode() % 2 == 0;
            (early ? first : second).put(entry.getKey(), entry.getValue());
            map = map.with(entry.getKey(), early ? "part-1.safetensors" : "part-2.safetensors");
        }
        Path unet = folder.resolve("unet");
        Files.delete(unet.resolve(WEIGHTS));
        Safetensors.write(unet.resolve("part-1.safetensors"), first, Map.of());
        Safetensors.write(unet.resolve("part-2.safetensors"), second, Map.of());
        Files.writeString(unet.resolve(WEIGHTS + ".index.json"), "{\"metadata\": {}, \"weight_map\": " + map + "}");
        assertThat(output(folder)).containsExactly(plain);
    }

    @Test
    void pipelinesThatDoMoreAreRefused() throws IOException {
        edit("model_index.json", "safety_checker", "[null, null]");
        edit("model_index.json", "_class_name", "\"DDIMPipeline\"");
        assertThat(output(folder)).containsExactly(plain);
        edit("model_index.json", "vqvae", "[\"diffusers\", \"VQModel\"]");
        refused("model_index.json", "vqvae", "[scheduler, unet]");
        edit("model_index.json", "_class_name", "\"LDMPipeline\"");
        refused("model_index.json", "LDMPipeline", "DDIMPipeline or DDPMPipeline");
    }

    @Test
    void weightsThatPythonPickled() throws IOException {
        Files.move(folder.resolve("unet").resolve(WEIGHTS), folder.resolve("unet/diffusion_pytorch_model.bin"));
        refused("diffusion_pytorch_model.bin", "pickled", "safe_serialization");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';',
            value = {"attention_head_dim; 8", "attention_head_dim; 4", "act_fn; \"relu\"", "act_fn; \"mish\"",
                    "norm_eps; 1e-2", "flip_sin_to_cos; true", "freq_shift; 1", "mid_block_scale_factor; 1.25",
                    "center_input_sample; true", "downsample_padding; 0", "attn_norm_num_groups; 2"})
    void whatIsHonouredChangesTheOutput(String key, String value) throws IOException {
        edit("unet/config.json", key, value);
        float[] output = output(folder);
        assertThat(output).hasSameSizeAs(plain);
        double worst = 0;
        for (int i = 0; i < output.length; i++) {
            assertThat(output[i]).isFinite();
            worst = Math.max(worst, Math.abs(output[i] - plain[i]));
        }
        assertThat(worst).isGreaterThan(1e-4);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
            "unet/config.json; down_block_types; [\"DownBlock2D\", \"CrossAttnDownBlock2D\"]; CrossAttnDownBlock2D",
            "unet/config.json; up_block_types; [\"Sideways\", \"UpBlock2D\"]; Sideways",
            "unet/config.json; act_fn; \"softplus\"; softplus", "unet/config.json; norm_eps; -1e-5; -1",
            "unet/config.json; down_block_size; 3; 3", "unet/config.json; in_channels; 100000000; 100000000",
            "scheduler/scheduler_config.json; _class_name; \"KarrasVeScheduler\"; KarrasVeScheduler",
            "scheduler/scheduler_config.json; beta_schedule; \"steep\"; steep",
            "scheduler/scheduler_config.json; thresholding; true; true",
            "scheduler/scheduler_config.json; shift; 3.0; 3.0"})
    void whatIsNotUnderstoodIsRefusedByName(String file, String key, String value, String shown) throws IOException {
        long before = device.memory().bytesInUse();
        edit(file, key, value);
        refused(file, "'" + key + "'", shown);
        assertThat(device.memory().bytesInUse()).isEqualTo(before);
    }

    @Test
    void weightsThatAreMissingOrLeftOver() throws IOException {
        edit("unet/config.json", "add_attention", "false");
        refused(WEIGHTS, "unknown [mid_block.attentions.0.");
        edit("unet/config.json", "add_attention", "true");
        edit("unet/config.json", "num_class_embeds", "10");
        refused(WEIGHTS, "lacks [class_embedding.weight]");
        edit("unet/config.json", "num_class_embeds", "null");
        edit("unet/config.json", "resnet_time_scale_shift", "\"scale_shift\"");
        refused(WEIGHTS, "unknown [mid_block.attentions.0.group_norm");
    }

    @Test
    void attentionAtSeveralWidthsIsWrittenAsOneHeadOfAll() throws IOException {
        UNetConfig network = UNetConfig.symmetric(16, 1, List.of(8, 16), 1, List.of(true, true), 4, 3);
        DdpmConfig config = new DdpmConfig(network, DdpmConfig.forPictures(8, 1).scheduler());
        Path written = temp.resolve("written");
        try (DdpmModel model = new DdpmModel(device, config, DType.F32, 3)) {
            model.save(written, Map.of());
        }
        // diffusers takes a number for the width of every head, and null for one head of all channels.
        Config unet = Config.read(written.resolve("unet/config.json"));
        assertThat(unet.names()).contains("attention_head_dim");
        assertThat(unet.has("attention_head_dim")).isFalse();
        try (DdpmModel read = DdpmModel.load(device, written, DType.F32)) {
            assertThat(read.config()).isEqualTo(config);
            assertThat(read.config().classes()).isEqualTo(3);
        }
        assertThat(Arrays.asList(Safetensors.open(written.resolve("unet").resolve(WEIGHTS)).names().toArray()))
                .contains("down_blocks.0.attentions.0.to_q.weight", "class_embedding.weight");
    }
}
