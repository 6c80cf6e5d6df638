package io.zoetrope.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.cnn.CnnFamily;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.cnn.ConvNetModel;
import io.zoetrope.model.ddpm.DdpmFamily;
import io.zoetrope.model.ddpm.DdpmModel;
import io.zoetrope.model.gan.GanFamily;
import io.zoetrope.nn.LoraFile;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.option.OptionException;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that begin with another's weights, and are trained in part or by adapters, as a user asks for it. */
class TunedTrainingTest {
    private static final Config PLAIN = Config.empty().with("optimizer", "adamw").with("flip", false);

    private final Device device = Devices.shared();
    private final List<TrainingEvent.Begun> begun = new ArrayList<>();
    private final Trainer trainer = new Trainer(device).withListener(event -> {
        if (event instanceof TrainingEvent.Begun beginning) {
            begun.add(beginning);
        }
    });

    @TempDir
    private Path folder;

    private TrainRequest request(String run, ImageDataset data, long steps, Config options) {
        return new TrainRequest(data, steps, 8, 3, folder.resolve(run), false, (int) steps, 0, options);
    }

    private Path train(TrainingFamily family, TrainRequest request) throws IOException {
        return trainer.train(family, request, Progress.none());
    }

    private static double accuracy(CnnPipeline classifier, ImageDataset.Part part) {
        float[][] probabilities = classifier.classify(part.images());
        int correct = 0;
        for (int n = 0; n < probabilities.length; n++) {
            int best = 0;
            for (int c = 1; c < probabilities[n].length; c++) {
                best = probabilities[n][c] > probabilities[n][best] ? c : best;
            }
            correct += best == part.labels()[n] ? 1 : 0;
        }
        return (double) correct / probabilities.length;
    }

    /** The values of a store by the names of its parameters. */
    private static Map<String, float[]> byName(ParameterStore store) {
        Map<String, float[]> values = new TreeMap<>();
        float[] all = store.values();
        store.segments().forEach(segment -> values.put(segment.parameter().names().get(0),
                Arrays.copyOfRange(all, (int) segment.start(), (int) segment.end())));
        return values;
    }

    @Test
    void aShippedModelLearnsAnotherSetByTwoParametersInAHundred() throws IOException {
        ImageDataset strokes = TinyData.strokes();
        Tuning tuning = Tuning.from("fashion-cnn").adapting(1, 4, "stages.*.conv?", "head");
        Path model = train(new CnnFamily(),
                request("run", strokes, 60, PLAIN.with("rate", 0.02).with("ema", 0.9)).tuned(tuning));

        assertThat(begun).singleElement().satisfies(event -> {
            assertThat(event.trained()).isPositive().isLessThanOrEqualTo(event.parameters() / 50);
            assertThat(event.transfer()).get().satisfies(report -> {
                assertThat(report.loaded()).contains("head.weight", "stem.weight");
                assertThat(report.skipped()).isEmpty();
                assertThat(report.fresh()).isEmpty();
            });
        });
        try (CnnPipeline before = CnnPipeline.fromPretrained(device, "fashion-cnn");
                CnnPipeline after = CnnPipeline.fromPretrained(device, model)) {
            assertThat(accuracy(before, strokes.test())).isLessThan(0.4);
            assertThat(accuracy(after, strokes.test())).isGreaterThan(0.8);
        }
        // The model is the one it began with and its adapters, added.
        LoraFile adapters = LoraFile.open(model.resolve(NetworkModel.ADAPTERS), "classifier");
        try (ConvNetModel saved = ConvNetModel.load(device, model, DType.BF16);
                ConvNetModel base = PretrainedModels.open("fashion-cnn", path -> ConvNetModel.load(device, path,
                        DType.BF16, ParameterPlan.inference().adapting(adapters.lora())))) {
            Map<String, float[]> own = byName(base.store());
            adapters.into(base.store());
            base.store().merge();
            Map<String, float[]> merged = byName(base.store());
            Map<String, float[]> found = byName(saved.store());
            found.forEach((name, values) -> {
                if (!name.contains("running")) {
                    assertThat(values).as(name).isEqualTo(merged.get(name));
                }
            });
            assertThat(found.get("head.weight")).isNotEqualTo(own.get("head.weight"));
            assertThat(found.get("stem.weight")).isEqualTo(own.get("stem.weight"));
        }
    }

    @Test
    void whatIsFrozenStaysAndTheRestLearns() throws IOException {
        Path first = train(new DdpmFamily(), request("first", TinyData.squares(), 2, Config.empty()));
        Path second = train(new DdpmFamily(), request("second", TinyData.squares(), 3, Config.empty())
                .tuned(Tuning.from(first.toString()).trainingOnly("up_blocks.*", "conv_out.*").freezing("*.bias")));
        try (DdpmModel a = DdpmModel.load(device, first, DType.BF16);
                DdpmModel b = DdpmModel.load(device, second, DType.BF16)) {
            Map<String, float[]> was = byName(a.store());
            Map<String, float[]> is = byName(b.store());
            Set<String> changed = new TreeSet<>(is.keySet());
            changed.removeIf(name -> Arrays.equals(is.get(name), was.get(name)));
            assertThat(changed).contains("conv_out.weight", "up_blocks.0.resnets.0.conv1.weight")
                    .allMatch(name -> name.matches("(up_blocks|conv_out)\\..*") && !name.endsWith(".bias"));
        }
        assertThat(begun.get(0).trained()).isEqualTo(begun.get(0).parameters());
        assertThat(begun.get(1).trained()).isLessThan(begun.get(1).parameters());
    }

    @Test
    void anotherHeadIsMadeAnewAndSaid() throws IOException {
        ImageDataset two = new ImageDataset("two", List.of("a", "b"), halved(TinyData.strokes().train()),
                halved(TinyData.strokes().test()));
        TrainRequest whole = request("whole", two, 1, PLAIN).tuned(Tuning.from("fashion-cnn"));
        assertThatThrownBy(() -> train(new CnnFamily(), whole)).isInstanceOf(IOException.class)
                .hasMessageContaining("head.").hasMessageContaining("[10").hasMessageContaining("[2");
        assertThat(whole.run()).as("a run that failed at its start").doesNotExist();
        train(new CnnFamily(), request("anew", two, 1, PLAIN)
                .tuned(Tuning.from("fashion-cnn").anew("head.*").freezing("stem.*", "stages.*")));
        assertThat(begun).singleElement().satisfies(event -> {
            assertThat(event.transfer().orElseThrow().fresh()).containsExactlyInAnyOrder("head.weight", "head.bias");
            assertThat(event.transfer().orElseThrow().skipped()).containsExactlyInAnyOrder("head.weight", "head.bias");
        });
    }

    private static ImageDataset.Part halved(ImageDataset.Part part) {
        return new ImageDataset.Part(part.images(), Arrays.stream(part.labels()).map(label -> label / 5).toArray());
    }

    @Test
    void aRunGoesOnWithWhatItBeganWithAndNothingElse() throws IOException {
        Path base = train(new DdpmFamily(), request("base", TinyData.squares(), 1, Config.empty()));
        Tuning tuning = Tuning.from(base.toString()).freezing("down_blocks.*");
        TrainRequest request = request("run", TinyData.squares(), 2, Config.empty()).tuned(tuning);
        train(new DdpmFamily(), request);
        TrainRequest further = request.withSteps(3).resuming();
        assertThatThrownBy(() -> train(new DdpmFamily(), further.tuned(tuning.freezing("up_blocks.*"))))
                .hasMessageContaining("was started with freeze \"down_blocks.*\"")
                .hasMessageContaining("not freeze \"up_blocks.*\"");

        Path other = train(new DdpmFamily(), request("other", TinyData.squares(), 2, Config.empty()));
        Path weights = Path.of("unet/diffusion_pytorch_model.safetensors");
        byte[] own = Files.readAllBytes(base.resolve(weights));
        Files.write(base.resolve(weights), Files.readAllBytes(other.resolve(weights)));
        begun.clear();
        assertThatThrownBy(() -> train(new DdpmFamily(), further)).isInstanceOf(OptionException.class)
                .hasMessageContaining(base.toString()).hasMessageContaining("others than when this run began");
        Files.write(base.resolve(weights), own);
        train(new DdpmFamily(), further.tuned(Tuning.none()));
        assertThat(begun).as("a run begins once").isEmpty();
    }

    @Test
    void whatCannotBeIsRefusedInALine() {
        ImageDataset squares = TinyData.squares();
        assertThatExceptionOfType(OptionException.class).isThrownBy(
                () -> train(new GanFamily(), request("run", TinyData.halves(), 1, Config.empty().with("lora", 2))))
                .withMessageContaining("lora is not for gan: its two networks learn from each other");
        assertThatExceptionOfType(OptionException.class)
                .isThrownBy(() -> train(new DdpmFamily(), request("run", squares, 1, Config.empty().with("lora", 2))))
                .withMessageContaining("lora is given without 'from'");
        assertThatExceptionOfType(OptionException.class)
                .isThrownBy(
                        () -> train(new DdpmFamily(), request("run", squares, 1, Config.empty().with("lora_alpha", 2))))
                .withMessageContaining("lora_alpha is given without 'lora'");
        assertThatExceptionOfType(OptionException.class).isThrownBy(
                () -> train(new DdpmFamily(), request("run", squares, 1, Config.empty().with("freeze", "a,,b"))))
                .withMessageContaining("freeze is 'a,,b', expected names with * and ?");
        assertThatThrownBy(() -> train(new DdpmFamily(),
                request("run", squares, 1, Config.empty()).tuned(Tuning.none().freezing("down_block.*"))))
                .isInstanceOf(OptionException.class)
                .hasMessageContaining("'down_block.*' of what is frozen matches none")
                .hasMessageContaining("down_blocks.0");
        assertThatThrownBy(() -> train(new DdpmFamily(),
                request("run", squares, 1, Config.empty()).tuned(Tuning.none().freezing("*"))))
                .hasMessageContaining("nothing is left to train");
        assertThatThrownBy(() -> train(new DdpmFamily(),
                request("run", squares, 1, Config.empty()).tuned(Tuning.from("fashion-cnn"))))
                .hasMessageContaining("ConvNetPipeline without unet");
        assertThat(folder.resolve("run")).doesNotExist();
    }
}
