package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cli.toy.ToyFamily;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerateCommandTest {
    @TempDir
    private Path folder;
    private Shell shell;
    private String out;

    @BeforeEach
    void setUp() {
        shell = new Shell(folder);
        out = folder.resolve("pictures.png").toString();
    }

    private static int frames(Path film) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(film.toFile())) {
            reader.setInput(in);
            return reader.getNumImages(true);
        }
    }

    @Test
    void helpSaysTheDefaults() {
        assertThat(shell.run("generate", "--help")).isZero();
        assertThat(shell.out().replaceAll("\\s+", " ")).contains("takes what is given, fashion-ddpm if nothing is.",
                "Default: 64 for diffusion models", "Default: 7.", "Default: fashion.png for diffusion models",
                "sounds.wav for adversarial models of sounds", "Default: 50 for diffusion",
                "--sampler=NAME How to walk from noise to picture: ddim, ", "unipc. Default: ddim.", "--spacing=NAME",
                "trailing, linspace, karras, exponential.", "Default: auto.");
    }

    @Test
    void aDiffusionModelTakesItsOptionsAndShowsItsWay() throws IOException {
        Path film = folder.resolve("film.gif");
        assertThat(shell.run("generate", "--count", "2", "--steps", "130", "--sampler", "ddim", "--eta", "0.5",
                "--seed", "-1", "--out", out, "--film", film.toString(), "--device", "cpu")).as(shell.err()).isZero();
        assertThat(shell.device).isEqualTo(DeviceChoice.CPU);
        assertThat(frames(film)).as("steps 0, 3, 6 … 129, 130").isEqualTo(45);
        assertThat(shell.out()).contains(film + ": 45 frames")
                .contains(out + ": 2 pictures, 130 steps of ddim, seed " + "-1, ");
        assertThat(Images.read(Path.of(out)).width()).as("2 × 29 + 1, enlarged eight times").isEqualTo(472);
        Images ddim = Images.read(Path.of(out));
        assertThat(shell.run("generate", "--count", "2", "--steps", "4", "--sampler", "HEUN", "--seed", "-1", "--film",
                film.toString(), "--out", out)).isZero();
        assertThat(shell.device).isEqualTo(DeviceChoice.AUTO);
        assertThat(shell.out()).contains("4 steps of heun");
        assertThat(frames(film)).as("a frame a step, however often the network was asked").isEqualTo(5);
        assertThat(Images.read(Path.of(out))).isNotEqualTo(ddim);
        assertThat(shell.err()).isEmpty();
    }

    @Test
    void aDiffusionModelShowsHowWellItPredictedTheNoise() throws IOException {
        Path accuracy = folder.resolve("accuracy.png");
        assertThat(shell.run("generate", "--count", "2", "--steps", "3", "--sampler", "unipc", "--spacing", "karras",
                "--out", out, "--accuracy", accuracy.toString())).as(shell.err()).isZero();
        assertThat(Images.read(accuracy).width()).isEqualTo(900);
        Images karras = Images.read(Path.of(out));
        assertThat(shell.run("generate", "--count", "2", "--steps", "3", "--sampler", "unipc", "--out", out)).isZero();
        assertThat(Images.read(Path.of(out))).isNotEqualTo(karras);
    }

    @ParameterizedTest
    @CsvSource({"--steps,0,steps must be at least 1", "--steps,-5,-5", "--steps,ten,ten", "--count,0,not 0",
            "--count,-64,-64", "--count,99999999999,99999999999", "--count,2000000000,2000000000", "--sampler,rk4,rk4",
            "--spacing,even,even", "--eta,2,eta must be between 0 and 1", "--eta,NaN,NaN", "--device,tpu,tpu",
            "--seed,x,x", "--nonsense,1,--nonsense"})
    void wrongUsageIsExitCodeTwoAndOneLine(String option, String value, String part) throws IOException {
        assertThat(shell.run("generate", option, value, "--out", out)).isEqualTo(2);
        assertThat(shell.err()).startsWith("zoetrope: ").contains(part).contains("zoetrope generate --help");
        assertThat(shell.err().lines()).hasSize(1);
        assertThat(shell.device).as("nothing was begun").isNull();
        nothingIsLeft();
    }

    @Test
    void modelsThatMakeNothingAreRefused() throws IOException {
        assertThat(shell.run("generate", "--model", "fashion-cnn", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains(
                "--model fashion-cnn is a classifier, which generates nothing: expected a " + "diffusion model or");
        nothingIsLeft();
        Path foreign = Files.createDirectories(folder.resolve("foreign"));
        Files.writeString(foreign.resolve("model_index.json"), "{\"_class_name\": \"FluxPipeline\"}");
        assertThat(shell.run("generate", "--model", foreign.toString(), "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("--model " + foreign + " is a FluxPipeline").contains("a diffusion model");
        assertThat(shell.run("generate", "--model", "nothing-such", "--out", out)).isEqualTo(1);
        assertThat(shell.err()).contains("no model 'nothing-such' ships").contains("fashion-ddpm");
    }

    @Test
    void classesAreForModelsThatKnowThem() {
        assertThat(shell.run("generate", "--count", "1", "--class", "Bag", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("--class is 'Bag', but this model knows no classes");
    }

    /** A film has the start, and every step that is taken. */
    @Test
    void aFilmBeginsWithThePictureToo() throws IOException {
        Path film = folder.resolve("film.gif");
        assertThat(shell.run("generate", "--count", "1", "--steps", "2", "--out", out)).as(shell.err()).isZero();
        assertThat(shell.run("generate", "--count", "1", "--steps", "9", "--from", out, "--strength", "0.5", "--film",
                film.toString(), "--out", folder.resolve("like.png").toString())).as(shell.err()).isZero();
        assertThat(shell.out()).contains("1 pictures, 4 steps of ddim");
        assertThat(frames(film)).isEqualTo(5);
    }

    @Test
    void adversarialModelsTakeAClassAndAWalk() throws IOException {
        Path walk = folder.resolve("walk.gif");
        assertThat(shell.run("generate", "--model", "fashion-gan", "--count", "4", "--seed", "3", "--class", "Bag",
                "--interpolate", walk.toString(), "--frames", "5", "--out", out)).as(shell.err()).isZero();
        assertThat(frames(walk)).isEqualTo(5);
        assertThat(shell.out()).contains("5 frames").contains("4 pictures, one pass each, seed 3");
        Images bags = Images.read(Path.of(out));
        assertThat(shell.run("generate", "--model", "fashion-gan", "--count", "4", "--seed", "3", "--class", "8",
                "--out", out)).isZero();
        assertThat(Images.read(Path.of(out))).as("a bag is class 8").isEqualTo(bags);
        assertThat(shell.run("generate", "--model", "fashion-gan", "--count", "4", "--seed", "3", "--out", out))
                .isZero();
        assertThat(Images.read(Path.of(out))).as("the classes in turn").isNotEqualTo(bags);
        assertThat(shell.run("generate", "--model", "fashion-gan", "--frames", "1", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("--frames").contains("not 1");
        assertThat(shell.run("generate", "--model", "fashion-gan", "--count", "0", "--out", out)).isEqualTo(2);
        assertThat(shell.run("generate", "--model", "fashion-gan", "--class", "hat", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("--class is 'hat'").contains("ankle boot]");
    }

    @Test
    void soundsAreWrittenAsWavAndShownAsSpectrograms() throws IOException {
        Path wav = folder.resolve("digits.wav");
        Path picture = folder.resolve("digits.png");
        assertThat(shell.run("generate", "--model", "digits-wavegan", "--count", "3", "--class", "1", "--out",
                wav.toString(), "--spectrogram", picture.toString())).as(shell.err()).isZero();
        assertThat(Sounds.read(wav).seconds()).isCloseTo(3 * 1.024 + 2 * 0.25, Offset.offset(0.26));
        assertThat(Images.read(picture).channels()).isEqualTo(3);
        assertThat(shell.out()).contains("3 sounds of 1.0 s").contains("their spectrograms");
        assertThat(shell.run("generate", "--model", "digits-wavegan", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains(".wav");
    }

    @Test
    void transformersOverPatchesTakeTheirDecoding() throws IOException {
        assertThat(shell.run("generate", "--model", "fashion-patches", "--decode", "maskgit", "--steps", "3",
                "--temperature", "0.5", "--top-k", "40", "--top-p", "0.8", "--guidance", "3", "--count", "2", "--class",
                "any", "--out", out)).isZero();
        assertThat(shell.out()).contains("2 pictures, patch by patch");
        Images any = Images.read(Path.of(out));
        assertThat(shell.run("generate", "--model", "fashion-patches", "--decode", "maskgit", "--steps", "3",
                "--temperature", "0.5", "--top-k", "40", "--top-p", "0.8", "--guidance", "3", "--count", "2", "--out",
                out)).isZero();
        assertThat(Images.read(Path.of(out))).isNotEqualTo(any);
        assertThat(shell.run("generate", "--model", "fashion-patches", "--top-p", "1.5", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("--top-p must be more than 0 and at most 1 (all), not 1.5");
    }

    @ParameterizedTest
    @CsvSource({"fashion-gan,--sampler,ddim,a diffusion model", "fashion-patches,--film,film.gif,a diffusion model",
            "fashion-ddpm,--decode,ar,a transformer over patches", "fashion-gan,--steps,3,a diffusion model",
            "fashion-ddpm,--spectrogram,s.png,an adversarial model of sounds",
            "digits-wavegan,--frames,3,an adversarial model"})
    void anotherKindsOptionIsRefused(String model, String option, String value, String kind) throws IOException {
        assertThat(shell.run("generate", "--model", model, option, value, "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains(option + " is for " + kind).contains(model + " is");
        assertThat(shell.device).isNull();
        nothingIsLeft();
    }

    @Test
    void etaBelongsToDdim() {
        assertThat(shell.run("generate", "--sampler", "ddpm", "--eta", "0.3", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("eta is a setting of ddim");
        assertThat(shell.device).isNull();
    }

    @Test
    void failuresAreExitCodeOneAndOneLineAndLeaveNothing() throws IOException {
        shell.withoutDevice = true;
        for (Throwable failure : new Throwable[] {new IOException("weights.safetensors: truncated"),
                new IllegalStateException("device lost\n  at step 3"), new OutOfMemoryError("Java heap space"),
                new UnsatisfiedLinkError("libcuda.so.1: no such file"), new NullPointerException(),
                new IllegalArgumentException("no")}) {
            ToyFamily.failure = failure;
            assertThat(shell.run("generate", "--model", "toy-dots", "--out", out)).isEqualTo(1);
            assertThat(shell.err()).startsWith("zoetrope: ");
            assertThat(shell.err().lines()).hasSize(1);
            nothingIsLeft();
        }
        ToyFamily.failure = new AccessDeniedException("/root/weights");
        assertThat(shell.run("generate", "--model", "toy-dots", "--out", out)).isEqualTo(1);
        assertThat(shell.err()).isEqualTo("zoetrope: /root/weights: permission denied\n");
        ToyFamily.failure = new IOException("weights.safetensors: truncated");
        assertThat(shell.run("generate", "--model", "toy-dots", "--debug", "--out", out)).isEqualTo(1);
        assertThat(shell.err()).contains("weights.safetensors: truncated").contains("at io.zoetrope");
    }

    @Test
    void anInterruptEndsItAndNothingIsWritten() throws IOException {
        Thread.currentThread().interrupt();
        try {
            assertThat(shell.run("generate", "--count", "1", "--out", out)).isEqualTo(1);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(shell.err()).contains("was interrupted: nothing of it was kept").hasLineCount(1);
        nothingIsLeft();
    }

    @Test
    void unwritableOutputFailsBeforeTheWork() {
        for (String target : new String[] {"/proc/zoetrope/pictures.png", folder.toString()}) {
            assertThat(shell.run("generate", "--out", target)).isEqualTo(1);
            assertThat(shell.err()).contains(target);
            assertThat(shell.err().lines()).hasSize(1);
            assertThat(shell.device).isNull();
        }
        assertThat(shell.run("generate", "--out", out, "--film", "/proc/zoetrope/film.gif")).isEqualTo(1);
        assertThat(shell.device).isNull();
    }

    @Test
    void aFullDiskIsOneLine() throws IOException {
        shell.withoutDevice = true;
        assertThat(shell.run("generate", "--model", "toy-dots", "--out", "/dev/full")).isEqualTo(1);
        assertThat(shell.err()).contains("/dev/full").contains("No space left");
        assertThat(shell.err().lines()).hasSize(1);
        nothingIsLeft();
    }

    @Test
    void aDashIsStandardOutputAndWordsGoToStandardError() throws IOException {
        shell.withoutDevice = true;
        assertThat(shell.run("generate", "--model", "toy-dots", "--count", "2", "--out", "-")).isZero();
        assertThat(shell.out()).isEmpty();
        assertThat(shell.err()).isEqualTo("-: 2 dots of shade 200\n");
        assertThat(ImageIO.read(new ByteArrayInputStream(shell.bytes.toByteArray())).getWidth()).isEqualTo(19);
        assertThat(shell.run("generate", "--out", "-", "--film", "-")).isEqualTo(2);
        assertThat(shell.err()).contains("only one file can go to standard output");
        nothingIsLeft();
    }

    @Test
    void fullStandardOutputIsAFailure() {
        PrintWriter full = new PrintWriter(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        }, true);
        for (String[] command : new String[][] {{"models"}, {"data"}, {"--help"}}) {
            assertThat(Main.run(command, shell.surroundings(full))).isEqualTo(1);
            assertThat(shell.err()).contains("cannot write standard output").hasLineCount(1);
        }
    }

    private void nothingIsLeft() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }
}
