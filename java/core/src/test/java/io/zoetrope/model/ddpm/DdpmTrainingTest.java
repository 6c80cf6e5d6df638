package io.zoetrope.model.ddpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.io.TensorContent;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.SavedValues;
import io.zoetrope.train.LossCsv;
import io.zoetrope.train.RunFiles;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.RunFolderSettings;
import io.zoetrope.train.TinyData;
import io.zoetrope.train.TinyTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import io.zoetrope.train.TrainingFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DdpmTrainingTest {
    private final Device device = Devices.shared();

    @TempDir
    Path folder;

    private Path train(TrainRequest request, Progress progress) throws IOException {
        return new Trainer(device).train(new DdpmFamily(), request, progress);
    }

    @Test
    void aResumedRunIsBitForBitTheUninterruptedOne() throws IOException {
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        train(TinyTraining.DDPM.request(whole, 6, false, 3), Progress.none());

        // Stopped after three of its six steps: the settings say six, the request of the first part three.
        RunFolder.create(parts, RunFolderSettings.of(whole)).close();
        train(TinyTraining.DDPM.request(parts, 3, true, 3), Progress.none());
        train(TinyTraining.DDPM.request(parts, 6, true, 3), Progress.none());

        assertThat(RunFiles.checkpoint(parts, 6)).isEqualTo(RunFiles.checkpoint(whole, 6));
        assertThat(Files.readString(parts.resolve("loss.csv"))).isEqualTo(Files.readString(whole.resolve("loss.csv")));
        assertThat(RunFiles.checkpoint(whole, 3)).isNotEqualTo(RunFiles.checkpoint(whole, 6));
        String predicted = Files.readString(whole.resolve("noise_prediction.csv"));
        assertThat(Files.readString(parts.resolve("noise_prediction.csv"))).isEqualTo(predicted);
        assertThat(predicted.lines()).as("a row a checkpoint").hasSize(3);
        assertThat(whole.resolve("noise_prediction.png")).isNotEmptyFile();
    }

    @Test
    void theProgressShowsHowWellNoiseIsPredicted() throws IOException {
        List<String> notes = new ArrayList<>();
        train(TinyTraining.DDPM.request(folder.resolve("run"), 120, false, 1000), new Progress() {
            @Override
            public void begin(String stage, long total) {}

            @Override
            public void advance(long done, String note) {
                notes.add(note);
            }

            @Override
            public void end() {}
        });
        assertThat(notes).anyMatch(note -> note.matches("loss [0-9.]+"));
        assertThat(notes.get(notes.size() - 1)).matches("loss [0-9.]+ R² [▁▂▃▄▅▆▇█]{20} -?[0-9.]+");
    }

    @Test
    void theLossFallsAndTheModelMakesPictures() throws IOException {
        Path run = folder.resolve("run");
        Path modelFolder = train(TinyTraining.DDPM.request(run, 60, false, 60), Progress.none());

        double[] losses = LossCsv.read(run.resolve("loss.csv"), "loss")[1];
        assertThat(losses).hasSize(6);
        assertThat(losses[5]).isLessThan(0.6 * losses[0]);
        assertThat(run.resolve("loss.png")).isNotEmptyFile();
        try (DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, modelFolder)) {
            Sampling request = Sampling.count(3).steps(4).sampler(Sampler.ddpm()).seed(9);
            Images images = pipeline.generate(request, Progress.none());
            assertThat(images.count()).isEqualTo(3);
            assertThat(pipeline.generate(request, Progress.none())).isEqualTo(images);
            assertThat(pipeline.generate(request.seed(10), Progress.none())).isNotEqualTo(images);
        }
    }

    @Test
    void aNonFiniteLossStopsAndLeavesTheLastCheckpointIntact() throws IOException {
        Path run = folder.resolve("broken");
        train(TinyTraining.DDPM.request(run, 2, false, 2), Progress.none());
        Path file = run.resolve("checkpoints/step-000000002.safetensors");
        Checkpoint good = Checkpoint.read(file);
        float[] poisoned = good.tensors().get("master").inMemory().toFloats();
        poisoned[5] = Float.NaN;
        Map<String, TensorContent> tensors = new LinkedHashMap<>(good.tensors());
        tensors.put("master", StoredTensor.ofF32(poisoned, poisoned.length));
        new Checkpoint(2, good.state(), tensors).write(file);
        byte[] before = Files.readAllBytes(file);

        assertThatThrownBy(() -> train(TinyTraining.DDPM.request(run, 20, true, 20), Progress.none()))
                .isInstanceOf(TrainingFailedException.class).hasMessageContaining("no longer finite")
                .hasMessageContaining("checkpoint is intact");
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }

    @Test
    void anotherRunsDataIsRefused() throws IOException {
        Path run = folder.resolve("other");
        train(TinyTraining.DDPM.request(run, 1, false, 1), Progress.none());
        ImageDataset all = TinyData.squares();
        ImageDataset.Part fewer = new ImageDataset.Part(all.train().images().slice(0, 20),
                Arrays.copyOf(all.train().labels(), 20));
        TrainRequest request = new TrainRequest(new ImageDataset("fewer", all.classNames(), fewer, fewer), 2, 4, 3, run,
                true, 1, 0, Config.empty());
        assertThatThrownBy(() -> train(request, Progress.none())).isInstanceOf(BadFileException.class)
                .hasMessageContaining("data_pictures 36").hasMessageContaining("Give the run's own data");
    }

    @Test
    void anotherFamilysRunIsRefused() throws IOException {
        Path run = folder.resolve("painter");
        train(TinyTraining.DDPM.request(run, 1, false, 1), Progress.none());
        Config settings = Config.read(run.resolve("config.json"));
        settings.with("model", "painter").write(run.resolve("config.json"));
        assertThatThrownBy(() -> train(TinyTraining.DDPM.request(run, 2, true, 1), Progress.none()))
                .isInstanceOf(BadFileException.class).hasMessageContaining("painter").hasMessageContaining("ddpm");
    }

    @Test
    void anotherModelsCheckpointIsRefused() throws IOException {
        Path run = folder.resolve("foreign");
        train(TinyTraining.DDPM.request(run, 1, false, 1), Progress.none());
        new Checkpoint(1, Map.of(), Map.of("master", StoredTensor.ofF32(new float[3], 3)))
                .write(run.resolve("checkpoints/step-000000001.safetensors"));
        assertThatThrownBy(() -> train(TinyTraining.DDPM.request(run, 2, true, 1), Progress.none()))
                .isInstanceOf(BadFileException.class).hasMessageContaining("step 1").hasMessageContaining("master")
                .hasMessageContaining("new run");
    }

    @Test
    void aModelSurvivesItsFolder() throws IOException {
        try (DdpmModel model = new DdpmModel(device, DdpmConfig.forPictures(8, 3), DType.BF16, 4)) {
            model.save(folder.resolve("model"), Map.of("from", "a test"));
            try (DdpmModel loaded = DdpmModel.load(device, folder.resolve("model"), DType.BF16)) {
                assertThat(loaded.config()).isEqualTo(model.config());
                assertThat(loaded.store().values()).isEqualTo(SavedValues.of(model.store()));
            }
        }
    }
}
