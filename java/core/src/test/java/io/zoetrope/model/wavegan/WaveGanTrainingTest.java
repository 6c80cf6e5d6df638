package io.zoetrope.model.wavegan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.SavedValues;
import io.zoetrope.train.LossCsv;
import io.zoetrope.train.RunFiles;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.RunFolderSettings;
import io.zoetrope.train.TinyData;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WaveGanTrainingTest {
    private static final int SAMPLES = 1024;
    private static final WaveGanConfig SMALL = new WaveGanConfig(SAMPLES, 16_000, 2, 3, 25, 4, 2, 5, 3,
            List.of("low", "high"));
    private final Device device = Devices.shared();

    @TempDir
    Path folder;

    private static TrainRequest request(Path run, long steps, boolean resume) {
        return new TrainRequest(TinyData.tones(SAMPLES), steps, 4, 3, run, resume, 2, 4,
                Config.empty().with("base_width", 2));
    }

    @Test
    void aResumedRunIsBitForBitTheUninterruptedOne() throws IOException {
        Trainer trainer = new Trainer(device);
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        int[] asked = new int[1];
        WaveGanFamily family = new WaveGanFamily(spectrograms -> {
            assertThat(spectrograms.height()).isEqualTo(64);
            asked[0] += spectrograms.count();
            int[] labels = new int[spectrograms.count()];
            Arrays.setAll(labels, i -> i % 2);
            return labels;
        });
        trainer.train(family, request(whole, 4, false), Progress.none());
        assertThat(asked[0]).isPositive();

        RunFolder.create(parts, RunFolderSettings.of(whole)).close();
        trainer.train(family, request(parts, 2, true), Progress.none());
        Path modelFolder = trainer.train(family, request(parts, 4, true), Progress.none());

        assertThat(RunFiles.checkpoint(parts, 4)).isEqualTo(RunFiles.checkpoint(whole, 4));
        for (String file : List.of("loss.csv", "variety.csv")) {
            assertThat(Files.readString(parts.resolve(file))).isEqualTo(Files.readString(whole.resolve(file)));
        }
        assertThat(RunFiles.checkpoint(whole, 2)).isNotEqualTo(RunFiles.checkpoint(whole, 4));
        assertThat(LossCsv.read(whole.resolve("variety.csv"), "classes_as_asked")[1]).containsExactly(1, 1);
        assertThat(whole.resolve("samples/step-000000004.png")).isNotEmptyFile();
        assertThat(whole.resolve("game.png")).isNotEmptyFile();
        assertThat(Sounds.read(whole.resolve("samples/step-000000004.wav")).samples()).isGreaterThan(16 * SAMPLES);
        try (WaveGanPipeline pipeline = WaveGanPipeline.fromPretrained(device, modelFolder)) {
            assertThat(pipeline.classNames()).containsExactly("low", "high");
            assertThat(pipeline.generate(2, 1).rate()).isEqualTo(16_000);
        }
    }

    @Test
    void soundsDependOnSeedPlaceAndClassAlone() {
        try (WaveGanPipeline pipeline = new WaveGanPipeline(new WaveGanModel(device, SMALL, DType.F32, 4))) {
            Sounds some = pipeline.generate(3, 9);
            assertThat(some.samples()).isEqualTo(SAMPLES);
            assertThat(pipeline.generate(18, 9).slice(0, 3)).isEqualTo(some);
            assertThat(pipeline.generate(3, 10)).isNotEqualTo(some);
            assertThat(pipeline.generate(3, 9, 1).slice(1, 2)).isEqualTo(some.slice(1, 2));
            assertThat(pipeline.generate(3, 9, 1).slice(0, 1)).isNotEqualTo(some.slice(0, 1));
            assertThat(pipeline.classNamed("high")).isEqualTo(1);
            assertThatThrownBy(() -> pipeline.generate(2, 9, 5)).hasMessageContaining("class 5");
            assertThatThrownBy(() -> pipeline.generate(0, 9)).hasMessageContaining("count must be at least 1");
        }
    }

    @Test
    void aModelSurvivesItsFolder() throws IOException {
        Path file = folder.resolve("model");
        try (WaveGanModel model = new WaveGanModel(device, SMALL, DType.BF16, 4)) {
            model.save(file, Map.of("from", "a test"));
            try (WaveGanModel loaded = WaveGanModel.load(device, file, DType.BF16)) {
                assertThat(loaded.config()).isEqualTo(SMALL);
                assertThat(loaded.store().values()).isEqualTo(SavedValues.of(model.store()));
            }
        }
        Path config = file.resolve("generator/config.json");
        Files.writeString(config, Files.readString(config).replace("\"samples\": 1024", "\"samples\": 1000"));
        assertThatThrownBy(() -> WaveGanModel.load(device, file, DType.BF16)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("1000 samples");
    }

    @Test
    void dataThatDoNotSuitAreNamed() {
        Images picture = new Images(4, 4, 4, 1, new byte[64]);
        io.zoetrope.data.ImageDataset.Part part = new io.zoetrope.data.ImageDataset.Part(picture, new int[4]);
        TrainRequest pictures = new TrainRequest(new io.zoetrope.data.ImageDataset("p", List.of("a"), part, part), 1, 1,
                1, folder, false, 1, 0, Config.empty());
        assertThatThrownBy(() -> new WaveGanFamily().settings(pictures)).hasMessageContaining("learns from sounds");
        TrainRequest odd = new TrainRequest(TinyData.tones(1000), 1, 1, 1, folder, false, 1, 0, Config.empty());
        assertThatThrownBy(() -> new WaveGanFamily().settings(odd)).hasMessageContaining("1000 samples");
    }
}
