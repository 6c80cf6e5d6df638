package io.zoetrope.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.train.LossCsv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoisePredictionRecordTest {
    @TempDir
    private Path run;

    private double r2 = 0.1;

    private NoisePredictionReport report() {
        return new NoisePredictionReport(List.of(new NoisePredictionReport.Bin(0, 49, 8, 1 - r2, r2, r2),
                new NoisePredictionReport.Bin(50, 99, 0, Double.NaN, Double.NaN, Double.NaN),
                new NoisePredictionReport.Bin(100, 149, 8, 0, 1, 1)));
    }

    @Test
    void theNoteIsRenewedEveryHundredSteps() {
        NoisePredictionRecord record = new NoisePredictionRecord(this::report);
        record.taken(10);
        assertThat(record.note()).isEmpty();
        record.taken(90);
        assertThat(record.note()).isEqualTo("R² ▁ █ 0.550");
        r2 = 0.5;
        record.taken(99);
        assertThat(record.note()).isEqualTo("R² ▁ █ 0.550");
        record.taken(1);
        assertThat(record.note()).isEqualTo("R² ▅ █ 0.750");
        r2 = 0.9;
        assertThat(record.measure()).containsEntry("noise_r2", report().overall().r2());
        assertThat(record.note()).isEqualTo(report().line());
    }

    @Test
    void everyCheckpointAddsARowAndDrawsTheCurves() throws IOException {
        NoisePredictionRecord record = new NoisePredictionRecord(this::report);
        record.report(run, 500);
        byte[] first = Files.readAllBytes(run.resolve("noise_prediction.png"));
        r2 = 0.8;
        record.report(run, 1000);
        Path csv = run.resolve("noise_prediction.csv");
        String once = Files.readString(csv);
        assertThat(once).isEqualTo("step,0-49,50-99,100-149\n500,0.1,NaN,1.0\n1000,0.8,NaN,1.0\n");
        assertThat(LossCsv.read(csv, "0-49")[1]).containsExactly(new double[] {0.1, 0.8}, within(1e-12));
        assertThat(Files.readAllBytes(run.resolve("noise_prediction.png"))).isNotEqualTo(first);
        assertThat(ImageIO.read(run.resolve("noise_prediction.png").toFile()).getWidth()).isEqualTo(900);
        assertThat(record.note()).isEqualTo("R² ▇ █ 0.900");

        // A run that is killed before its checkpoint was whole reports the same step again.
        record.report(run, 1000);
        assertThat(Files.readString(csv)).isEqualTo(once);
    }
}
