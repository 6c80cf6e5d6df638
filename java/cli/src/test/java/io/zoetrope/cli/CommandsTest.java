package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cli.toy.ToyFamily;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import io.zoetrope.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
    @TempDir
    private Path folder;
    private Shell shell;
    private String pictures;

    @BeforeEach
    void setUp() throws IOException {
        shell = new Shell(folder);
        pictures = shell.pictures(4);
    }

    @Test
    void helpIsThereForEveryCommand() {
        for (String[] command : new String[][] {{}, {"generate"}, {"train"}, {"train", "ddpm"}, {"train", "cnn"},
                {"train", "gan"}, {"train", "patches"}, {"train", "wavegan"}, {"train", "words"}, {"train", "tagger"},
                {"evaluate"}, {"evaluate", "ddpm"}, {"evaluate", "wavegan"}, {"evaluate", "cnn"}, {"evaluate", "gan"},
                {"evaluate", "patches"}, {"evaluate", "words"}, {"evaluate", "tagger"}, {"speed"}, {"complete"},
                {"explain"}, {"explain", "attention"}, {"explain", "cnn"}, {"explain", "prompt"}, {"classify"},
                {"bench"}, {"data"}, {"models"}, {"doctor"}}) {
            String[] arguments = Arrays.copyOf(command, command.length + 1);
            arguments[command.length] = "--help";
            assertThat(shell.run(arguments)).isZero();
            assertThat(shell.out()).startsWith("Usage: zoetrope").contains("--debug").contains("Exit codes: 0 done")
                    .doesNotContain("{").doesNotContain("Optional");
        }
        assertThat(shell.run("--version")).isZero();
        assertThat(shell.out()).startsWith("zoetrope ");
    }

    @Test
    void helpTellsDefaultsAndChoices() {
        for (Map.Entry<String, List<String>> expected : Map.of("train cnn",
                List.of("--net=small|resnet18", "--[no-]flip", "Default: 0.1 (sgd), 0.002 (adamw).", "first 15 %",
                        "--weight-decay=NUMBER", "--erase-side=PIXELS"),
                "train gan", List.of("--final-gamma=NUMBER", "--base-width=CHANNELS"), "train patches",
                List.of("--width", "--purpose=generate|classify", "(--purpose classify)"), "evaluate ddpm",
                List.of("--per-bin=COUNT", "Default: 64.", "--pictures-json=FILE", "Default: fashion-mnist.",
                        "Default: fashion-cnn."),
                "evaluate wavegan",
                List.of("Default: digits-cnn.", "Default: digits-wavegan.", "Default: spoken-digits."), "complete",
                List.of("--keep=top|bottom|left|right|FILE", "Default: maskgit.", "Default: 6.",
                        "Default: completed.png."),
                "explain attention", List.of("--patch=ROW,", "Default: fashion-patches.", "Default: attention.png."),
                "explain cnn", List.of("Default: explain.png.", "IMAGE"), "classify",
                List.of("Default: fashion-cnn, digits-cnn where all files end with .wav.")).entrySet()) {
            String[] command = (expected.getKey() + " --help").split(" ");
            assertThat(shell.run(command)).isZero();
            assertThat(shell.out().replaceAll("\\s+", " ")).contains(expected.getValue());
        }
    }

    @Test
    void anIncompleteCommandSaysWhatCouldFollow() {
        assertThat(shell.run()).isEqualTo(2);
        assertThat(shell.err())
                .contains("bench, classify, complete, data, doctor, evaluate, explain, generate, models, speed, train");
        assertThat(shell.run("train")).isEqualTo(2);
        assertThat(shell.err()).contains("say what to train: ddpm, patches, cnn, gan, wavegan, words, tagger, toy");
        assertThat(shell.run("evaluate")).isEqualTo(2);
        assertThat(shell.err()).contains("say what to evaluate: ddpm, patches, cnn, gan, wavegan, words, tagger, toy");
        assertThat(shell.run("explain")).isEqualTo(2);
        assertThat(shell.err()).contains("say what to explain: attention, cnn, prompt");
    }

    @Test
    void aCommandThatIsNoneIsRefusedEvenWhereHelpIsAskedFor() {
        for (String[] wrong : new String[][] {{"paint"}, {"paint", "--help"}, {"--help", "paint"},
                {"train", "vae", "--help"}}) {
            assertThat(shell.run(wrong)).isEqualTo(2);
            assertThat(shell.err()).contains("unknown command '" + (wrong[0].equals("train") ? "vae" : "paint") + "'")
                    .contains(wrong[0].equals("train") ? "ddpm" : "generate");
            assertThat(shell.err().lines()).hasSize(1);
            assertThat(shell.out()).isEmpty();
        }
    }

    @Test
    void onlyTheCommandThatIsAskedForIsDeclared() {
        Set<String> all = Zoetrope.whole(new Zoetrope(), shell.surroundings()).getSubcommands().keySet();
        assertThat(all).hasSizeGreaterThan(9).contains("generate", "train");
        for (String command : all) {
            assertThat(declared(command, "--help")).as("called after its class").containsOnlyKeys(command);
        }
        assertThat(declared("--debug", "train", "ddpm").get("train").getSubcommands()).containsKey("gan");
        for (String[] other : new String[][] {{"--help", "train"}, {"paint"}, {"byModel"}, {"by-model"}, {""},
                {"Generate"}, {"--debug", "--", "train"}}) {
            assertThat(declared(other)).as(String.join(" ", other)).containsOnlyKeys(all);
            assertThat(declared(other).get("train").getSubcommands()).containsKey("gan");
        }
        for (String[] none : new String[][] {{}, {"--help"}, {"--debug", "--version"}}) {
            assertThat(declared(none)).as(String.join(" ", none)).containsOnlyKeys(all);
            assertThat(declared(none).get("train").getSubcommands()).as("only listed").isEmpty();
        }
    }

    private Map<String, CommandLine> declared(String... arguments) {
        return Zoetrope.commandLine(new Zoetrope(), shell.surroundings(), arguments).getSubcommands();
    }

    @Test
    void trainingRefusesNonsense() {
        shell.withoutDevice = true;
        assertThat(shell.run("train", "ddpm")).isEqualTo(2);
        assertThat(shell.err()).contains("--data").contains("fashion-mnist");
        for (String[] wrong : new String[][] {{"--steps", "0"}, {"--steps", "-1"}, {"--batch", "0"}, {"--batch", "19"},
                {"--batch", "-2"}, {"--save-every", "0"}, {"--sample-every", "-1"}}) {
            String[] arguments = wrong[0].equals("--batch")
                    ? new String[] {"train", "ddpm", "--data", pictures, wrong[0], wrong[1]}
                    : new String[] {"train", "ddpm", "--data", pictures, "--batch", "8", wrong[0], wrong[1]};
            assertThat(shell.run(arguments)).as(wrong[0]).isEqualTo(2);
            assertThat(shell.err()).contains(wrong[0] + " must be").contains("not " + wrong[1]);
        }
        assertThat(shell.run("train", "ddpm", "--data", "fashion-mnist")).isEqualTo(1);
        assertThat(shell.err()).contains("'zoetrope data fashion-mnist' brings it in; --data DIR")
                .contains("apt-get install");
        assertThat(shell.err().lines()).hasSize(1);
        assertThat(shell.run("train", "ddpm", "--resume", "--run", folder.resolve("none").toString())).isEqualTo(1);
        assertThat(shell.err()).contains("holds no training run");
        assertThat(shell.run("train", "gan", "--data", pictures, "--batch", "8", "--gamma", "-1")).isEqualTo(2);
        assertThat(shell.err()).contains("--gamma must be more than 0, not -1");
        assertThat(shell.run("train", "wavegan")).isEqualTo(2);
        assertThat(shell.err()).contains("spoken-digits");
        assertThat(shell.run("train", "patches", "--data", pictures, "--batch", "1")).isEqualTo(2);
        assertThat(shell.err()).contains("--batch must be at least 2, not 1");
        assertThat(shell.device).isNull();
    }

    @Test
    void aResumedRunKnowsItsData() throws IOException {
        shell.withoutDevice = true;
        Path run = folder.resolve("run");
        RunFolder.create(run, Config.empty().with("model", "toy").with("data", pictures).with("batch", 4)
                .with("seed", 12L).with("steps", 40L).with("shade", 3)).close();
        for (String[] other : new String[][] {{"batch", "5", "4"}, {"seed", "7", "12"}}) {
            assertThat(shell.run("train", "toy", "--resume", "--run", run.toString(), "--" + other[0], other[1]))
                    .isEqualTo(1);
            assertThat(shell.err()).contains("was started with " + other[0] + " " + other[2])
                    .contains("not " + other[0] + " " + other[1]);
        }
        shell.run("train", "toy", "--resume", "--run", run.toString(), "--batch", "4", "--seed", "12");
        assertThat(ToyFamily.trained.resume()).isTrue();
        shell.run("train", "toy", "--resume", "--run", run.toString());
        assertThat(ToyFamily.trained.batch()).isEqualTo(4);
        assertThat(ToyFamily.trained.seed()).isEqualTo(12);
        assertThat(ToyFamily.trained.steps()).isEqualTo(40);
        assertThat(ToyFamily.trained.resume()).isTrue();
        assertThat(ToyFamily.trained.data().name()).isEqualTo(pictures);
    }

    @Test
    void familiesKeepWhatTheyWereToldInTheRun() throws IOException {
        Path run = folder.resolve("gan");
        assertThat(shell.run("train", "gan", "--data", shell.pictures(8), "--steps", "1", "--batch", "4", "--gamma",
                "2", "--final-gamma", "0.2", "--rate", "0.0005", "--base-width", "16", "--run", run.toString()))
                .as(shell.err()).isZero();
        Config kept = Config.read(run.resolve("config.json"));
        assertThat(kept.text("model")).isEqualTo("gan");
        assertThat(kept.number("gamma")).isEqualTo(2);
        assertThat(kept.number("final_gamma")).isEqualTo(0.2);
        assertThat(kept.number("learning_rate")).isEqualTo(0.0005);
        assertThat(kept.integer("base_width")).isEqualTo(16);
        assertThat(shell.out()).contains("see it with 'zoetrope generate --model " + run.resolve("model") + "'");
        run = folder.resolve("patches");
        assertThat(shell.run("train", "patches", "--data", pictures, "--steps", "1", "--batch", "4", "--purpose",
                "classify", "--patch-size", "2", "--width", "16", "--layers", "1", "--heads", "2", "--run",
                run.toString())).as(shell.err()).isZero();
        kept = Config.read(run.resolve("config.json"));
        assertThat(kept.integer("model_width")).isEqualTo(16);
        assertThat(kept.flag("rotary", false)).isTrue();
        assertThat(shell.out()).contains(
                "see it with 'zoetrope explain attention IMAGE --patch ROW,COL --model " + run.resolve("model") + "'");
        run = folder.resolve("ddpm");
        String relative = Path.of("").toAbsolutePath().relativize(Path.of(pictures)).toString();
        assertThat(
                shell.run("train", "ddpm", "--data", relative, "--steps", "1", "--batch", "2", "--run", run.toString()))
                .isZero();
        assertThat(Path.of(Config.read(run.resolve("config.json")).text("data"))).as("from any folder").isAbsolute()
                .isDirectory();
        assertThat(shell.out()).contains("see it with 'zoetrope generate --model");
    }

    @Test
    void evaluationPrintsATableAndWritesFiles() throws IOException {
        String garments = shell.pictures(28);
        Path json = folder.resolve("r.json");
        Path plot = folder.resolve("r.png");
        assertThat(shell.run("evaluate", "ddpm", "--data", garments, "--json", json.toString(), "--plot",
                plot.toString(), "--per-bin", "1", "--pictures", "0")).as(shell.err()).isZero();
        assertThat(shell.out().lines()).hasSize(22);
        assertThat(shell.out()).contains("0–49").contains("all       20");
        assertThat(Files.readString(json)).contains("\"r2\": ");
        assertThat(Images.read(plot).width()).isEqualTo(900);
        shell.device = null;
        assertThat(shell.run("evaluate", "ddpm", "--data", garments, "--per-bin", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--per-bin must be at least 1, not 0");
        assertThat(shell.run("evaluate", "ddpm", "--data", garments, "--json", "/proc/zoetrope/r.json")).isEqualTo(1);
        assertThat(shell.err().lines()).hasSize(1);
        assertThat(shell.device).isNull();
    }

    @Test
    void picturesAreMeasuredBesideRealOnes() throws IOException {
        String garments = shell.pictures(28);
        Path json = folder.resolve("q.json");
        for (String family : List.of("gan", "patches")) {
            assertThat(shell.run("evaluate", family, "--data", manyOf(garments), "--pictures", "8", "--encoder",
                    "fashion-cnn", "--pictures-json", json.toString(), "--seed", "9")).as(shell.err()).isZero();
            assertThat(shell.out()).contains("C-FD").contains("fashion-cnn").contains("6ad51eb218cc")
                    .contains("of 10 classes").doesNotContain("FID");
            assertThat(Files.readString(json)).contains("\"c_fd\": ");
        }
        shell.device = null;
        assertThat(shell.run("evaluate", "gan", "--data", garments, "--pictures", "3")).isEqualTo(2);
        assertThat(shell.err()).contains("--pictures must be 0 or at least 6, not 3");
        assertThat(shell.run("evaluate", "gan", "--data", garments, "--pictures", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--pictures 0 leaves nothing to measure");
        assertThat(shell.run("evaluate", "gan", "--data", garments, "--pictures-json", "/proc/zoetrope/q.json"))
                .isEqualTo(1);
        assertThat(shell.device).isNull();
        assertThat(shell.run("evaluate", "gan", "--data", garments, "--pictures", "8", "--encoder", "fashion-ddpm"))
                .isEqualTo(1);
        assertThat(shell.err())
                .contains("fashion-ddpm is a diffusion model, which recognises nothing: expected a " + "classifier");
        assertThat(shell.run("evaluate", "gan", "--data", garments, "--pictures", "8", "--encoder", "digits-cnn"))
                .isEqualTo(1);
        assertThat(shell.err()).contains("recognises sounds, but " + garments + " holds pictures");
    }

    /** As many as have neighbours in the test part. */
    private String manyOf(String garments) throws IOException {
        Path many = folder.resolve("many");
        for (int i = 0; i < 100; i++) {
            Files.createDirectories(many);
            Path copy = many.resolve(i + ".png");
            if (!Files.exists(copy)) {
                Files.copy(Path.of(garments, i % 2 == 0 ? "even" : "odd", i % 20 + ".png"), copy);
            }
        }
        return many.toString();
    }

    @Test
    void barsAreForTerminalsOnly() {
        assertThat(TerminalProgress.isWatched(Map.of(), true)).isTrue();
        assertThat(TerminalProgress.isWatched(Map.of(), false)).isFalse();
        assertThat(TerminalProgress.isWatched(Map.of("ZOETROPE_PROGRESS", "off"), true)).isFalse();
        assertThat(TerminalProgress.isWatched(Map.of("TERM", "dumb"), true)).isFalse();
    }
}
