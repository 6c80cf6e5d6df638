package io.zoetrope.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.data.Images;
import io.zoetrope.figures.LossPlot;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.Config;
import io.zoetrope.io.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
    @TempDir
    private Path temp;

    private static final Config CONFIG = Config.empty().with("batch", 64).with("seed", 7L).with("data",
            "fashion-mnist");

    @Test
    void keepsSettingsLossesPlotAndSamples() throws IOException {
        Path path = temp.resolve("run");
        try (RunFolder run = RunFolder.create(path, CONFIG)) {
            try (LossCsv losses = run.losses(List.of("loss", "gradient_norm"), 0)) {
                for (int step = 1; step <= 3000; step++) {
                    losses.append(step, 1.0 / step, 0.1);
                }
                losses.append(3001, Double.NaN, Double.POSITIVE_INFINITY);
            }
            run.plotLosses("loss");
            run.saveSamples(100, new Images(4, 2, 2, 1, new byte[16]), 2);
        }
        assertThat(Images.read(path.resolve("loss.png")).width()).isEqualTo(900);
        assertThat(path.resolve("samples/step-000000100.png")).exists();
        try (RunFolder run = RunFolder.resume(path)) {
            assertThat(run.config()).isEqualTo(CONFIG);
            assertThat(run.config().longInteger("seed")).isEqualTo(7);
        }
    }

    @Test
    void aKilledRunsTailIsCutAtTheCheckpoint() throws IOException {
        Path file = temp.resolve("loss.csv");
        try (LossCsv losses = LossCsv.open(file, List.of("loss"), 0)) {
            for (int step = 1; step <= 5; step++) {
                losses.append(step, step / 3.0);
            }
        }
        Files.writeString(file, "6,0.1", StandardOpenOption.APPEND); // 0.1, or the start of 0.1234?
        assertThat(LossCsv.read(file, "loss")[0]).containsExactly(1, 2, 3, 4, 5);
        try (LossCsv losses = LossCsv.open(file, List.of("loss"), 3)) {
            losses.append(4, -1);
        }
        assertThat(LossCsv.read(file, "loss")[0]).containsExactly(1, 2, 3, 4);
        assertThat(LossCsv.read(file, "loss")[1]).containsExactly(1 / 3.0, 2 / 3.0, 1, -1);
        for (String partial : new String[] {"", "st", "step,loss"}) {
            Files.writeString(file, partial);
            LossCsv.open(file, List.of("loss"), 3).close();
            assertThat(file).hasContent("step,loss\n");
        }
    }

    @Test
    void foreignOrDamagedRecordsAreNotOverwritten() throws IOException {
        Path file = Files.writeString(temp.resolve("loss.csv"), "epoch,accuracy\n1,0.5\n");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> LossCsv.open(file, List.of("loss"), 9))
                .withMessageContaining("epoch,accuracy").withMessageContaining("step,loss");
        Files.writeString(file, "step,loss\n1,0.5\n2,zero\n3,0.5\n");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> LossCsv.open(file, List.of("loss"), 9))
                .withMessageContaining("line 3").withMessageContaining("2,zero");
        assertThat(file).hasContent("step,loss\n1,0.5\n2,zero\n3,0.5\n");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> LossCsv.read(file, "accuracy"))
                .withMessageContaining("accuracy");
    }

    @Test
    void bytesThatAreNoTextAreNamedWithWhatToDo() throws IOException {
        Path run = temp.resolve("run");
        RunFolder.create(run, CONFIG).close();
        Path file = run.resolve("loss.csv");
        Files.write(file, new byte[] {'s', 't', 'e', 'p', ',', 'l', 'o', 's', 's', '\n', '1', ',', (byte) 0xe9, '\n'});
        for (int form = 0; form < 2; form++) {
            boolean read = form == 0;
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> {
                if (read) {
                    LossCsv.read(file, "loss");
                } else {
                    LossCsv.open(file, List.of("loss"), 9);
                }
            }).withMessageContaining(file.toString()).withMessageContaining("byte 12, 0xe9")
                    .withMessageContaining("move it away");
        }
        Files.writeString(file, "step,loss\n1,0.5\n\u001b[2J2,\u009b\n");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> LossCsv.open(file, List.of("loss"), 9))
                .withMessageContaining("line 3 is '?[2J2,?'");
        Files.delete(file);
        try (RunFolder resumed = RunFolder.resume(run); LossCsv losses = resumed.losses(List.of("loss"), 40)) {
            losses.append(50, 0.25);
        }
        assertThat(file).hasContent("step,loss\n50,0.25\n");
    }

    @Test
    void aRunThatFailsAtOnceLeavesNothing() throws IOException {
        Path path = temp.resolve("runs/deep/run");
        try (RunFolder run = RunFolder.create(path, CONFIG)) {
            run.losses(List.of("loss"), 0).close();
            run.abandon();
        }
        assertThat(temp.resolve("runs")).doesNotExist();
        Path theirs = Files.createDirectories(temp.resolve("theirs"));
        try (RunFolder run = RunFolder.create(theirs, CONFIG)) {
            run.abandon();
        }
        assertThat(theirs).as("it was there before").isEmptyDirectory();
        Path beside = temp.resolve("both/one");
        try (RunFolder run = RunFolder.create(beside, CONFIG)) {
            RunFolder.create(temp.resolve("both/two"), CONFIG).close();
            run.abandon();
        }
        assertThat(beside).doesNotExist();
        assertThat(temp.resolve("both/two/config.json")).exists();
    }

    @Test
    void aRunOfWhichSomethingCameStays() throws IOException {
        Path withRow = temp.resolve("row");
        try (RunFolder run = RunFolder.create(withRow, CONFIG)) {
            try (LossCsv losses = run.losses(List.of("loss"), 0)) {
                losses.append(10, Double.NaN);
            }
            run.abandon();
        }
        assertThat(withRow.resolve("config.json")).exists();
        assertThat(withRow.resolve("loss.csv")).hasContent("step,loss\n10,NaN\n");
        Path withSample = temp.resolve("sample");
        try (RunFolder run = RunFolder.create(withSample, CONFIG)) {
            run.saveSamples(1, new Images(1, 2, 2, 1, new byte[4]), 1);
            run.abandon();
        }
        assertThat(withSample.resolve("config.json")).exists();
        try (RunFolder run = RunFolder.resume(withSample)) {
            Files.delete(withSample.resolve("samples/step-000000001.png"));
            Files.delete(withSample.resolve("samples"));
            run.abandon();
        }
        assertThat(withSample.resolve("config.json")).as("a resumed run is older than its failure").exists();
    }

    @Test
    void theTrainerLeavesNothingOfAModelThatCannotBeMade() {
        TrainingFamily family = new TrainingFamily() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public Config settings(TrainRequest request) {
                return Config.empty();
            }

            @Override
            public TrainingTask open(io.zoetrope.cuda.Device device, TrainRequest request, Config settings) {
                throw new IllegalStateException("out of memory");
            }
        };
        Path path = temp.resolve("runs/broken");
        TrainRequest request = new TrainRequest(TinyData.bars(), 1, 1, 7, path, false, 1, 0, Config.empty());
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> new Trainer(null).train(family, request, io.zoetrope.io.Progress.none()))
                .withMessage("out of memory");
        assertThat(temp.resolve("runs")).doesNotExist();
    }

    @Test
    void aRowHasItsColumns() throws IOException {
        try (LossCsv losses = LossCsv.open(temp.resolve("loss.csv"), List.of("loss", "norm"), 0)) {
            assertThatIllegalArgumentException().isThrownBy(() -> losses.append(1, 0.5)).withMessageContaining("2");
        }
    }

    @Test
    void aRunIsStartedOnceAndWorkedOnByOne() throws IOException {
        Path path = temp.resolve("run");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> RunFolder.resume(path))
                .withMessageContaining("holds no training run");
        try (RunFolder run = RunFolder.create(path, CONFIG)) {
            assertThat(run.path()).isEqualTo(path);
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> RunFolder.resume(path))
                    .withMessageContaining("another process is training here");
        }
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> RunFolder.create(path, CONFIG))
                .withMessageContaining("already holds a training run").withMessageContaining("Resume that run");
        RunFolder.resume(path).close();
        Path full = Files.createDirectories(temp.resolve("full"));
        Files.writeString(full.resolve("thesis.txt"), "x");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> RunFolder.create(full, CONFIG))
                .withMessageContaining("is not empty");
        Files.writeString(path.resolve("config.json"), "{");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> RunFolder.resume(path))
                .withMessageContaining("no valid JSON");
        CONFIG.write(path.resolve("config.json"));
        RunFolder.resume(path).close(); // the failed try has let go of the lock
    }

    @Test
    void whatAKillLeftBehindIsInNobodysWay() throws IOException {
        Path path = Files.createDirectories(temp.resolve("run"));
        Files.writeString(path.resolve("run.lock"), "");
        Path config = Files.writeString(leftover(path.resolve("config.json")), "{");
        RunFolder.create(path, CONFIG).close();
        assertThat(config).doesNotExist();
        List<Path> parts = new ArrayList<>();
        for (String target : List.of("loss.csv", "game.png", "samples/step-000000001.png", "samples/step-000000001.wav",
                "checkpoints/step-000000001.safetensors", "model/model_index.json", "model/unet/config.json",
                "model/unet/diffusion_pytorch_model.safetensors", "model/scheduler/scheduler_config.json")) {
            Files.createDirectories(path.resolve(target).getParent());
            parts.add(Files.writeString(leftover(path.resolve(target)), "x"));
        }
        RunFolder.resume(path).close();
        assertThat(parts).noneMatch(Files::exists);
    }

    private static Path leftover(Path target) {
        return target.resolveSibling(target.getFileName() + ".00c0ffee00c0ffee.zoetrope-part");
    }

    @Test
    void whatIsTheUsersStaysWhateverItsName() throws IOException {
        Path outside = Files.createDirectories(temp.resolve("outside"));
        Path linked = Files.writeString(leftover(outside.resolve("step-000000001.png")), "x");
        for (String folder : List.of("", "checkpoints", "samples", "model", "model/unet", "downloads/deep")) {
            Path path = Files.createDirectories(temp.resolve("run" + folder.replace('/', '-')));
            List<Path> theirs = new ArrayList<>();
            for (String name : List.of("film.mkv.part", "config.json.1f.part", "archive.zip.part",
                    "notes.zoetrope-part", "picture.png.00c0ffee00c0ffee.zoetrope-part",
                    "step-000000001.safetensors.12ab.part")) {
                theirs.add(Files.writeString(Files.createDirectories(path.resolve(folder)).resolve(name), "x"));
            }
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> RunFolder.create(path, CONFIG))
                    .withMessageContaining("is not empty");
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> RunFolder.resume(path))
                    .withMessageContaining("holds no training run");
            assertThat(theirs).allMatch(Files::exists);
            assertThat(path.resolve("run.lock")).doesNotExist();
            CONFIG.write(path.resolve("config.json"));
            if (!folder.equals("samples")) {
                Files.createSymbolicLink(path.resolve("samples"), outside);
            }
            try (RunFolder run = RunFolder.resume(path)) {
                run.checkpoints().save(new Checkpoint(1, Map.of(), Map.of("w", StoredTensor.ofF32(new float[1], 1))));
            }
            assertThat(theirs).allMatch(Files::exists);
            assertThat(linked).exists();
        }
    }

    @Test
    void aFolderWithAnothersSettingsIsNoRun() throws IOException {
        Path path = Files.createDirectories(temp.resolve("model"));
        Path part = Files.writeString(leftover(path.resolve("config.json")), "x");
        Files.writeString(path.resolve("config.json"), "{\"_class_name\": \"UNet2DModel\"}");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> RunFolder.resume(path))
                .withMessageContaining("holds no training run").withMessageContaining("something else's");
        assertThat(part).exists();
        assertThat(path.resolve("run.lock")).doesNotExist();
    }

    @Test
    void thePlotThinsLongRunsAndSkipsWhatCannotBeDrawn() {
        double[] steps = new double[10_007];
        double[] losses = new double[10_007];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = i + 1;
            losses[i] = i == 5 ? Double.NaN : i == 6 ? 0 : 2;
        }
        double[][] shown = LossPlot.thinned(steps, losses);
        assertThat(shown[0].length).isBetween(500, 1000);
        assertThat(shown[0][shown[0].length - 1]).isEqualTo(10_007);
        assertThat(shown[1]).containsOnly(2);
        for (double mean : shown[2]) {
            assertThat(mean).isCloseTo(2, org.assertj.core.api.Assertions.within(1e-12));
        }
        assertThat(LossPlot.thinned(new double[0], new double[0])[0]).isEmpty();
    }
}
