package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.SoundPreparation;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.Progress;
import io.zoetrope.model.cnn.ClassifierConfig;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.cnn.ConvNetConfig;
import io.zoetrope.model.cnn.ConvNetModel;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SoundEvaluationTest {
    private static final int SAMPLES = 256;
    private static final List<String> NAMES = List.of("this", "that");
    private final Device device = Devices.shared();
    /** Untrained: its features tell sounds apart all the same. */
    private final CnnPipeline ears = new CnnPipeline(new ConvNetModel(device,
            new ClassifierConfig(new ConvNetConfig(8, 8, 1, 2, 8, 2, List.of(8, 16), List.of(1, 1), 4), NAMES,
                    List.of(100.0), List.of(50.0), true, false,
                    Optional.of(new SoundPreparation(new MelSpectrogram(16_000, 8, 32, 64, -80), SAMPLES, 0))),
            DType.F32, 3));

    @AfterEach
    void close() {
        ears.close();
    }

    private static Sounds noise(int count, double amplitude, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count * SAMPLES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (amplitude * random.nextDouble(-1, 1));
        }
        return Sounds.fromFloats(values, count, SAMPLES, 16_000);
    }

    private static AudioDataset data() {
        return new AudioDataset("noise", NAMES, new AudioDataset.Part(noise(40, 0.5, 1), new int[40]),
                new AudioDataset.Part(noise(30, 0.5, 2), new int[30]));
    }

    private SoundReport measure(Sounds made, List<String> names, int[] labels) {
        return SoundEvaluation.measure(device, ears, "my-ears", made, names, labels, data(), 4, Progress.none());
    }

    @Test
    void soundsAreHeardAndComparedAndTheReportSaysWithWhat(@TempDir Path folder) throws IOException {
        int[] labels = new int[20];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % 2;
        }
        SoundReport near = measure(noise(20, 0.5, 3), NAMES, labels);
        SoundReport far = measure(noise(20, 0.01, 3), NAMES, labels);
        assertThat(near.features().generated().frechet()).isLessThan(0.2 * far.features().generated().frechet());
        assertThat(near.features().floor()).hasSize(3);
        assertThat(near.features().hash()).isEqualTo(ears.encoder("x").hash());
        assertThat(near.recognition().classes().stream().mapToInt(RecognitionReport.Row::asked)).containsExactly(10,
                10);
        assertThat(near.table()).contains("20 samples").contains("my-ears").contains("C-FD")
                .contains("real (20 of training)");
        // The numbers of classes are the generator's own: here the other way round.
        double first = measure(noise(20, 0.5, 3), NAMES, new int[20]).recognition().accuracy();
        double second = measure(noise(20, 0.5, 3), List.of("that", "this"), new int[20]).recognition().accuracy();
        assertThat(first).isNotEqualTo(0.5);
        assertThat(first + second).isEqualTo(1);
        assertThat(measure(noise(20, 0.5, 3), List.of("this", "other"), labels).recognition().accuracy()).isNaN();
        assertThat(measure(noise(20, 0.5, 3), List.of(), labels).recognition().accuracy()).isNaN();

        Path file = folder.resolve("report.json");
        near.writeJson(file);
        JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        assertThat(json.getAsJsonObject("recognition").get("samples").getAsInt()).isEqualTo(20);
        assertThat(json.getAsJsonObject("generated").get("c_fd").getAsDouble())
                .isEqualTo(near.features().generated().frechet());
        assertThat(json.get("encoder_sha256").getAsString()).hasSize(64);
    }

    @Test
    void soundsOfAnotherLengthAreRefused() {
        Sounds longer = new Sounds(10, 2 * SAMPLES, 16_000, new short[20 * SAMPLES]);
        assertThatIllegalArgumentException().isThrownBy(() -> measure(longer, NAMES, new int[10]))
                .withMessageContaining("512 samples");
    }
}
