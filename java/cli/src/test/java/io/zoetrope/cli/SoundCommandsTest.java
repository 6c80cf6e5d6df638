package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.Sounds;
import io.zoetrope.data.SpokenDigits;
import io.zoetrope.io.Config;
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

    /** Clips of growing pitch, of two classes. */
    @BeforeEach
    void setUp() throws IOException {
        shell = new Shell(folder);
        for (int i = 0; i < 80; i++) {
            float[] values = new float[SpokenDigits.SAMPLES];
            for (int t = 0; t < values.length; t++) {
                values[t] = (float) (0.5 * Math.sin(2e-6 * (i % 10 + 1) * t * t));
            }
            Sounds.fromFloats(values, 1, values.length, SpokenDigits.RATE)
                    .writeWav(folder.resolve(i % 2 == 0 ? "sounds/yes" : "sounds/no").resolve(i + ".wav"));
        }
        sounds = folder.resolve("sounds").toString();
    }

    @Test
    void aClassifierLearnsFromSoundsWhereTheDataAreSounds() throws IOException {
        Path run = folder.resolve("run");
        assertThat(shell.run("train", "cnn", "--data", sounds, "--batch", "4", "--steps", "1", "--run", run.toString()))
                .as(shell.err()).isZero();
        assertThat(Config.read(run.resolve("config.json")).flag("flip", true)).isFalse();
        assertThat(shell.out()).contains("evaluate cnn --model").contains("--data " + sounds);
        assertThat(shell.run("train", "cnn", "--data", sounds, "--batch", "4", "--flip")).isEqualTo(2);
        assertThat(shell.err()).contains("--flip is true").contains("played backwards");
        assertThat(shell.run("train", "cnn", "--data", "spoken-digits")).isEqualTo(1);
        assertThat(shell.err()).contains("zoetrope data spoken-digits");
        assertThat(shell.run("train", "cnn")).isEqualTo(2);
        assertThat(shell.err()).contains("fashion-mnist").contains("spoken-digits");
        assertThat(shell.run("train", "ddpm", "--data", sounds)).isEqualTo(1);
        assertThat(shell.err()).contains("is a set of sounds");
    }

    @Test
    void theUsualClassifierDependsOnWhatThereIsToRecognise() throws IOException {
        String sound = folder.resolve("sounds/yes/0.wav").toString();
        String picture = Path.of(shell.pictures(28)).resolve("odd/1.png").toString();
        assertThat(shell.run("evaluate", "cnn", "--data", sounds)).as(shell.err()).isZero();
        assertThat(shell.out()).startsWith("accuracy ").contains("seven");
        assertThat(shell.run("classify", sound)).as(shell.err()).isZero();
        assertThat(SpokenDigits.CLASS_NAMES).anyMatch(shell.out()::contains);
        assertThat(shell.run("classify", picture, "--top", "1")).as(shell.err()).isZero();
        assertThat(SpokenDigits.CLASS_NAMES).noneMatch(name -> shell.out().contains("  " + name + "\n"));
        assertThat(shell.run("classify", sound, picture)).as("a picture among them: the classifier of pictures")
                .isEqualTo(1);
        assertThat(shell.out()).contains(picture);
        assertThat(shell.err()).contains("is a sound").hasLineCount(1);
        assertThat(shell.run("classify", picture, "--model", "digits-cnn")).isEqualTo(1);
        assertThat(shell.err()).contains("is a picture");
        assertThat(shell.run("explain", "cnn", sound, "--model", "digits-cnn", "--out",
                folder.resolve("e.png").toString())).isZero();
    }

    @Test
    void generatedSoundsAreHeardAndMeasuredBesideRealOnes() throws IOException {
        Path json = folder.resolve("q.json");
        Path run = folder.resolve("wavegan");
        assertThat(shell.run("train", "wavegan", "--data", sounds, "--steps", "1", "--batch", "2", "--base-width", "2",
                "--run", run.toString())).as(shell.err()).isZero();
        assertThat(shell.out()).contains("see it with 'zoetrope generate --model");
        assertThat(shell.run("evaluate", "wavegan", "--data", sounds, "--count", "20", "--model",
                run.resolve("model").toString(), "--json", json.toString())).as(shell.err()).isZero();
        assertThat(shell.out()).contains("20 samples").contains("C-FD").contains("digits-cnn")
                .contains("real (20 of training)");
        assertThat(Files.readString(json)).contains("\"c_fd\": ").contains("\"as_asked\": ");
        shell.device = null;
        assertThat(shell.run("evaluate", "wavegan", "--data", sounds, "--count", "5")).isEqualTo(2);
        assertThat(shell.err()).contains("--count must be at least 6, not 5");
        assertThat(shell.run("evaluate", "wavegan", "--data", "fashion-mnist")).isEqualTo(1);
        assertThat(shell.err()).contains("spoken-digits");
        assertThat(shell.run("evaluate", "wavegan", "--data", sounds, "--json", "/proc/zoetrope/q.json")).isEqualTo(1);
        assertThat(shell.device).isNull();
        assertThat(shell.run("evaluate", "wavegan", "--data", sounds, "--encoder", "fashion-cnn")).isEqualTo(1);
        assertThat(shell.err()).contains("recognises pictures, but " + sounds + " holds clips").contains("digits-cnn");
        assertThat(shell.run("evaluate", "wavegan", "--data", sounds, "--model", "fashion-ddpm")).isEqualTo(1);
        assertThat(shell.err()).contains("fashion-ddpm is a diffusion model: expected an adversarial model of sounds");
    }
}
