package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.zoetrope.data.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoisePredictionMeterTest {
    private static NoisePredictionReport report(double share) {
        NoisePredictionMeter meter = new NoisePredictionMeter(1000, 20);
        SplittableRandom random = new SplittableRandom(3);
        float[] noise = new float[784];
        float[] prediction = new float[784];
        for (int t = 0; t < 1000; t += 3) {
            for (int i = 0; i < 784; i++) {
                noise[i] = (float) random.nextGaussian();
                prediction[i] = (float) (share * noise[i]);
            }
            meter.add(t, prediction, noise, 0, 784);
        }
        return meter.report();
    }

    @Test
    void knownPredictorsGetTheirKnownFigures() {
        for (NoisePredictionReport.Bin bin : report(0).bins()) {
            assertThat(bin.mse()).isCloseTo(1, within(0.05));
            assertThat(bin.cosine()).isZero();
            assertThat(bin.r2()).isCloseTo(0, within(0.01));
        }
        for (NoisePredictionReport.Bin bin : report(1).bins()) {
            assertThat(bin.mse()).isZero();
            assertThat(bin.cosine()).isCloseTo(1, within(1e-9));
            assertThat(bin.r2()).isEqualTo(1);
        }
        NoisePredictionReport.Bin half = report(0.5).overall();
        assertThat(half.mse()).isCloseTo(0.25, within(0.01));
        assertThat(half.cosine()).isCloseTo(1, within(1e-6));
        assertThat(half.r2()).isCloseTo(0.75, within(0.001));
    }

    @Test
    void binsCoverTheTimestepsOnce() {
        for (int total : new int[] {1000, 999, 37}) {
            NoisePredictionMeter meter = new NoisePredictionMeter(total, 20);
            float[] one = {1};
            for (int t = 0; t < total; t++) {
                meter.add(t, one, one, 0, 1);
            }
            int next = 0;
            for (NoisePredictionReport.Bin bin : meter.report().bins()) {
                assertThat(bin.from()).isEqualTo(next);
                assertThat(bin.samples()).isEqualTo(bin.to() - bin.from() + 1);
                next = bin.to() + 1;
            }
            assertThat(next).isEqualTo(total);
        }
    }

    @Test
    void readsSamplesInPlace() {
        NoisePredictionMeter meter = new NoisePredictionMeter(10, 1);
        meter.add(0, new float[] {9, 1, 3, 9}, new float[] {0, 1, -1, 0}, 1, 2);
        NoisePredictionReport.Bin bin = meter.report().bins().get(0);
        assertThat(bin.mse()).isEqualTo(8); // (0² + 4²) / 2
        assertThat(bin.cosine()).isCloseTo(-2 / Math.sqrt(10 * 2), within(1e-12));
        assertThat(bin.r2()).isEqualTo(-7);
    }

    @Test
    void emptyBinsAreSaidAndSkipped(@TempDir Path folder) throws IOException {
        NoisePredictionMeter meter = new NoisePredictionMeter(1000, 20);
        meter.add(999, new float[] {0, 1}, new float[] {1, -1}, 0, 2);
        NoisePredictionReport report = meter.report();
        assertThat(report.overall().mse()).isEqualTo(2.5);
        Path json = folder.resolve("r.json");
        report.writeJson(json);
        JsonObject parsed = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(parsed.getAsJsonArray("bins")).hasSize(20);
        assertThat(parsed.getAsJsonArray("bins").get(0).getAsJsonObject().get("mse").isJsonNull()).isTrue();
        assertThat(parsed.getAsJsonObject("overall").get("mse").getAsDouble()).isEqualTo(2.5);
        report.writePlot(folder.resolve("r.png"));
        assertThat(Images.read(folder.resolve("r.png")).width()).isEqualTo(900);
    }

    @Test
    void theTableHasALinePerBinInAnyLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            String[] lines = report(0.5).table().split("\\R");
            assertThat(lines).hasSize(22);
            assertThat(lines[1]).contains("0–49").contains("0.2");
            assertThat(lines[21]).contains("all").contains("334");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void refusesNonsense() {
        assertThatIllegalArgumentException().isThrownBy(() -> new NoisePredictionMeter(10, 11));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new NoisePredictionMeter(10, 2).add(10, new float[1], new float[1], 0, 1))
                .withMessageContaining("10");
    }
}
