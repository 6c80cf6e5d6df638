package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import io.zoetrope.model.words.WordsConfig;
import io.zoetrope.model.words.WordsModel;
import io.zoetrope.provenance.Provenance;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateAgainTest {
    @TempDir
    private Path folder;
    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(folder);
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private void model(String name, int seed) throws IOException {
        try (Device device = Device.open(DeviceChoice.CPU); WordsModel fresh = new WordsModel(device,
                WordsConfig.forPictures(16, 16, List.of("apple", "사과")), DType.BF16, seed)) {
            fresh.save(folder.resolve(name), Map.of());
        }
    }

    private void same(String first, String second) throws IOException {
        assertThat(Files.readAllBytes(folder.resolve(first))).isEqualTo(Files.readAllBytes(folder.resolve(second)));
    }

    @Test
    void aPictureIsMadeAgain() throws IOException {
        assertThat(shell.run("generate", "--model", "fashion-gan", "--count", "3", "--seed", "11", "--class", "bag",
                "--out", file("a.png"))).as(shell.err()).isZero();
        assertThat(shell.run("generate", "--again", file("a.png"), "--out", file("b.png"))).as(shell.err()).isZero();
        same("a.png", "b.png");
        assertThat(shell.out()).contains("3 pictures").contains("seed 11").doesNotContain("differ");
        assertThat(shell.err()).isEmpty();
    }

    /** Also what was not asked for stays as it was: later versions may have other defaults. */
    @Test
    void defaultsAreKept() throws IOException {
        assertThat(shell.run("generate", "--model", "fashion-gan", "--out", file("a.png"))).isZero();
        assertThat(Provenance.of(folder.resolve("a.png")).orElseThrow().settings().integer("count")).isEqualTo(64);
    }

    @Test
    void filmsAndSoundsAreMadeAgain() throws IOException {
        assertThat(shell.run("generate", "--model", "fashion-gan", "--count", "1", "--interpolate", file("a.gif"),
                "--frames", "2", "--out", file("a.png"))).as(shell.err()).isZero();
        assertThat(shell.run("generate", "--again", file("a.gif"))).isEqualTo(2);
        assertThat(shell.err()).contains("--interpolate is missing").hasLineCount(1);
        assertThat(
                shell.run("generate", "--again", file("a.gif"), "--interpolate", file("b.gif"), "--out", file("b.png")))
                .as(shell.err()).isZero();
        same("a.gif", "b.gif");
        assertThat(shell.run("generate", "--model", "digits-wavegan", "--count", "1", "--out", file("a.wav"))).isZero();
        assertThat(shell.run("generate", "--again", file("a.wav"), "--out", file("b.wav"))).as(shell.err()).isZero();
        same("a.wav", "b.wav");
    }

    @Test
    void aModelInAFolderMustBeTheSame() throws IOException {
        model("fruit", 3);
        model("other", 4);
        assertThat(shell.run("generate", "an apple", "--model", file("fruit"), "--count", "1", "--steps", "2",
                "--negative", "사과", "--out", file("a.png"))).as(shell.err()).isZero();
        assertThat(Files.readString(folder.resolve("a.png"), StandardCharsets.ISO_8859_1))
                .as("no folder of the user's is told").doesNotContain(folder.getFileName().toString());
        assertThat(shell.run("generate", "--again", file("a.png"), "--out", file("b.png"))).isEqualTo(2);
        assertThat(shell.err()).contains("--model is missing").contains("called fruit").hasLineCount(1);
        assertThat(shell.run("generate", "--again", file("a.png"), "--model", file("other"))).isEqualTo(2);
        assertThat(shell.err()).contains("--model is " + file("other") + " with SHA-256").hasLineCount(1);
        Files.move(folder.resolve("fruit"), folder.resolve("moved"));
        assertThat(shell.run("generate", "--again", file("a.png"), "--model", file("moved"), "--out", file("b.png")))
                .as(shell.err()).isZero();
        assertThat(Images.read(folder.resolve("b.png"))).isEqualTo(Images.read(folder.resolve("a.png")));
    }

    @Test
    void whatTheFileSaysIsNotSaidAgain() throws IOException {
        assertThat(shell.run("generate", "--model", "fashion-gan", "--count", "1", "--out", file("a.png"))).isZero();
        assertThat(shell.run("generate", "--again", file("a.png"), "--seed", "8")).isEqualTo(2);
        assertThat(shell.err()).contains("--seed is what").hasLineCount(1);
    }

    @Test
    void filesOfOthersAreRefused() throws IOException {
        new Images(1, 4, 4, 1, new byte[16]).writePng(folder.resolve("plain.png"));
        assertThat(shell.run("generate", "--again", file("plain.png"))).isEqualTo(1);
        assertThat(shell.err()).contains("does not say what made it").hasLineCount(1);
        assertThat(shell.run("generate", "--again", file("none.png"))).isEqualTo(1);
        assertThat(shell.err()).contains("none.png").hasLineCount(1);
        later("generate", "nosuch", Config.empty());
        assertThat(shell.run("generate", "--again", file("later.png"))).isEqualTo(1);
        assertThat(shell.err()).contains("was made by 'generate nosuch' of version 9").hasLineCount(1);
        later("complete", "patches", Config.empty());
        assertThat(shell.run("generate", "--again", file("later.png"))).isEqualTo(1);
        later("generate", "gan", Config.empty().with("sparkle", 3));
        assertThat(shell.run("generate", "--again", file("later.png"))).isEqualTo(1);
        assertThat(shell.err()).contains("was made with 'sparkle' by version 9").hasLineCount(1);
    }

    private void later(String task, String family, Config settings) throws IOException {
        byte[] picture = Files.readAllBytes(folder.resolve("plain.png"));
        Files.write(folder.resolve("later.png"),
                new Provenance("9", task, family, "fashion-gan", "0", "out", "a device", settings).markedInto(picture));
    }
}
