package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.model.patches.decode.PatchesSampling;
import java.io.IOException;
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

    @Test
    void hasTheDocumentedDefaults() throws IOException {
        assertThat(shell.run("generate", "--out", out)).isZero();
        assertThat(shell.work.sampling.count()).isEqualTo(64);
        assertThat(shell.work.sampling.steps()).isEqualTo(50);
        assertThat(shell.work.sampling.sampler()).isEqualTo(Sampler.ddim(0));
        assertThat(shell.work.sampling.seed()).isEqualTo(7);
        assertThat(shell.work.device).isEqualTo(DeviceChoice.AUTO);
        assertThat(shell.work.model).contains("fashion-ddpm");
        assertThat(Images.read(Path.of(out)).width()).as("8 × 29 + 1, enlarged twice").isEqualTo(466);
        assertThat(shell.out()).contains(out).contains("64 pictures");
        assertThat(shell.err()).isEmpty();
    }

    @Test
    void takesEveryOption() throws IOException {
        Path film = folder.resolve("film.gif");
        assertThat(shell.run("generate", "--model", "my/model", "--count", "3", "--steps", "130", "--sampler", "ddim",
                "--eta", "0.5", "--seed", "-1", "--out", out, "--film", film.toString(), "--device", "cpu")).isZero();
        assertThat(shell.work.model).contains("my/model");
        assertThat(shell.work.sampling.sampler()).isEqualTo(Sampler.ddim(0.5));
        assertThat(shell.work.sampling.seed()).isEqualTo(-1);
        assertThat(shell.work.device).isEqualTo(DeviceChoice.CPU);
        ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(film.toFile())) {
            reader.setInput(in);
            assertThat(reader.getNumImages(true)).as("steps 0, 3, 6 … 129, 130").isEqualTo(45);
        }
        assertThat(shell.run("generate", "--sampler", "dpm++2m", "--out", out)).isZero();
        assertThat(shell.work.sampling.sampler()).isEqualTo(Sampler.dpmSolver2M());
    }

    @ParameterizedTest
    @CsvSource({"--steps,0,steps must be at least 1", "--steps,-5,-5", "--steps,ten,ten", "--count,0,not 0",
        "--count,-64,-64", "--count,99999999999,99999999999", "--count,2000000000,2000000000", "--sampler,euler,euler",
        "--eta,2,eta must be between 0 and 1", "--eta,NaN,NaN", "--device,tpu,tpu", "--seed,x,x",
        "--nonsense,1,--nonsense"})
    void wrongUsageIsExitCodeTwoAndOneLine(String option, String value, String part) throws IOException {
        assertThat(shell.run("generate", option, value, "--out", out)).isEqualTo(2);
        assertThat(shell.err()).startsWith("zoetrope: ").contains(part).contains("zoetrope generate --help");
        assertThat(shell.err().lines()).hasSize(1);
        assertThat(shell.work.sampling).as("nothing was begun").isNull();
        nothingIsLeft();
    }

    @Test
    void modelsThatMakeNoPicturesAreRefused() throws IOException {
        shell.work.pipelineClass = "ConvNetPipeline";
        assertThat(shell.run("generate", "--model", "my/classifier", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("my/classifier").contains("ConvNetPipeline").contains("a diffusion model");
        nothingIsLeft();
    }

    @Test
    void adversarialModelsTakeAClassAndAWalk() throws IOException {
        shell.work.pipelineClass = "GanPipeline";
        Path walk = folder.resolve("walk.gif");
        assertThat(shell.run("generate", "--model", "my/gan", "--count", "4", "--seed", "3", "--class", "Bag",
                "--interpolate", walk.toString(), "--frames", "5", "--out", out)).isZero();
        assertThat(shell.work.order.count()).isEqualTo(4);
        assertThat(shell.work.order.seed()).isEqualTo(3);
        assertThat(shell.work.classOf).hasValue(1);
        assertThat(walk).isNotEmptyFile();
        assertThat(shell.out()).contains("5 frames").contains("4 pictures");
        assertThat(shell.run("generate", "--model", "my/gan", "--frames", "1", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("--frames").contains("not 1");
        assertThat(shell.run("generate", "--model", "my/gan", "--count", "0", "--out", out)).isEqualTo(2);
        assertThat(shell.run("generate", "--model", "my/gan", "--class", "hat", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("hat").contains("[boot, bag]");
    }

    @Test
    void soundsAreWrittenAsWavAndShownAsSpectrograms() throws IOException {
        shell.work.pipelineClass = "WaveGanPipeline";
        Path wav = folder.resolve("digits.wav");
        Path picture = folder.resolve("digits.png");
        assertThat(shell.run("generate", "--model", "my/wavegan", "--count", "3", "--class", "1", "--out", wav.toString(),
                "--spectrogram", picture.toString())).isZero();
        assertThat(shell.work.classOf).hasValue(1);
        assertThat(Sounds.read(wav).seconds()).isCloseTo(3 * 0.1 + 2 * 0.25, Offset.offset(0.26));
        assertThat(Images.read(picture).channels()).isEqualTo(3);
        assertThat(shell.run("generate", "--model", "my/wavegan", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains(".wav");
    }

    @Test
    void transformersOverPatchesTakeTheirDecoding() {
        shell.work.pipelineClass = "PatchesPipeline";
        assertThat(shell.run("generate", "--model", "my/patches", "--decode", "maskgit", "--steps", "9", "--temperature",
                "0.5", "--top-k", "40", "--top-p", "0.8", "--guidance", "3", "--count", "2", "--class", "any", "--out", out)).isZero();
        assertThat(shell.work.patches).isEqualTo(PatchesSampling.count(2).seed(7).decode(PatchesSampling.Decode.MASKGIT)
                .steps(9).temperature(0.5).topK(40).topP(0.8).guidance(3)
                .ofClass(PatchesSampling.ANY));
        assertThat(shell.run("generate", "--model", "my/patches", "--top-p", "1.5", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("1.5");
    }

    @ParameterizedTest
    @CsvSource({"GanPipeline,--sampler,ddim,a diffusion model", "DDPMPipeline,--class,Bag,an adversarial model",
        "PatchesPipeline,--film,film.gif,a diffusion model", "DDPMPipeline,--decode,ar,a transformer over patches",
        "GanPipeline,--steps,3,a diffusion model"})
    void anotherKindsOptionIsRefused(String pipelineClass, String option, String value, String kind) throws IOException {
        shell.work.pipelineClass = pipelineClass;
        assertThat(shell.run("generate", "--model", "my/model", option, value, "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains(option + " is for " + kind).contains("my/model is");
        nothingIsLeft();
    }

    @Test
    void etaBelongsToDdim() {
        assertThat(shell.run("generate", "--sampler", "ddpm", "--eta", "0.3", "--out", out)).isEqualTo(2);
        assertThat(shell.err()).contains("eta is a setting of ddim");
    }

    @Test
    void failuresAreExitCodeOneAndOneLineAndLeaveNothing() throws IOException {
        for (Throwable failure : new Throwable[] {new IOException("weights.safetensors: truncated"),
            new IllegalStateException("device lost\n  at step 3"), new OutOfMemoryError("Java heap space"),
            new UnsatisfiedLinkError("libcuda.so.1: no such file"), new NullPointerException()}) {
            shell.work.failure = failure;
            assertThat(shell.run("generate", "--out", out)).isEqualTo(1);
            assertThat(shell.err()).startsWith("zoetrope: ");
            assertThat(shell.err().lines()).hasSize(1);
            nothingIsLeft();
        }
        shell.work.failure = new AccessDeniedException("/root/weights");
        assertThat(shell.run("generate", "--out", out)).isEqualTo(1);
        assertThat(shell.err()).isEqualTo("zoetrope: /root/weights: permission denied\n");
        shell.work.failure = new IOException("weights.safetensors: truncated");
        assertThat(shell.run("generate", "--debug", "--out", out)).isEqualTo(1);
        assertThat(shell.err()).contains("weights.safetensors: truncated").contains("at io.zoetrope");
    }

    @Test
    void unwritableOutputFailsBeforeTheWork() {
        for (String target : new String[] {"/proc/zoetrope/pictures.png", folder.toString()}) {
            assertThat(shell.run("generate", "--out", target)).isEqualTo(1);
            assertThat(shell.err()).contains(target);
            assertThat(shell.err().lines()).hasSize(1);
            assertThat(shell.work.sampling).isNull();
        }
        assertThat(shell.run("generate", "--out", out, "--film", "/proc/zoetrope/film.gif")).isEqualTo(1);
        assertThat(shell.work.sampling).isNull();
    }

    @Test
    void aFullDiskIsOneLine() throws IOException {
        assertThat(shell.run("generate", "--out", "/dev/full")).isEqualTo(1);
        assertThat(shell.err()).contains("/dev/full").contains("No space left");
        assertThat(shell.err().lines()).hasSize(1);
        nothingIsLeft();
    }

    private void nothingIsLeft() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }
}
