package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.measure.Results;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
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

    @Test
    void measuresKeepsAndCompares() throws IOException {
        assertThat(shell.run("bench", "operations", "--only", "gemm, 64", "--out", file("a.json"))).as(shell.err())
                .isZero();
        assertThat(shell.out()).contains("softcuda (CPU)", "say nothing about a GPU", "| gemm, 64, 256, 512 | ",
                "wrote " + file("a.json"));
        Results results = Results.read(folder.resolve("a.json"));
        Results.Row row = results.find("gemm, 64, 256, 512", Results.OURS).orElseThrow();
        assertThat(row.ms()).isPositive().isBetween(row.low(), row.high());
        assertThat(row.flops()).isEqualTo(2.0 * 64 * 256 * 512);
        assertThat(row.bytes()).isEqualTo(2.0 * (64 * 512 + 256 * 512 + 64 * 256));
        assertThat(results.calibration().copyGBs()).isPositive();
        assertThat(results.machine().software()).isTrue();

        Path slower = folder.resolve("slower.json");
        Files.writeString(slower,
                Files.readString(folder.resolve("a.json")).replaceAll("\"ms\": [0-9.E-]+", "\"ms\": 1000000.0"));
        assertThat(shell.run("bench", "operations", "--only", "gemm, 64", "--out", file("b.json"), "--compare",
                slower.toString())).as(shell.err()).isZero();
        assertThat(shell.out()).contains("Beside " + slower, "| case | here ms | there ms | ratio |")
                .containsPattern("\\| gemm, 64, 256, 512 \\| [^|]+ \\| 1000000 [^|]+ \\| \\d{3,}");
    }

    @Test
    void measuresAModel() throws IOException {
        assertThat(shell.run("bench", "models", "--only", "small_cnn", "--out", file("a.json"))).as(shell.err())
                .isZero();
        assertThat(Results.read(folder.resolve("a.json")).rows()).hasSize(1)
                .allMatch(row -> row.kind().equals("model") && row.ms() > 0);
    }

    @Test
    void saysWhatIsWrongBeforeItMeasures() throws IOException {
        assertThat(shell.run("bench", "everything")).isEqualTo(2);
        assertThat(shell.err()).contains("everything", "OPERATIONS, MODELS").hasLineCount(1);
        assertThat(shell.run("bench", "--compare", file("nowhere.json"))).isEqualTo(1);
        assertThat(shell.err()).contains("nowhere.json").hasLineCount(1);
        assertThat(shell.device).isNull();
        Files.writeString(folder.resolve("text.json"), "no JSON");
        assertThat(shell.run("bench", "--compare", file("text.json"))).isEqualTo(1);
        assertThat(shell.err()).contains("text.json: is no JSON; expected an object with schema zoetrope-bench/1")
                .hasLineCount(1);
        Files.writeString(folder.resolve("other.json"), "{\"schema\": \"other\"}");
        assertThat(shell.run("bench", "--compare", file("other.json"))).isEqualTo(1);
        assertThat(shell.err()).contains("other.json: is no file of results").hasLineCount(1);
        assertThat(shell.run("bench", "--only", "gem,")).isEqualTo(2);
        assertThat(shell.err()).contains("--only is 'gem,'", "expected the beginning of a name").hasLineCount(1);
        assertThat(shell.run("bench", "--out", folder.toString())).isEqualTo(1);
        assertThat(shell.err()).hasLineCount(1);
    }
}
