package io.zoetrope.cli;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** The kinds of models as {@code zoetrope generate} tells them apart, and the options that each takes. */
enum ModelKind {
    DIFFUSION("DDPMPipeline", "a diffusion model", Set.of("--steps", "--sampler", "--eta", "--film")),
    GAN("GanPipeline", "an adversarial model", Set.of("--class", "--interpolate", "--frames")),
    PATCHES("PatchesPipeline", "a transformer over patches",
            Set.of("--class", "--steps", "--decode", "--temperature", "--top-k", "--top-p", "--guidance")),
    SOUNDS("WaveGanPipeline", "an adversarial model of sounds", Set.of("--class", "--spectrogram"));

    private final String pipelineClass;
    private final String description;
    private final Set<String> options;

    ModelKind(String pipelineClass, String description, Set<String> options) {
        this.pipelineClass = pipelineClass;
        this.description = description;
        this.options = options;
    }

    /** The kind whose folders say this of themselves; empty for models that generate nothing. */
    static Optional<ModelKind> of(String pipelineClass) {
        return Arrays.stream(values()).filter(kind -> kind.pipelineClass.equals(pipelineClass)).findFirst();
    }

    /** With its article: a diffusion model. */
    String description() {
        return description;
    }

    /** The names of the options that this kind takes and others do not. */
    Set<String> options() {
        return options;
    }
}
