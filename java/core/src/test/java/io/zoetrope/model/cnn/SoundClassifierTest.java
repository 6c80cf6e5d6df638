package io.zoetrope.model.cnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.Preparation;
import io.zoetrope.data.Sounds;
import io.zoetrope.data.SpokenDigits;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.Probabilities;
import io.zoetrope.model.wavegan.WaveGanFamily;
import io.zoetrope.testkit.Devices;
import io.zoetrope.train.LossCsv;
import io.zoetrope.train.RunFiles;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.RunFolderSettings;
import io.zoetrope.train.TinyData;
import io.zoetrope.train.TinyTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Classifiers of sounds: the family of those of pictures, on spectrograms. */
class SoundClassifierTest {
    private static final int SAMPLES = 2048;
    private final Device device = Devices.shared();

    @TempDir
    Path folder;

    private static TrainRequest request(Path run, long steps, boolean resume, Config options) {
        return new TrainRequest(TinyData.tones(SAMPLES), steps, 4, 3, run, resume, 10, 0, options);
    }

    @Test
    void itLearnsAndTheLoadedModelKnowsHowItListens() throws IOException {
        Path run = folder.resolve("run");
        Config options = Config.empty().with("ema", 0.9).with("smoothing", 0);
        Path model = new Trainer(device).train(new CnnFamily(), request(run, 40, false, options), Progress.none());
        try (CnnPipeline pipeline = CnnPipeline.fromPretrained(device, model)) {
            ClassifierConfig config = pipeline.model().config();
            assertThat(config.sounds().orElseThrow().spectrogram()).isEqualTo(MelSpectrogram.RECOGNITION);
            assertThat(config.sounds().orElseThrow().samples()).isEqualTo(SAMPLES);
            assertThat(config.sounds().orElseThrow().peak()).isBetween(0.49, 0.51);
            assertThat(config.mirrored()).isFalse();
            // A file of another rate, length and loudness than those it learned from.
            Path file = folder.resolve("high.wav");
            float[] tone = new float[3000];
            for (int t = 0; t < tone.length; t++) {
                tone[t] = (float) (0.1 * Math.sin(2 * Math.PI * 2020 * t / 22_050));
            }
            Sounds.fromFloats(tone, 1, tone.length, 22_050).writeWav(file);
            Preparation.Prepared prepared = pipeline.preparation().read(file);
            assertThat(prepared.describe()).contains("esampled").contains("middle").contains("14 dB louder");
            assertThat(pipeline.classify(prepared.image())[0][1]).isGreaterThan(0.8f);
            ImageDataset.Part test = config.seenTest(TinyData.tones(SAMPLES));
            assertThat(Probabilities.likeliest(pipeline.classify(test.images()))).isEqualTo(test.labels());
            assertThat(config.seen(TinyData.tones(SAMPLES)).test().images()).isEqualTo(test.images());
        }
    }

    @Test
    void aResumedRunIsBitForBitTheUninterruptedOne() throws IOException {
        Trainer trainer = new Trainer(device);
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        trainer.train(new CnnFamily(), request(whole, 20, false, Config.empty()), Progress.none());
        RunFolder.create(parts, RunFolderSettings.of(whole)).close();
        trainer.train(new CnnFamily(), request(parts, 10, true, Config.empty()), Progress.none());
        trainer.train(new CnnFamily(), request(parts, 20, true, Config.empty()), Progress.none());
        RunFiles.assertSame(parts, whole);
    }

    @Test
    void picturesAndSoundsAreNotMixedUp() throws IOException {
        CnnFamily family = new CnnFamily();
        assertThat(family.settings(request(folder, 1, false, Config.empty())).flag("flip", true)).isFalse();
        assertThatThrownBy(() -> family.settings(request(folder, 1, false, Config.empty().with("flip", true))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("played backwards");
        Path sounds = new Trainer(device).train(family, request(folder.resolve("sounds"), 1, false, Config.empty()),
                Progress.none());
        Path pictures = new Trainer(device).train(family,
                TinyTraining.CNN.request(folder.resolve("pictures"), 1, false, 1), Progress.none());
        try (CnnPipeline ears = CnnPipeline.fromPretrained(device, sounds);
                CnnPipeline eyes = CnnPipeline.fromPretrained(device, pictures)) {
            assertThatThrownBy(() -> ears.model().config().seen(TinyData.squares()))
                    .hasMessageContaining("recognises sounds, but squares holds pictures")
                    .hasMessageContaining("fashion-cnn");
            assertThatThrownBy(() -> eyes.model().config().seenTest(TinyData.tones(SAMPLES)))
                    .hasMessageContaining("recognises pictures, but tones holds clips")
                    .hasMessageContaining("digits-cnn");
            assertThatThrownBy(() -> ears.model().config().requireKnown(TinyData.tones(1024)))
                    .hasMessageContaining("1024 samples");
        }
        Config from = Config.empty().with("from", pictures.toString());
        assertThatThrownBy(() -> new Trainer(device).train(family, request(folder.resolve("next"), 1, false, from),
                Progress.none())).hasMessageContaining("which recognises pictures: expected a classifier of sounds");
    }

    @Test
    void aConfigWhoseSpectrogramDoesNotFitItsNetworkIsRefused() throws IOException {
        Path model = new Trainer(device).train(new CnnFamily(),
                request(folder.resolve("run"), 1, false, Config.empty()), Progress.none());
        Path config = model.resolve("classifier/config.json");
        Files.writeString(config, Files.readString(config).replace("\"mel_hop\": 256", "\"mel_hop\": 128"));
        assertThatThrownBy(() -> CnnPipeline.fromPretrained(device, model)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("64 pitches and 16 times");
    }

    @Test
    void aGameOfDigitsIsWatchedByTheClassifierThatShips() throws IOException {
        AudioDataset.Part silence = new AudioDataset.Part(
                new Sounds(10, SpokenDigits.SAMPLES, SpokenDigits.RATE, new short[10 * SpokenDigits.SAMPLES]),
                new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
        AudioDataset digits = new AudioDataset("digits", SpokenDigits.CLASS_NAMES, silence, silence);
        AudioDataset others = new AudioDataset("others", List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"),
                silence, silence);
        for (AudioDataset data : List.of(digits, others)) {
            Path run = folder.resolve(data.name());
            new Trainer(device).train(new WaveGanFamily(),
                    new TrainRequest(data, 1, 2, 3, run, false, 1, 0, Config.empty().with("base_width", 2)),
                    Progress.none());
            double covered = LossCsv.read(run.resolve("variety.csv"), "classes_covered")[1][0];
            if (data == digits) {
                assertThat(covered).isBetween(1.0, 10.0);
            } else {
                assertThat(covered).isNaN();
            }
        }
    }
}
