package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CnnCommandsTest {
    @TempDir
    private Path folder;
    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(folder);
    }

    @Test
    void classifySaysWhatWasDoneAndTheLikeliestClasses() {
        assertThat(shell.run("classify", "a.png", "b.jpg", "--top", "2", "--model", "mine/cnn", "--device", "cpu")).isZero();
        assertThat(shell.out().lines()).containsExactly("a.png: Shrank a.png.", "   70.0 %  shoe", "   25.0 %  hat",
                "b.jpg: Shrank b.jpg.", "   70.0 %  shoe", "   25.0 %  hat");
        assertThat(shell.work.model).contains("mine/cnn");
        assertThat(shell.work.device).isEqualTo(DeviceChoice.CPU);
        assertThat(shell.run("classify")).isEqualTo(2);
        assertThat(shell.run("classify", "a.png", "--top", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--top must be at least 1, not 0");
    }

    @Test
    void evaluatePrintsTheTableAndWritesWhatIsAsked() throws IOException {
        for (int i = 0; i < 20; i++) {
            new Images(1, 4, 4, 1, new byte[16]).writePng(folder.resolve("pictures").resolve(i + ".png"));
        }
        Path json = folder.resolve("report.json");
        Path confusion = folder.resolve("confusion.png");
        Path plot = folder.resolve("plot.png");
        assertThat(shell.run("evaluate", "cnn", "--data", folder.resolve("pictures").toString(), "--json", json.toString(),
                "--confusion", confusion.toString(), "--plot", plot.toString())).isZero();
        assertThat(shell.out()).startsWith("accuracy 50.00 % of 2 samples").contains("hat (1)");
        assertThat(shell.work.model).contains("fashion-cnn");
        assertThat(Files.readString(json)).contains("\"accuracy\": 0.5");
        assertThat(Images.read(confusion).width()).isGreaterThan(100);
        assertThat(Images.read(plot).width()).isGreaterThan(100);
    }

    @Test
    void trainPassesItsOptionsOnAndRefusesThoseOutOfRange() throws IOException {
        for (int i = 0; i < 20; i++) {
            new Images(1, 4, 4, 1, new byte[16]).writePng(folder.resolve("pictures").resolve(i % 2 + "/" + i + ".png"));
        }
        String pictures = folder.resolve("pictures").toString();
        assertThat(shell.run("train", "cnn", "--data", pictures, "--batch", "4", "--optimizer", "adamw", "--no-flip", "--rate",
                "0.01", "--pad", "2", "--reflect", "--run", folder.resolve("run").toString())).isZero();
        Config options = shell.work.training.options();
        assertThat(options.names()).containsExactlyInAnyOrder("reflect", "flip", "optimizer", "pad", "rate");
        assertThat(options.flag("flip", true)).isFalse();
        assertThat(options.number("rate")).isEqualTo(0.01);
        assertThat(shell.work.training.steps()).isEqualTo(4690);
        assertThat(shell.work.family.name()).isEqualTo("cnn");
        assertThat(shell.out()).contains("evaluate cnn --model");
        assertThat(shell.run("train", "cnn", "--data", pictures, "--batch", "4", "--flip")).isZero();
        assertThat(shell.work.training.options().flag("flip", false)).isTrue();
        assertThat(shell.run("train", "cnn", "--data", pictures, "--batch", "4", "--net", "vast")).isEqualTo(2);
        assertThat(shell.err()).contains("net is vast");
        assertThat(shell.run("train", "cnn", "--data", pictures + "/0", "--batch", "4")).isEqualTo(2);
        assertThat(shell.err()).contains("has one class").hasLineCount(1);
    }

    @Test
    void explainWritesASheetAndSaysTheDecision() throws IOException {
        Path sheet = folder.resolve("sheet.png");
        assertThat(shell.run("explain", "cnn", "shoe.gif", "--out", sheet.toString())).isZero();
        assertThat(shell.out().lines()).containsExactly("shoe.gif: Taken as it is.", sheet + ": shoe, 90.0 %");
        assertThat(Images.read(sheet).width()).isGreaterThan(1000);
        assertThat(shell.run("explain")).isEqualTo(2);
        assertThat(shell.err()).contains("cnn");
    }
}
