package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.data.SpokenDigits;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.SoundReport;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.wavegan.WaveGanFamily;
import io.zoetrope.train.TrainRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library's own models do the work. */
class LibraryWorkTest {
    private static final DeviceChoice CPU = DeviceChoice.CPU;
    private final Work work = new LibraryWork();

    @TempDir
    private Path folder;

    /** A clip of growing pitch for each digit. */
    private static AudioDataset sweeps() {
        int count = SpokenDigits.CLASS_NAMES.size();
        float[] values = new float[count * SpokenDigits.SAMPLES];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = i;
            for (int t = 0; t < SpokenDigits.SAMPLES; t++) {
                values[i * SpokenDigits.SAMPLES + t] = (float) (0.5 * Math.sin(2e-6 * (i + 1) * t * t));
            }
        }
        AudioDataset.Part part = new AudioDataset.Part(
                Sounds.fromFloats(values, count, SpokenDigits.SAMPLES, SpokenDigits.RATE), labels);
        return new AudioDataset("sweeps", SpokenDigits.CLASS_NAMES, part, part);
    }

    @Test
    void generatedSoundsAreMeasuredByTheClassifierOfSounds() throws IOException {
        Path model = work.train(CPU, new WaveGanFamily(), new TrainRequest(sweeps(), 1, 2, 3, folder.resolve("run"), false, 1, 0,
                Config.empty().with("base_width", 2)), Progress.none());
        SoundReport report = work.evaluateSounds(CPU, model.toString(), CnnPipeline.DIGITS_CNN, sweeps(), 20, 7, Progress.none());
        assertThat(report.recognition().classes()).hasSize(10).allSatisfy(row -> assertThat(row.asked()).isEqualTo(2));
        assertThat(report.recognition().accuracy()).isBetween(0.0, 0.5); // one step teaches nothing
        assertThat(report.features().generated().frechet()).isGreaterThan(2 * report.features().floor().get(0).frechet());
        assertThat(report.features().samples()).isEqualTo(20);
        assertThatThrownBy(() -> work.evaluateSounds(CPU, model.toString(), CnnPipeline.FASHION_CNN, sweeps(), 20, 7,
                Progress.none())).hasMessageContaining("recognises pictures, but sweeps holds clips")
                .hasMessageContaining(CnnPipeline.DIGITS_CNN);
        assertThatThrownBy(() -> work.evaluateSounds(CPU, "fashion-ddpm", CnnPipeline.DIGITS_CNN, sweeps(), 20, 7,
                Progress.none())).hasMessageContaining("fashion-ddpm is a DDPMPipeline, which makes no sounds");
    }

    @Test
    void picturesAreNotForTheClassifierOfSounds() throws IOException {
        ImageDataset.Part part = new ImageDataset.Part(new Images(10, 28, 28, 1, new byte[7840]), new int[10]);
        ImageDataset pictures = new ImageDataset("black", List.of("a"), part, part);
        assertThatThrownBy(() -> work.evaluatePictures(CPU, "fashion-patches", CnnPipeline.DIGITS_CNN, pictures, 8, 7,
                Progress.none())).hasMessageContaining("recognises sounds, but black holds pictures");
        assertThatThrownBy(() -> work.evaluateCnn(CPU, CnnPipeline.DIGITS_CNN, pictures, Progress.none()))
                .hasMessageContaining("recognises sounds, but black holds pictures").hasMessageContaining("fashion-cnn");
        Path picture = folder.resolve("picture.png");
        part.images().slice(0, 1).writePng(picture);
        assertThatThrownBy(() -> work.classify(CPU, CnnPipeline.DIGITS_CNN, List.of(picture)))
                .isInstanceOf(BadFileException.class).hasMessageContaining("is a picture");
        Path sound = folder.resolve("sound.wav");
        sweeps().test().sounds().slice(0, 1).writeWav(sound);
        assertThatThrownBy(() -> work.classify(CPU, CnnPipeline.FASHION_CNN, List.of(sound)))
                .isInstanceOf(BadFileException.class).hasMessageContaining("is a sound");
        assertThat(work.classify(CPU, CnnPipeline.DIGITS_CNN, List.of(sound)).get(0).classNames())
                .isEqualTo(SpokenDigits.CLASS_NAMES);
        assertThat(work.evaluateCnn(CPU, CnnPipeline.DIGITS_CNN, sweeps(), Progress.none()).samples()).isEqualTo(10);
        assertThat(work.explainCnn(CPU, CnnPipeline.DIGITS_CNN, sound).explanation().probabilities()).hasSize(10);
    }
}
