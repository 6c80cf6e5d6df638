package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cli.toy.ToyFamily;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.model.CommonOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A family that the command line has never heard of: its package and a line of registration give it every command. */
class ToyFamilyTest {
    @TempDir
    private Path folder;
    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(folder);
        shell.withoutDevice = true;
    }

    private int shadeOf(Path picture) throws IOException {
        Images images = Images.read(picture);
        return images.pixels()[images.pixels().length / 2 + 4] & 0xff;
    }

    @Test
    void itIsTrainedShownMeasuredAndMakesPictures() throws IOException {
        Path run = folder.resolve("run");
        String pictures = shell.pictures(4);
        assertThat(shell.run("train", "toy", "--data", pictures, "--steps", "2", "--batch", "3", "--seed", "5",
                "--dot-shade", "77", "--run", run.toString(), "--device", "gpu")).as(shell.err()).isZero();
        assertThat(shell.device).isEqualTo(DeviceChoice.GPU);
        String model = run.resolve("model").toString();
        assertThat(shell.out()).contains(model + ": trained for 2 steps",
                "zoetrope evaluate toy --model " + model + " --data " + pictures);
        assertThat(ToyFamily.trained.seed()).isEqualTo(5);
        assertThat(Files.readString(run.resolve("config.json"))).contains("\"model\": \"toy\"", "\"shade\": 77",
                "\"batch\": 3");

        Path out = folder.resolve("dots.png");
        assertThat(shell.run("generate", "--model", model, "--count", "3", "--out", out.toString(), "--device", "cpu"))
                .isZero();
        assertThat(shell.out()).isEqualTo(out + ": 3 dots of shade 77\n");
        assertThat(shadeOf(out)).isEqualTo(77);
        assertThat(shell.device).isEqualTo(DeviceChoice.CPU);

        Path json = folder.resolve("toy.json");
        assertThat(shell.run("evaluate", "toy", "--model", model, "--data", pictures, "--json", json.toString()))
                .isZero();
        assertThat(shell.out()).isEqualTo("shade 77 beside 2 pictures\n");
        assertThat(Files.readString(json)).isEqualTo("{\"shade\": 77}\n");

        assertThat(shell.run("models", model)).isZero();
        assertThat(shell.out().lines()).containsExactly(model + ": a toy, family toy", "    components: toy (Toy)",
                "    1 parameters", "    makes pictures of shade 77");
    }

    @Test
    void itsShippedModelIsListedAndTaken() throws IOException {
        assertThat(shell.run("models")).isZero();
        assertThat(shell.out()).contains("toy-dots: a toy, family toy, 0.0 MB", "knows grey dots; learned from mnist");
        assertThat(shell.run("doctor")).isEqualTo(1); // there is no device
        assertThat(shell.out()).contains("ok       toy-dots: grey dots");
        Path out = folder.resolve("dots.png");
        assertThat(shell.run("generate", "--model", "toy-dots", "--count", "1", "--out", out.toString())).isZero();
        assertThat(shadeOf(out)).isEqualTo(200);
        assertThat(ToyFamily.asked.get(CommonOptions.SEED)).isEqualTo(7);
    }

    @Test
    void helpShowsItsOptions() {
        assertThat(shell.run("generate", "--help")).isZero();
        assertThat(shell.out().replaceAll("\\s+", " "))
                .contains("For toys: --dot-shade=NUMBER How light. With " + "--steps, lighter each time. Default: 100.")
                .contains("Toy steps (toys).").contains("50 for diffusion models; 12 for transformers over patches; "
                        + "25 for models of pictures from words; 3 for toys")
                .contains("toy.png for toys");
        assertThat(shell.run("train", "--help")).isZero();
        assertThat(shell.out()).contains("toy      Train a toy.");
        assertThat(shell.run("train", "toy", "--help")).isZero();
        assertThat(shell.out()).contains("--dot-shade=NUMBER");
    }

    @Test
    void optionsOutOfRangeAreNamedAsUsersKnowThem() throws IOException {
        assertThat(shell.run("generate", "--model", "toy-dots", "--dot-shade", "256")).isEqualTo(2);
        assertThat(shell.err()).contains("--dot-shade must be between 0 and 255, not 256")
                .contains("zoetrope generate --help");
        assertThat(shell.run("train", "toy", "--data", shell.pictures(4), "--batch", "3", "--dot-shade", "-1"))
                .isEqualTo(2);
        assertThat(shell.err()).contains("--dot-shade must be between 0 and 255, not -1");
        assertThat(shell.run("generate", "--model", "toy-dots", "--sampler", "ddim")).isEqualTo(2);
        assertThat(shell.err()).contains(
                "--sampler is for a diffusion model; toy-dots is a toy and takes [--class, --dot-shade, --steps]");
        assertThat(shell.run("evaluate", "toy", "--data", "x", "--model", "fashion-cnn")).isEqualTo(1);
        assertThat(shell.err()).contains("fashion-cnn is a classifier: expected a toy");
        assertThat(ToyFamily.asked).isNull();
    }

    @Test
    void thoseOfTheLibraryStayTheUsualOnes() {
        assertThat(shell.run("generate", "--steps", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--steps must be at least 1, not 0");
        assertThat(ToyFamily.asked).isNull();
    }

    @Test
    void whatIsGivenSaysWhoseModelIsMeant() {
        shell.withoutDevice = true;
        assertThat(shell.run("generate", "--dot-shade", "3", "--out", folder.resolve("dots.png").toString()))
                .as(shell.err()).isZero();
        assertThat(ToyFamily.asked).isNotNull();
        assertThat(shell.run("generate", "--dot-shade", "3", "--sampler", "ddim")).isEqualTo(2);
        assertThat(shell.err()).contains("--dot-shade is for a toy; fashion-ddpm is a diffusion model");
    }
}
