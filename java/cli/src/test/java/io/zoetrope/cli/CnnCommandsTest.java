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
    void classifySaysWhatWasDoneAndTheLikeliestClasses() throws IOException {
        shell.withoutDevice = true;
        String a = Path.of(shell.pictures(4)).resolve("odd/1.png").toString();
        String b = Path.of(shell.pictures(8)).resolve("even/2.png").toString();
        assertThat(shell.run("classify", a, b, "--top", "2", "--model", "toy-dots", "--device", "cpu")).isZero();
        assertThat(shell.out().lines()).hasSize(6).contains("   70.0 %  shoe")
                .anyMatch(line -> line.startsWith(a + ": ")).anyMatch(line -> line.startsWith(b + ": "))
                .as("what a terminal would obey is shown").contains("   25.0 %  \\u001b[2Jsock\\u202e");
        assertThat(shell.device).isEqualTo(DeviceChoice.CPU);
        assertThat(shell.run("classify")).isEqualTo(2);
        assertThat(shell.run("classify", a, "--top", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--top must be at least 1, not 0");
        assertThat(shell.run("classify", a, "--model", "fashion-ddpm")).isEqualTo(1);
        assertThat(shell.err()).contains(
                "fashion-ddpm is a diffusion model, which recognises nothing: expected a " + "classifier or a toy");
    }

    @Test
    void aBadFileAmongGoodOnesIsOneLineAndTheOthersAreShown() throws IOException {
        shell.withoutDevice = true;
        Path pictures = Path.of(shell.pictures(4));
        Path broken = Files.writeString(folder.resolve("broken.png"), "no picture");
        assertThat(shell.run("classify", pictures.resolve("odd/1.png").toString(), broken.toString(),
                pictures.resolve("even/2.png").toString(), "missing.png", "--top", "1", "--model", "toy-dots"))
                .isEqualTo(1);
        assertThat(shell.out().lines()).hasSize(4).filteredOn(line -> line.contains("shoe")).hasSize(2);
        assertThat(shell.err().lines()).hasSize(2).anyMatch(line -> line.contains(broken.toString()))
                .anyMatch(line -> line.contains("missing.png")).allMatch(line -> line.startsWith("zoetrope: "));
    }

    @Test
    void evaluatePrintsTheTableAndWritesWhatIsAsked() throws IOException {
        Path json = folder.resolve("report.json");
        Path confusion = folder.resolve("confusion.png");
        Path plot = folder.resolve("plot.png");
        Path classes = folder.resolve("classes");
        Path pictures = Path.of(shell.pictures(28));
        for (int i = 0; i < 100; i++) {
            Path folderOfClass = Files.createDirectories(classes.resolve("class-" + i % 10));
            Files.copy(pictures.resolve(i % 2 == 0 ? "even" : "odd").resolve(i % 20 + ".png"),
                    folderOfClass.resolve(i + ".png"));
        }
        assertThat(shell.run("evaluate", "cnn", "--data", classes.toString(), "--json", json.toString(), "--confusion",
                confusion.toString(), "--plot", plot.toString())).as(shell.err()).isZero();
        assertThat(shell.out()).startsWith("accuracy ").contains("ankle boot");
        assertThat(Files.readString(json)).contains("\"accuracy\": ");
        assertThat(Images.read(confusion).width()).isGreaterThan(100);
        assertThat(Images.read(plot).width()).isGreaterThan(100);
    }

    @Test
    void trainPassesItsOptionsOnAndRefusesThoseOutOfRange() throws IOException {
        String pictures = shell.pictures(8);
        Path run = folder.resolve("run");
        assertThat(shell.run("train", "cnn", "--data", pictures, "--steps", "1", "--batch", "4", "--optimizer", "adamw",
                "--no-flip", "--rate", "0.01", "--pad", "2", "--reflect", "--run", run.toString())).as(shell.err())
                .isZero();
        Config kept = Config.read(run.resolve("config.json"));
        assertThat(kept.flag("flip", true)).isFalse();
        assertThat(kept.flag("reflect", false)).isTrue();
        assertThat(kept.number("learning_rate")).isEqualTo(0.01);
        assertThat(kept.number("weight_decay")).as("adamw's usual").isEqualTo(0.05);
        assertThat(kept.integer("pad")).isEqualTo(2);
        assertThat(shell.out())
                .contains("'zoetrope evaluate cnn --model " + run.resolve("model") + " --data " + pictures + "'");
        shell.withoutDevice = true;
        assertThat(shell.run("train", "cnn", "--data", pictures, "--batch", "4", "--net", "vast")).isEqualTo(2);
        assertThat(shell.err()).contains("--net is vast, expected one of [small, resnet18]");
        assertThat(shell.run("train", "cnn", "--data", pictures, "--batch", "4", "--pad", "8")).isEqualTo(2);
        assertThat(shell.err()).contains("--pad is 8, expected less than the pictures' 8 pixels");
    }

    @Test
    void trainBeginsWithAShippedModelAndTrainsAPartOfIt() throws IOException {
        String pictures = shell.pictures(28);
        Path run = folder.resolve("run");
        assertThat(shell.run("train", "cnn", "--data", pictures, "--steps", "1", "--batch", "4", "--from",
                "fashion-cnn", "--anew", "head.*", "--lora", "2", "--lora-targets", "stages.*.conv?", "--train-only",
                "head.*", "--run", run.toString())).as(shell.err()).isZero();
        assertThat(shell.out())
                .contains("begins with fashion-cnn: ",
                        "2 left out (head.weight, head.bias), 2 made anew (head.weight, head.bias)")
                .containsPattern("trains [\\d,]+ numbers for a model of [\\d,]+ \\(\\d\\.\\d %\\)");
        assertThat(run.resolve("model/adapters/adapter_model.safetensors")).exists();
        assertThat(Config.read(run.resolve("config.json")).section("tuning").text("lora_targets"))
                .isEqualTo("stages.*.conv?");
        assertThat(shell.run("train", "cnn", "--resume", "--run", run.toString(), "--lora", "4")).isEqualTo(1);
        assertThat(shell.err()).contains("was started with lora 2");
        shell.withoutDevice = true;
        assertThat(shell.run("train", "cnn", "--data", pictures, "--batch", "4", "--lora", "2")).isEqualTo(2);
        assertThat(shell.err()).contains("--lora is given without 'from'");
        assertThat(shell.run("train", "gan", "--data", pictures, "--batch", "4", "--freeze", "*")).isEqualTo(2);
        assertThat(shell.err()).contains("--freeze is not for gan: its two networks learn from each other");
        assertThat(shell.run("train", "cnn", "--help")).isZero();
        assertThat(shell.out()).contains("To begin with another model, or to train a part of one:")
                .contains("--lora-targets=PATTERN,…");
        assertThat(shell.run("train", "gan", "--help")).isZero();
        assertThat(shell.out()).doesNotContain("--lora");
    }

    @Test
    void explainWritesASheetAndSaysTheDecision() throws IOException {
        Path sheet = folder.resolve("sheet.png");
        String picture = Path.of(shell.pictures(28)).resolve("odd/1.png").toString();
        assertThat(shell.run("explain", "cnn", picture, "--out", sheet.toString())).as(shell.err()).isZero();
        assertThat(shell.out().lines()).hasSize(2).first().asString().startsWith(picture + ": ");
        assertThat(shell.out()).containsPattern("sheet.png: [a-z/ -]+, \\d+\\.\\d %");
        assertThat(Images.read(sheet).width()).isGreaterThan(1000);
        assertThat(shell.run("explain", "cnn")).isEqualTo(2);
        assertThat(shell.err()).contains("IMAGE");
    }
}
