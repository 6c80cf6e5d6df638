package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that take sounds. */
class SoundCommandsTest {
    @TempDir
    private Path folder;
    private Shell shell;
    private String sounds;

    @BeforeEach
    void setUp() throws IOException {
        shell = new Shell(folder);
        for (int i = 0; i < 10; i++) {
            new Sounds(1, 100, 16_000, new short[100]).writeWav(folder.resolve("sounds/yes/" + i + ".wav"));
            new Sounds(1, 100, 16_000, new short[100]).writeWav(folder.resolve("sounds/no/" + i + ".wav"));
        }
        sounds = folder.resolve("sounds").toString();
    }

    @Test
    void aClassifierLearnsFromSoundsWhereTheDataAreSounds() {
        assertThat(shell.run("train", "cnn", "--data", sounds, "--batch", "4")).isZero();
        assertThat(shell.work.family.name()).isEqualTo("cnn");
        assertThat(shell.work.training.data()).isInstanceOf(AudioDataset.class);
        assertThat(shell.work.training.steps()).isEqualTo(600);
        assertThat(shell.out()).contains("evaluate cnn --model").contains("--data " + sounds);
        assertThat(shell.run("train", "cnn", "--data", sounds, "--batch", "4", "--flip")).isEqualTo(2);
        assertThat(shell.err()).contains("played backwards");
        assertThat(shell.run("train", "cnn", "--data", "spoken-digits")).isEqualTo(1);
        assertThat(shell.err()).contains("zoetrope data spoken-digits");
        assertThat(shell.run("train", "cnn")).isEqualTo(2);
        assertThat(shell.err()).contains("fashion-mnist").contains("spoken-digits");
        assertThat(shell.run("train", "ddpm", "--data", sounds)).isEqualTo(1);
        assertThat(shell.err()).contains("is a set of sounds");
    }

    @Test
    void theUsualClassifierDependsOnWhatThereIsToRecognise() throws IOException {
        assertThat(shell.run("evaluate", "cnn", "--data", sounds)).isZero();
        assertThat(shell.work.model).contains("digits-cnn");
        assertThat(shell.work.data).isInstanceOf(AudioDataset.class);
        assertThat(shell.run("evaluate", "cnn", "--data", sounds, "--model", "mine/cnn")).isZero();
        assertThat(shell.work.model).contains("mine/cnn");
        for (int i = 0; i < 20; i++) {
            new Images(1, 4, 4, 1, new byte[16]).writePng(folder.resolve("pictures").resolve(i + ".png"));
        }
        assertThat(shell.run("evaluate", "cnn", "--data", folder.resolve("pictures").toString())).isZero();
        assertThat(shell.work.model).contains("fashion-cnn");
        assertThat(shell.run("classify", "a.wav", "b.WAV")).isZero();
        assertThat(shell.work.model).contains("digits-cnn");
        assertThat(shell.run("classify", "a.wav", "--model", "mine/cnn")).isZero();
        assertThat(shell.work.model).contains("mine/cnn");
        assertThat(shell.run("classify", "a.wav", "b.png")).isZero();
        assertThat(shell.work.model).contains("fashion-cnn");
    }

    @Test
    void generatedSoundsAreHeardAndMeasuredBesideRealOnes() throws IOException {
        Path json = folder.resolve("q.json");
        assertThat(shell.run("evaluate", "wavegan", "--data", sounds, "--count", "40", "--encoder", "my-cnn", "--model",
                "runs/wavegan/model", "--json", json.toString())).isZero();
        assertThat(shell.work.sounds).isEqualTo(40);
        assertThat(shell.work.model).contains("runs/wavegan/model");
        assertThat(shell.out()).contains("2 of 2 classes").contains("recognised in 75.0 %").contains("mean confidence 75.0 %")
                .contains("C-FD").contains("my-cnn").contains("0123456789ab").contains("real (40 of training)");
        assertThat(Files.readString(json)).contains("\"c_fd\": 1.5").contains("\"as_asked\": 2");
        assertThat(shell.run("evaluate", "wavegan", "--data", sounds)).isZero();
        assertThat(shell.work.evaluationSeed).isEqualTo(7);
        assertThat(shell.work.sounds).isEqualTo(256);
        assertThat(shell.work.model).contains("digits-wavegan");
        assertThat(shell.run("evaluate", "wavegan", "--data", sounds, "--count", "5")).isEqualTo(2);
        assertThat(shell.err()).contains("not 5");
        assertThat(shell.run("evaluate", "wavegan", "--data", "fashion-mnist")).isEqualTo(1);
        assertThat(shell.err()).contains("spoken-digits");
        assertThat(shell.run("evaluate", "wavegan", "--data", sounds, "--json", "/proc/zoetrope/q.json")).isEqualTo(1);
    }
}
