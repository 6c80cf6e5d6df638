package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.Images;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchesCommandsTest {
    @TempDir
    private Path folder;
    private Shell shell;
    private String image;
    private String out;

    @BeforeEach
    void setUp() throws IOException {
        shell = new Shell(folder);
        image = Path.of(shell.pictures(28)).resolve("odd/3.png").toString();
        out = folder.resolve("out.png").toString();
    }

    @Test
    void aHalfIsCompletedWithTheDocumentedDefaults() throws IOException {
        assertThat(shell.run("complete", image, "--keep", "left", "--out", out)).as(shell.err()).isZero();
        assertThat(shell.out()).contains(image + ": ",
                out + ": the picture and 6 completions, 28 of 49 patches kept, " + "seed 7");
        assertThat(Images.read(Path.of(out)).width()).as("the picture and six of 29 pixels each, enlarged")
                .isEqualTo(4 * (7 * 29 + 1));
    }

    @Test
    void aMaskAndEveryOptionAreTaken() throws IOException {
        Path white = folder.resolve("white.png");
        byte[] pixels = new byte[784];
        java.util.Arrays.fill(pixels, 0, 392, (byte) 255);
        new Images(1, 28, 28, 1, pixels).writePng(white);
        String[] arguments = {"complete", image, "--keep", white.toString(), "--model", "fashion-patches", "--count",
                "2", "--seed", "3", "--decode", "ar", "--class", "Bag", "--temperature", "0.5", "--top-k", "20",
                "--top-p", "0.7", "--guidance", "2", "--out", out, "--device", "cpu"};
        assertThat(shell.run(arguments)).as(shell.err()).isZero();
        assertThat(shell.out()).contains("2 completions, 21 of 49 patches kept, seed 3");
        Images bags = Images.read(Path.of(out));
        arguments[13] = "sandal";
        assertThat(shell.run(arguments)).isZero();
        assertThat(Images.read(Path.of(out))).isNotEqualTo(bags);
    }

    @ParameterizedTest
    @CsvSource({"--keep,middle,middle", "--class,hat,ankle boot", "--decode,random,maskgit", "--top-p,0,top-p must be",
            "--temperature,-1,-1", "--count,0,count must be", "--steps,0,steps must be", "--model,,model",
            "--model,fashion-gan,'fashion-gan is an adversarial model, which completes nothing: expected a transformer "
                    + "over patches'"})
    void nonsenseIsRefused(String option, String value, String reason) {
        String given = value == null ? "" : value;
        String[] arguments = option.equals("--keep") ? new String[] {"complete", image, "--keep", given, "--out", out}
                : value == null ? new String[] {"complete", image, "--keep", "top", "--out", out, option}
                        : new String[] {"complete", image, "--keep", "top", "--out", out, option, given};
        assertThat(shell.run(arguments)).isEqualTo(2);
        assertThat(shell.err()).contains(reason).hasLineCount(1);
    }

    @Test
    void attentionIsDrawn() throws IOException {
        assertThat(shell.run("explain", "attention", image, "--patch", "1,3", "--out", out)).as(shell.err()).isZero();
        assertThat(shell.out()).contains("4 layers of 4 heads", "patch 1,3");
        Images figure = Images.read(Path.of(out));
        assertThat(figure.channels()).isEqualTo(3);
        assertThat(figure.width()).isGreaterThan(200);
        for (String patch : new String[] {"7,0", "0,7", "one,two", "3", "-1,0"}) {
            assertThat(shell.run("explain", "attention", image, "--patch=" + patch, "--out", out)).isEqualTo(2);
            assertThat(shell.err()).contains("--patch is");
        }
        assertThat(shell.run("explain", "attention", image, "--patch", "1,3", "--model", "fashion-cnn")).isEqualTo(1);
        assertThat(shell.err()).contains("fashion-cnn is a classifier: expected a transformer over patches");
    }
}
