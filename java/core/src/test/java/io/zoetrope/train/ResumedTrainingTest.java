package io.zoetrope.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.CheckpointFolder;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.model.gan.GanFamily;
import io.zoetrope.model.patches.PatchesFamily;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request to go on with a run may leave open, and what it may not change. */
class ResumedTrainingTest {
    private static final int OWN = 0;
    private static final Config OPTIONS = Config.empty().with("patch_size", 4).with("palette", 6).with("model_width", 8)
            .with("layers", 1).with("heads", 2);
    /**
     * Written before runs kept a digest of their data and the options as given: two of four steps, and the rows of all.
     */
    private static final List<String> OLD_RUN = List.of("config.json", "loss.csv",
            "checkpoints/step-000000002.safetensors");
    private final Trainer trainer = new Trainer(Devices.shared());

    @TempDir
    Path folder;
    private Path run;

    @BeforeEach
    void nameRun() {
        run = folder.resolve("run");
    }

    private TrainRequest request(Dataset data, long steps, boolean resume, Config options) {
        return new TrainRequest(data, steps, 6, 3, run, resume, 2, 0, options);
    }

    private void start(long steps) throws IOException {
        trainer.train(new PatchesFamily(), request(TinyData.squares(), steps, false, OPTIONS), Progress.none());
    }

    private void goOn(Dataset data, Config options) throws IOException {
        trainer.train(new PatchesFamily(), request(data, OWN, true, options), Progress.none());
    }

    private long saved() throws IOException {
        return new CheckpointFolder(run.resolve("checkpoints")).latest().map(Checkpoint::step).orElse(0L);
    }

    private void oldRun() throws IOException {
        for (String file : OLD_RUN) {
            Path target = run.resolve(file);
            Files.createDirectories(target.getParent());
            try (var in = getClass().getResourceAsStream("old-run/" + file)) {
                Files.copy(in, target);
            }
        }
    }

    @Test
    void withoutANumberOfStepsTheRunsOwnHolds() throws IOException {
        start(4);
        Files.delete(run.resolve("checkpoints/step-000000004.safetensors"));
        assertThat(saved()).isEqualTo(2);
        goOn(TinyData.squares(), Config.empty());
        assertThat(saved()).isEqualTo(4);
    }

    @Test
    void onlyAResumedRunHasStepsOfItsOwn() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> request(TinyData.squares(), OWN, false, OPTIONS)).withMessageContaining("steps");
    }

    @Test
    void aFinishedRunSaysSoAndStaysAsItIs() throws IOException {
        start(2);
        Path model = run.resolve("model/model_index.json");
        var written = Files.getLastModifiedTime(model);
        List<String> notes = new ArrayList<>();
        Progress progress = new Progress() {
            @Override
            public void begin(String stage, long total) {}

            @Override
            public void advance(long done, String note) {
                notes.add(done + ": " + note);
            }

            @Override
            public void end() {}
        };
        TrainingFamily untouched = new WatchedFamily(new PatchesFamily(), (name, work) -> {
            throw new IllegalStateException(name + " was called");
        });
        assertThat(trainer.train(untouched, request(TinyData.squares(), OWN, true, Config.empty()), progress))
                .isEqualTo(run.resolve("model"));
        assertThat(notes).containsExactly("2: all 2 steps were taken before");
        assertThat(Files.getLastModifiedTime(model)).isEqualTo(written);
    }

    @Test
    void otherDataOfEqualCountAreRefused() throws IOException {
        start(2);
        ImageDataset squares = TinyData.squares();
        byte[] pixels = squares.train().images().pixels().clone();
        pixels[7]++;
        ImageDataset.Part other = new ImageDataset.Part(new Images(36, 8, 8, 1, pixels), squares.train().labels());
        int[] labels = squares.train().labels().clone();
        labels[5] = 0;
        ImageDataset.Part relabelled = new ImageDataset.Part(squares.train().images(), labels);
        for (ImageDataset data : List.of(new ImageDataset("other", squares.classNames(), other, other),
                new ImageDataset("relabelled", squares.classNames(), relabelled, relabelled),
                new ImageDataset("renamed", List.of("a", "b"), squares.train(), squares.test()))) {
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> goOn(data, Config.empty()))
                    .withMessageContaining("data_digest").withMessageContaining("squares")
                    .withMessageContaining(data.name());
        }
        goOn(new ImageDataset("squares by another name", squares.classNames(), squares.train(), other), Config.empty());
    }

    @Test
    void soundsAreToldApartToo() {
        AudioDataset tones = TinyData.tones(64);
        short[] values = tones.train().sounds().values().clone();
        values[values.length - 1]++;
        AudioDataset.Part other = new AudioDataset.Part(new Sounds(12, 64, 16_000, values), tones.train().labels());
        assertThat(new AudioDataset("other", tones.classNames(), other, other).digest()).isNotEqualTo(tones.digest());
        assertThat(TinyData.tones(64).digest()).isEqualTo(tones.digest()).hasSize(64);
    }

    @Test
    void aChangedOptionIsRefusedByName() throws IOException {
        start(2);
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> goOn(TinyData.squares(), OPTIONS.with("palette", 8)))
                .withMessageContaining("palette 6").withMessageContaining("not palette 8");
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> goOn(TinyData.squares(), Config.empty().with("rotary", false)))
                .withMessageContaining("rotary true").withMessageContaining("not rotary false");
        // The default, where the run has another value.
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> goOn(TinyData.squares(), Config.empty().with("layers", 4)))
                .withMessageContaining("layers 1").withMessageContaining("not layers 4");
        goOn(TinyData.squares(), OPTIONS);
        goOn(TinyData.squares(), Config.empty().with("rotary", true).with("layers", 1));
    }

    /** The names of options and of what a run keeps of them differ in a game. */
    @Test
    void aChangedLearningRateIsRefusedByName() throws IOException {
        Config options = Config.empty().with("base_width", 8).with("rate", 2e-3);
        TrainRequest first = new TrainRequest(TinyData.halves(), 1, 4, 3, run, false, 1, 0, options);
        trainer.train(new GanFamily(images -> new int[images.count()]), first, Progress.none());
        for (double rate : new double[] {5e-4, 1e-3}) {
            TrainRequest other = new TrainRequest(TinyData.halves(), 2, 4, 3, run, true, 1, 0,
                    Config.empty().with("rate", rate));
            assertThatExceptionOfType(BadFileException.class)
                    .isThrownBy(() -> trainer.train(new GanFamily(), other, Progress.none()))
                    .withMessageContaining("rate 0.002").withMessageContaining("not rate");
        }
    }

    /** On the device that wrote it the bytes are the same; on others the figures are near. */
    @Test
    void aRunOfAnOlderVersionGoesOn() throws IOException {
        oldRun();
        double[][] rows = LossCsv.read(run.resolve("loss.csv"), "loss");
        assertThat(rows[0]).containsExactly(2, 4);
        goOn(TinyData.squares(), OPTIONS);
        assertThat(saved()).isEqualTo(4);
        double[][] now = LossCsv.read(run.resolve("loss.csv"), "loss");
        assertThat(now[0]).containsExactly(2, 4);
        assertThat(now[1][0]).isEqualTo(rows[1][0]);
        assertThat(now[1][1]).isCloseTo(rows[1][1], within(0.02));
    }

    @Test
    void anOlderRunsOptionsAreKeptToo() throws IOException {
        oldRun();
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> goOn(TinyData.squares(), Config.empty().with("palette", 8)))
                .withMessageContaining("palette 6").withMessageContaining("not palette 8");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, 9})
    void labelsThatNoClassHasAreRefused(int label) {
        ImageDataset squares = TinyData.squares();
        int[] labels = squares.train().labels().clone();
        labels[17] = label;
        ImageDataset.Part wrong = new ImageDataset.Part(squares.train().images(), labels);
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new ImageDataset("squares", squares.classNames(), wrong, squares.test()))
                .withMessageContaining("label of training example 17 is " + label).withMessageContaining("0 to 1")
                .withMessageContaining("[even, odd]");
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new ImageDataset("squares", squares.classNames(), squares.train(), wrong))
                .withMessageContaining("test example 17");
        AudioDataset tones = TinyData.tones(64);
        AudioDataset.Part loud = new AudioDataset.Part(tones.train().sounds(),
                new int[] {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, label});
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new AudioDataset("tones", tones.classNames(), loud, tones.test()))
                .withMessageContaining("example 11 is " + label);
    }
}
