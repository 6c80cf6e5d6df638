package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpeedReportTest {
    private static final SpeedReport.Cell FAST = new SpeedReport.Cell("ddim", 1, 1, 20, 1, 2);
    private static final SpeedReport.Cell WASTE = new SpeedReport.Cell("heun", 2, 3, 21, 3, 6);
    private static final SpeedReport.Cell GOOD = new SpeedReport.Cell("heun", 4, 7, 2.5, 7, 14);
    private static final SpeedReport.Cell SLOW = new SpeedReport.Cell("ddim", 9, 9, 2.5, 9, 13);

    @TempDir
    private Path folder;

    private static SpeedReport.Setting setting(long seed) {
        return new SpeedReport.Setting("toy", "aa", "judge", "0123456789abcdef", "dots", 8, seed, "a machine", false);
    }

    private static SpeedReport report() {
        return new SpeedReport(setting(7), List.of(1.0, 2.0, 3.0), List.of(SLOW, GOOD, WASTE, FAST));
    }

    @Test
    void theFrontHoldsWhatNothingBeatsInBoth() {
        assertThat(report().front()).containsExactly(FAST, GOOD);
        assertThat(report().with(new SpeedReport.Cell("lcm", 1, 1, 19, 1, 2)).front()).as("as fast and nearer")
                .extracting(SpeedReport.Cell::sampler).containsExactly("lcm", "heun");
    }

    /** There the processors' time counts, which what else the machine does leaves as it is. */
    @Test
    void onTheCpuTheFrontGoesByProcessorTime() {
        SpeedReport.Setting there = new SpeedReport.Setting("toy", "aa", "judge", "bb", "dots", 8, 7, "a CPU", true);
        SpeedReport report = new SpeedReport(there, List.of(1.0), report().cells());
        assertThat(report.front()).containsExactly(FAST, SLOW);
        assertThat(report.table()).contains("by processor time");
        assertThat(report().table()).endsWith("by time");
    }

    @Test
    void theTableNamesWhatFiguresDependOn() {
        assertThat(report().table()).contains("toy, 8 pictures a cell, seed 7, on a machine",
                "C-FD to dots (test part), encoder judge (sha256 0123456789ab); as many real ones reach 2.000 ± 1.000",
                "heun                  4      7      2.500        7.00       14.00 *",
                "ddim                  9      9      2.500        9.00       13.00\n");
        assertThat(report().of(List.of(GOOD)).table()).doesNotContain("ddim");
    }

    @Test
    void csvAndPlotAreWritten() throws IOException {
        String said = new SpeedFolder(folder).show(report());
        assertThat(said).contains("speed.csv", "speed.png");
        assertThat(Files.readString(folder.resolve("speed.csv"))).isEqualTo("""
                sampler,steps,network_calls,c_fd,ms_per_picture,cpu_ms_per_picture,on_front
                ddim,9,9,2.5,9.0,13.0,false
                heun,4,7,2.5,7.0,14.0,true
                heun,2,3,21.0,3.0,6.0,false
                ddim,1,1,20.0,1.0,2.0,true
                """);
        assertThat(ImageIO.read(folder.resolve("speed.png").toFile()).getWidth()).isEqualTo(1000);
        SpeedPlot.write(folder.resolve("one.png"), report().of(List.of(FAST)));
        assertThatIllegalStateException()
                .isThrownBy(() -> SpeedPlot.write(folder.resolve("none.png"), report().of(List.of())));
    }

    @Test
    void whatIsMeasuredIsFoundAgainUnderItsSettingAlone() throws IOException {
        SpeedFolder kept = new SpeedFolder(folder.resolve("new"));
        assertThat(kept.measured(setting(7))).isEmpty();
        kept.save(report());
        assertThat(kept.measured(setting(7))).contains(report());
        assertThat(kept.measured(setting(8))).isEmpty();
        assertThat(report().find("heun", 4)).contains(GOOD);
        assertThat(report().find("heun", 5)).isEmpty();
        SpeedReport.Cell again = new SpeedReport.Cell("heun", 4, 7, 2.6, 6, 12);
        assertThat(report().with(again).cells()).hasSize(4).contains(again).doesNotContain(GOOD);
    }

    @Test
    void aStrangersFileIsNamed() throws IOException {
        for (String text : new String[] {"", "[]", "{}", "{\"setting\": 3}", "{\"setting\": {}, \"floor\": [null]}"}) {
            Files.writeString(folder.resolve("speed.json"), text);
            assertThatThrownBy(() -> new SpeedFolder(folder).measured(setting(7))).as(text)
                    .isInstanceOf(BadFileException.class).hasMessageContaining("speed.json");
        }
    }
}
