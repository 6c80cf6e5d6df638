package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpeedCommandTest {
    @TempDir
    private Path folder;
    private Shell shell;
    private Path out;

    @BeforeEach
    void setUp() {
        shell = new Shell(folder);
        out = folder.resolve("speed");
    }

    private int speed(String samplers, String steps) throws IOException {
        return shell.run("speed", "--data", shell.pictures(28), "--pictures", "2", "--samplers", samplers, "--steps",
                steps, "--out", out.toString());
    }

    @Test
    void measuresEachCellOnceAndShowsThoseAskedFor() throws IOException {
        assertThat(speed("ddim,flow-heun", "1,2")).as(shell.err()).isZero();
        assertThat(shell.out()).contains("fashion-ddpm, 2 pictures a cell, seed 7, on softcuda (CPU)", " processors",
                "C-FD to", "fashion-cnn", "6ad51eb218cc", "real ones reach", "ms/picture").doesNotContain("FID");
        assertThat(shell.out().lines().filter(line -> line.matches("flow-heun +2 +3 .*"))).as("calls of the network")
                .hasSize(1);
        String csv = Files.readString(out.resolve("speed.csv"));
        assertThat(csv.lines()).hasSize(5)
                .contains("sampler,steps,network_calls,c_fd,ms_per_picture,cpu_ms_per_picture,on_front");
        assertThat(Images.read(out.resolve("speed.png")).width()).isEqualTo(1000);

        String measured = Files.readString(out.resolve("speed.json"));
        assertThat(speed("FLOW-HEUN", "2")).isZero();
        assertThat(Files.readString(out.resolve("speed.json"))).as("nothing is measured again").isEqualTo(measured);
        String again = Files.readString(out.resolve("speed.csv"));
        assertThat(again.lines()).hasSize(2);
        assertThat(again.lines().skip(1).map(line -> line.replaceFirst(",(true|false)$", "")))
                .allSatisfy(line -> assertThat(csv).contains(line));

        assertThat(speed("flow-heun", "2,3")).isZero();
        assertThat(Files.readString(out.resolve("speed.json"))).as("one more").isNotEqualTo(measured)
                .startsWith(measured.substring(0, measured.lastIndexOf("}\n  ]") - 1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';',
            value = {"--samplers;ddim,rk4;rk4", "--samplers;;expected", "--steps;1,x;whole numbers",
                    "--steps;0;steps must be between 1 and", "--steps;99999999999;whole numbers",
                    "--steps;;whole numbers", "--pictures;1;--pictures must be between 2",
                    "--steps;1001;1000 timesteps", "--model;fashion-gan;diffusion model"})
    void refusesNonsense(String option, String value, String reason) throws IOException {
        assertThat(shell.run("speed", "--data", shell.pictures(28), "--out", out.toString(), option,
                value == null ? "" : value)).isEqualTo(2);
        assertThat(shell.err()).contains(reason).contains("zoetrope speed --help");
        assertThat(shell.err().lines()).hasSize(1);
        assertThat(out.resolve("speed.json")).doesNotExist();
    }

    @Test
    void whereNothingCanBeWrittenNothingIsMeasured() throws IOException {
        out = Path.of("/proc/zoetrope");
        assertThat(speed("ddim", "1")).isEqualTo(1);
        assertThat(shell.device).isNull();
        assertThat(shell.err().lines()).hasSize(1);
    }
}
