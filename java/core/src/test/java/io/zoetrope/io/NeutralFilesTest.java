package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.Images;
import io.zoetrope.figures.LossPlot;
import io.zoetrope.train.LossCsv;
import io.zoetrope.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What machines read is the same to the last byte whatever language the user speaks. */
class NeutralFilesTest {
    @TempDir
    private Path folder;
    private Locale before;

    @BeforeEach
    void remember() {
        before = Locale.getDefault();
    }

    @AfterEach
    void restore() {
        Locale.setDefault(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"en-US", "fa-IR", "ar-EG", "tr-TR", "de-DE", "th-TH-u-nu-thai", "hi-IN-u-nu-deva"})
    void aRunHasTheSameFiles(String language) throws IOException {
        Locale.setDefault(Locale.forLanguageTag(language));
        Path path = folder.resolve("run");
        Config config = Config.empty().with("data", "fashion-mnist").with("seed", 7L).with("rate", 1234.5);
        try (RunFolder run = RunFolder.create(path, config)) {
            try (LossCsv losses = run.losses(List.of("loss"), 0)) {
                losses.append(1234, 1234.5);
            }
            run.saveSamples(1234, new Images(1, 2, 2, 1, new byte[4]), 1);
            run.checkpoints()
                    .save(new Checkpoint(1234, Map.of("I", "i"), Map.of("w", StoredTensor.ofF32(new float[1], 1))));
        }
        try (Stream<Path> files = Files.walk(path)) {
            assertThat(files.filter(Files::isRegularFile).map(file -> path.relativize(file).toString()))
                    .containsExactlyInAnyOrder("config.json", "run.lock", "loss.csv", "samples/step-000001234.png",
                            "checkpoints/step-000001234.safetensors");
        }
        assertThat(path.resolve("loss.csv")).hasContent("step,loss\n1234,1234.5\n");
        assertThat(Files.readString(path.resolve("config.json"))).contains("1234.5").contains("fashion-mnist");
        try (RunFolder run = RunFolder.resume(path)) {
            assertThat(run.checkpoints().latest().orElseThrow().step()).isEqualTo(1234);
            assertThat(run.config()).isEqualTo(config);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fa-IR", "ar-EG", "tr-TR", "de-DE"})
    void plotsAreDrawnTheSame(String language) throws IOException {
        double[] steps = {1000, 2000, 3000};
        double[] losses = {1234.5, 12.5, 0.5};
        Locale.setDefault(Locale.ROOT);
        LossPlot.write(folder.resolve("here.png"), steps, losses);
        Locale.setDefault(Locale.forLanguageTag(language));
        LossPlot.write(folder.resolve("there.png"), steps, losses);
        assertThat(folder.resolve("there.png")).hasSameBinaryContentAs(folder.resolve("here.png"));
    }
}
