package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelsCommandTest {
    @TempDir
    private Path folder;
    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(folder);
    }

    @Test
    void listsWhatShipsWithoutADevice() {
        assertThat(shell.run("models")).isZero();
        assertThat(shell.device).isNull();
        assertThat(shell.out()).contains("fashion-ddpm: a diffusion model, family ddpm, 3.3 MB",
                "makes pictures of clothing; learned from fashion-mnist (MIT (Expat) licence, © 2017 Zalando SE",
                "fashion-cnn: a classifier, family cnn, 0.6 MB", "knows spoken digits; learned from spoken-digits",
                "fashion-gan: an adversarial model, family gan", "digits-wavegan: an adversarial model of sounds",
                "fashion-patches: a transformer over patches",
                "scene-tagger: a tagger of prompts, family tagger, 0.7 MB",
                "knows subject, action, place, time and mood in prompts; learned from scene-captions",
                "emoji-words: a model of pictures from words",
                "makes emoji of what words say; learned from emoji (pictures: Noto Emoji by Google, Apache 2.0");
    }

    @Test
    void saysWhatAModelIs() {
        assertThat(shell.run("models", "fashion-ddpm", "--device", "cpu")).as(shell.err()).isZero();
        assertThat(shell.out().lines()).contains("fashion-ddpm: a diffusion model, family ddpm",
                "    components: unet (UNet2DModel), scheduler (DDPMScheduler)", "    1,623,169 parameters",
                "    makes pictures of 28×28 pixels, grey", "    knows no classes");
        for (String model : new String[] {"fashion-cnn", "digits-cnn", "fashion-gan", "digits-wavegan",
                "fashion-patches"}) {
            assertThat(shell.run("models", model)).as(shell.err()).isZero();
            assertThat(shell.out()).containsPattern("\\d parameters").contains("knows 10 classes: ");
        }
    }

    @Test
    void saysWhyAFolderCannotBeUsed() throws IOException {
        assertThat(shell.run("models", folder.resolve("nowhere").toString())).isEqualTo(1);
        assertThat(shell.err()).contains("nowhere: is no folder").hasLineCount(1);
        assertThat(shell.run("models", folder.toString())).isEqualTo(1);
        assertThat(shell.err()).contains("holds no model_index.json").hasLineCount(1);
        Files.writeString(folder.resolve("model_index.json"), "{\"_class_name\": \"FluxPipeline\"}");
        assertThat(shell.run("models", folder.toString())).isEqualTo(1);
        assertThat(shell.err()).contains("is a FluxPipeline, which this library does not know").hasLineCount(1);
        Files.writeString(folder.resolve("model_index.json"), "{\"_class_name\": \"DDPMPipeline\", \"unet\": "
                + "[\"diffusers\", \"UNet2DModel\"], \"scheduler\": [\"diffusers\", \"DDPMScheduler\"]}");
        assertThat(shell.run("models", folder.toString())).isEqualTo(1);
        assertThat(shell.err()).contains("unet/config.json").contains("does not exist").hasLineCount(1);
    }
}
