package io.zoetrope.model.cnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.model.ddpm.DdpmConfig;
import io.zoetrope.model.ddpm.DdpmModel;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.SavedValues;
import io.zoetrope.train.LossCsv;
import io.zoetrope.train.RunFiles;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.RunFolderSettings;
import io.zoetrope.train.TinyData;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CnnTrainingTest {
    private final Device device = Devices.shared();

    @TempDir
    Path folder;

    private static TrainRequest request(Path run, long steps, boolean resume, int saveEvery, Config options) {
        return new TrainRequest(TinyData.bars(), steps, 8, 3, run, resume, saveEvery, 0, options);
    }

    private static Config options(String optimizer) {
        return Config.empty().with("optimizer", optimizer).with("flip", false).with("pad", 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adamw"})
    void aResumedRunIsBitForBitTheUninterruptedOne(String optimizer) throws IOException {
        Trainer trainer = new Trainer(device);
        Config options = options(optimizer);
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        trainer.train(new CnnFamily(), request(whole, 6, false, 3, options), Progress.none());

        // Stopped after three of its six steps: the settings say six, the request of the first part three.
        RunFolder.create(parts, RunFolderSettings.of(whole)).close();
        trainer.train(new CnnFamily(), request(parts, 3, true, 3, options), Progress.none());
        trainer.train(new CnnFamily(), request(parts, 6, true, 3, options), Progress.none());

        assertThat(RunFiles.checkpoint(parts, 6)).isEqualTo(RunFiles.checkpoint(whole, 6))
                .isNotEqualTo(RunFiles.checkpoint(whole, 3));
        assertThat(Files.readString(parts.resolve("loss.csv"))).isEqualTo(Files.readString(whole.resolve("loss.csv")));
        assertThat(Files.readAllBytes(parts.resolve("model/classifier/model.safetensors")))
                .isEqualTo(Files.readAllBytes(whole.resolve("model/classifier/model.safetensors")));
    }

    @Test
    void itLearnsAndTheSavedModelKnowsWhatItLearned() throws IOException {
        Path run = folder.resolve("run");
        Config options = options("sgd").with("smoothing", 0).with("ema", 0.9);
        Path model = new Trainer(device).train(new CnnFamily(), request(run, 80, false, 80, options), Progress.none());

        double[] losses = LossCsv.read(run.resolve("loss.csv"), "loss")[1];
        assertThat(losses[losses.length - 1]).isLessThan(0.3 * losses[0]);
        ImageDataset data = TinyData.bars();
        try (CnnPipeline pipeline = CnnPipeline.fromPretrained(device, model)) {
            float[][] probabilities = pipeline.classify(data.test().images());
            int correct = 0;
            for (int i = 0; i < probabilities.length; i++) {
                assertThat(probabilities[i][0] + probabilities[i][1]).isCloseTo(1,
                        org.assertj.core.data.Offset.offset(1e-4f));
                correct += probabilities[i][data.test().labels()[i]] > 0.5 ? 1 : 0;
            }
            assertThat(correct).isGreaterThanOrEqualTo(38);
            assertThat(pipeline.features(data.test().images().slice(0, 3))).hasDimensions(3, 128);
            // What a batch holds besides does not change a picture's answer.
            assertThat(pipeline.classify(data.test().images().slice(5, 6))[0]).isEqualTo(probabilities[5]);
        }
    }

    @Test
    void trainingCanStartWithAnotherRunsModel() throws IOException {
        Trainer trainer = new Trainer(device);
        Path first = trainer.train(new CnnFamily(), request(folder.resolve("first"), 4, false, 4, options("sgd")),
                Progress.none());
        // A rate of 0 leaves the weights; one step's own statistics move the running ones by a tenth.
        Config still = options("sgd").with("rate", 0).with("from", first.toString());
        Path second = trainer.train(new CnnFamily(), request(folder.resolve("second"), 1, false, 1, still),
                Progress.none());
        try (ConvNetModel a = ConvNetModel.load(device, first, DType.BF16);
                ConvNetModel b = ConvNetModel.load(device, second, DType.BF16)) {
            float[] was = a.store().values();
            float[] is = b.store().values();
            assertThat(is).hasSameSizeAs(was);
            a.store().segments().stream().filter(segment -> !segment.parameter().isBuffer())
                    .forEach(segment -> assertThat(Arrays.copyOfRange(is, (int) segment.start(), (int) segment.end()))
                            .isEqualTo(Arrays.copyOfRange(was, (int) segment.start(), (int) segment.end())));
        }
        Config other = options("sgd").with("norm_groups", 4).with("from", first.toString());
        assertThatThrownBy(() -> trainer.train(new CnnFamily(), request(folder.resolve("third"), 1, false, 1, other),
                Progress.none())).hasMessageContaining("stages.0.0.norm1.running_mean");
    }

    @Test
    void optionsOutOfRangeAreNamed() {
        CnnFamily family = new CnnFamily();
        assertThatThrownBy(() -> family.settings(request(folder, 1, false, 1, Config.empty().with("net", "huge"))))
                .hasMessageContaining("net is huge, expected one of [small, resnet18]");
        assertThatThrownBy(() -> family.settings(request(folder, 1, false, 1, Config.empty().with("smoothing", 1))))
                .hasMessageContaining("smoothing is 1.0");
        assertThatThrownBy(() -> family.settings(request(folder, 1, false, 1, Config.empty().with("pad", 8))))
                .hasMessageContaining("pad is 8, expected less than");
        assertThatThrownBy(() -> family.settings(request(folder, 1, false, 1, Config.empty().with("momentum", 1))))
                .hasMessageContaining("cnn has no option [momentum]");
        assertThatThrownBy(() -> family.settings(request(folder, 1, false, 1, Config.empty().with("rate", -1))))
                .hasMessageContaining("rate is -1.0");
    }

    @Test
    void aModelSurvivesItsFolderAndAnotherKindIsRefused() throws IOException {
        ClassifierConfig config = ClassifierConfig.of(ConvNetConfig.small(8, 8, 1, 2), TinyData.bars(), true);
        assertThat(config.darkBackground()).isTrue();
        try (ConvNetModel model = new ConvNetModel(device, config, DType.BF16, 4)) {
            model.save(folder.resolve("model"), java.util.Map.of());
            try (CnnPipeline pipeline = CnnPipeline.fromPretrained(device, folder.resolve("model"))) {
                ConvNetModel loaded = pipeline.model();
                Images one = TinyData.bars().test().images().slice(1, 2);
                assertThat(one.mirrored()).isNotEqualTo(one);
                assertThat(pipeline.classify(one)[0]).as("mirrored pictures count the same")
                        .isEqualTo(pipeline.classify(one.mirrored())[0]);
                assertThat(pipeline.features(one)).isNotEqualTo(pipeline.features(one.mirrored()));
                assertThat(loaded.config()).isEqualTo(config);
                assertThat(loaded.store().values()).isEqualTo(SavedValues.of(model.store()));
            }
        }
        try (DdpmModel ddpm = new DdpmModel(device, DdpmConfig.forPictures(8, 1), DType.BF16, 4)) {
            ddpm.save(folder.resolve("ddpm"), java.util.Map.of());
        }
        assertThatThrownBy(() -> ConvNetModel.load(device, folder.resolve("ddpm"), DType.BF16))
                .isInstanceOf(BadFileException.class)
                .hasMessageContainingAll("DDPMPipeline without classifier", "a ConvNetPipeline");
    }
}
