package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import io.zoetrope.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
    @TempDir
    private Path folder;
    private Shell shell;
    private String pictures;

    @BeforeEach
    void setUp() throws IOException {
        shell = new Shell(folder);
        for (int i = 0; i < 20; i++) {
            new Images(1, 4, 4, 1, new byte[16]).writePng(folder.resolve("pictures").resolve(i + ".png"));
        }
        pictures = folder.resolve("pictures").toString();
    }

    @Test
    void helpIsThereForEveryCommand() {
        for (String[] command : new String[][] {{}, {"generate"}, {"train"}, {"train", "ddpm"}, {"train", "cnn"}, {"evaluate"},
            {"evaluate", "ddpm"}, {"evaluate", "wavegan"}, {"evaluate", "cnn"}, {"complete"}, {"explain"},
            {"explain", "attention"}, {"explain", "cnn"}, {"classify"}, {"data"}, {"doctor"}}) {
            String[] arguments = java.util.Arrays.copyOf(command, command.length + 1);
            arguments[command.length] = "--help";
            assertThat(shell.run(arguments)).isZero();
            assertThat(shell.out()).startsWith("Usage: zoetrope").contains("--debug");
        }
        assertThat(shell.run("--version")).isZero();
        assertThat(shell.out()).startsWith("zoetrope ");
    }

    @Test
    void anIncompleteCommandSaysWhatCouldFollow() {
        assertThat(shell.run()).isEqualTo(2);
        assertThat(shell.err()).contains("generate, complete, classify, explain, train, evaluate, data, doctor");
        assertThat(shell.run("train")).isEqualTo(2);
        assertThat(shell.err()).contains("ddpm");
        assertThat(shell.run("evaluate")).isEqualTo(2);
        assertThat(shell.run("paint")).isEqualTo(2);
        assertThat(shell.err()).contains("paint");
        assertThat(shell.err().lines()).hasSize(1);
    }

    @Test
    void trainingPassesItsSettingsOn() {
        assertThat(shell.run("train", "ddpm", "--data", pictures, "--steps", "30", "--batch", "8", "--seed", "5",
                "--run", folder.resolve("run").toString(), "--device", "gpu")).isZero();
        assertThat(shell.work.family.name()).isEqualTo("ddpm");
        assertThat(shell.work.training.steps()).isEqualTo(30);
        assertThat(shell.work.training.batch()).isEqualTo(8);
        assertThat(shell.work.training.seed()).isEqualTo(5);
        assertThat(shell.work.training.resume()).isFalse();
        assertThat(shell.work.training.data().trainingExamples()).isEqualTo(18);
        assertThat(shell.work.device).isEqualTo(DeviceChoice.GPU);
        assertThat(shell.out()).contains(folder.resolve("run/model").toString());
    }

    @Test
    void trainingRefusesNonsense() {
        assertThat(shell.run("train", "ddpm")).isEqualTo(2);
        assertThat(shell.err()).contains("--data");
        for (String[] wrong : new String[][] {{"--steps", "0"}, {"--steps", "-1"}, {"--batch", "0"}, {"--batch", "19"},
            {"--batch", "-2"}, {"--save-every", "0"}, {"--sample-every", "-1"}}) {
            String[] arguments = wrong[0].equals("--batch")
                    ? new String[] {"train", "ddpm", "--data", pictures, wrong[0], wrong[1]}
                    : new String[] {"train", "ddpm", "--data", pictures, "--batch", "8", wrong[0], wrong[1]};
            assertThat(shell.run(arguments)).as(wrong[0]).isEqualTo(2);
            assertThat(shell.err()).contains("not " + wrong[1]);
        }
        assertThat(shell.run("train", "ddpm", "--data", "fashion-mnist")).isEqualTo(1);
        assertThat(shell.err()).contains("zoetrope data fashion-mnist").contains("apt-get install");
        assertThat(shell.err().lines()).hasSize(1);
        assertThat(shell.run("train", "ddpm", "--resume", "--run", folder.resolve("none").toString())).isEqualTo(1);
        assertThat(shell.err()).contains("holds no training run");
        assertThat(shell.work.training).isNull();
    }

    @Test
    void aResumedRunKnowsItsData() throws IOException {
        Path run = folder.resolve("run");
        RunFolder.create(run, Config.empty().with("data", pictures).with("batch", 4).with("seed", 12L)).close();
        assertThat(shell.run("train", "ddpm", "--resume", "--run", run.toString(), "--batch", "9000")).isZero();
        assertThat(shell.work.training.batch()).isEqualTo(4);
        assertThat(shell.work.training.seed()).isEqualTo(12);
        assertThat(shell.work.training.resume()).isTrue();
        assertThat(shell.work.training.data().name()).isEqualTo(pictures);
    }

    @Test
    void evaluationPrintsATableAndWritesFiles() throws IOException {
        Path json = folder.resolve("r.json");
        Path plot = folder.resolve("r.png");
        assertThat(shell.run("evaluate", "ddpm", "--data", pictures, "--json", json.toString(), "--plot",
                plot.toString(), "--per-bin", "3", "--pictures", "0")).isZero();
        assertThat(shell.work.perBin).isEqualTo(3);
        assertThat(shell.out().lines()).hasSize(22);
        assertThat(shell.out()).contains("0–49").contains("0.75000");
        assertThat(Files.readString(json)).contains("\"r2\": 0.75");
        assertThat(Images.read(plot).width()).isEqualTo(900);
        assertThat(shell.run("evaluate", "ddpm", "--data", pictures, "--per-bin", "0")).isEqualTo(2);
        assertThat(shell.run("evaluate", "ddpm", "--data", pictures, "--json", "/proc/zoetrope/r.json")).isEqualTo(1);
        assertThat(shell.err().lines()).hasSize(1);
    }

    @Test
    void adversarialTrainingTakesItsOptions() {
        assertThat(shell.run("train", "gan", "--data", pictures, "--batch", "8", "--gamma", "2", "--final-gamma", "0.2",
                "--rate", "0.0005", "--base-width", "16")).isZero();
        assertThat(shell.work.family.name()).isEqualTo("gan");
        assertThat(shell.work.training.steps()).isEqualTo(3600);
        assertThat(shell.work.training.options().toString()).contains("\"final_gamma\": 0.2").contains("\"base_width\": 16");
        assertThat(shell.run("train", "gan", "--data", pictures, "--batch", "8", "--gamma", "-1")).isEqualTo(2);
        assertThat(shell.err()).contains("gamma").contains("-1");
        assertThat(shell.run("train", "wavegan")).isEqualTo(2);
        assertThat(shell.err()).contains("spoken-digits");
    }

    @Test
    void picturesAreMeasuredBesideRealOnes() throws IOException {
        Path json = folder.resolve("q.json");
        for (String family : List.of("gan", "patches", "ddpm")) {
            assertThat(shell.run("evaluate", family, "--data", pictures, "--pictures", "40", "--encoder", "my-cnn",
                    "--pictures-json", json.toString(), "--seed", "9")).isZero();
            assertThat(shell.work.pictures).isEqualTo(40);
            assertThat(shell.work.evaluationSeed).isEqualTo(9);
            assertThat(shell.work.model).contains("fashion-" + family);
            assertThat(shell.out()).contains("C-FD").contains("my-cnn").contains("0123456789ab").contains("2 of 3 classes")
                    .doesNotContain("FID");
            assertThat(Files.readString(json)).contains("\"c_fd\": 1.5");
        }
        assertThat(shell.run("evaluate", "gan", "--data", pictures, "--pictures", "3")).isEqualTo(2);
        assertThat(shell.err()).contains("not 3");
        assertThat(shell.run("evaluate", "gan", "--data", pictures, "--pictures", "0")).isEqualTo(2);
        assertThat(shell.run("evaluate", "gan", "--data", pictures, "--pictures-json", "/proc/zoetrope/q.json")).isEqualTo(1);
    }

    @Test
    void barsAreForTerminalsOnly() {
        assertThat(TerminalProgress.isWatched(Map.of(), true)).isTrue();
        assertThat(TerminalProgress.isWatched(Map.of(), false)).isFalse();
        assertThat(TerminalProgress.isWatched(Map.of("ZOETROPE_PROGRESS", "off"), true)).isFalse();
        assertThat(TerminalProgress.isWatched(Map.of("TERM", "dumb"), true)).isFalse();
    }
}
