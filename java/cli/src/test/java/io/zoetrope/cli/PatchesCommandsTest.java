package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.Images;
import io.zoetrope.model.patches.decode.PatchesSampling;
import io.zoetrope.model.patches.decode.PatchesSampling.Decode;
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
        image = folder.resolve("boot.png").toString();
        out = folder.resolve("out.png").toString();
        new Images(1, 8, 8, 1, new byte[64]).writePng(Path.of(image));
    }

    @Test
    void aHalfIsCompletedWithTheDocumentedDefaults() throws IOException {
        assertThat(shell.run("complete", image, "--keep", "left", "--out", out)).isZero();
        assertThat(shell.work.model).contains("fashion-patches");
        assertThat(shell.work.completion.half()).contains("left");
        assertThat(shell.work.patches.decode()).isEqualTo(Decode.MASKGIT);
        assertThat(shell.work.patches.classId()).isEqualTo(PatchesSampling.ANY);
        assertThat(shell.work.patches.count()).isEqualTo(6);
        assertThat(shell.work.patches.seed()).isEqualTo(7);
        assertThat(shell.out()).contains("Taken as it is.", "6 completions", "8 of 16 patches kept", out);
        assertThat(Images.read(Path.of(out)).width()).as("the picture and six of 9 pixels each, enlarged").isEqualTo(4 * (7 * 9 + 1));
    }

    @Test
    void aMaskAndEveryOptionAreTaken() {
        assertThat(shell.run("complete", image, "--keep", image, "--model", "my/model", "--count", "2", "--seed", "3", "--decode",
                "ar", "--class", "Bag", "--temperature", "0.5", "--top-k", "20", "--top-p", "0.7", "--guidance", "2", "--steps",
                "5", "--out", out, "--device", "cpu")).isZero();
        assertThat(shell.work.completion.mask()).contains(Path.of(image));
        assertThat(shell.work.patches).hasToString("PatchesSampling[count=2, seed=3, classId=1, decode=AR, temperature=0.5, "
                + "topK=20, topP=0.7, guidance=2.0, steps=5, noise=4.5]");
    }

    @ParameterizedTest
    @CsvSource({"--keep,middle,middle", "--class,hat,boot", "--decode,random,maskgit", "--top-p,0,top-p must be",
        "--temperature,-1,-1", "--count,0,count must be", "--steps,0,steps must be", "--model,,model"})
    void nonsenseIsRefused(String option, String value, String reason) {
        String given = value == null ? "" : value;
        String[] arguments = option.equals("--keep") ? new String[] {"complete", image, "--keep", given, "--out", out}
                : option.equals("--model") ? new String[] {"complete", image, "--keep", "top", "--out", out, "--model"}
                : new String[] {"complete", image, "--keep", "top", "--out", out, option, given};
        assertThat(shell.run(arguments)).isEqualTo(2);
        assertThat(shell.err()).contains(reason).hasLineCount(1);
    }

    @Test
    void attentionIsDrawn() throws IOException {
        assertThat(shell.run("explain", "attention", image, "--patch", "1,3", "--out", out)).isZero();
        assertThat(shell.out()).contains("2 layers of 1 heads", "patch 1,3");
        Images figure = Images.read(Path.of(out));
        assertThat(figure.channels()).isEqualTo(3);
        assertThat(figure.width()).isGreaterThan(200);
        for (String patch : new String[] {"2,0", "0,4", "one,two", "3", "-1,0"}) {
            assertThat(shell.run("explain", "attention", image, "--patch=" + patch, "--out", out)).isEqualTo(2);
            assertThat(shell.err()).contains("--patch is");
        }
        assertThat(shell.run("explain")).isEqualTo(2);
        assertThat(shell.err()).contains("attention");
    }
}
