package io.zoetrope.cli;

import io.zoetrope.diffusion.Sampler;
import io.zoetrope.model.ddpm.Sampling;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What {@code zoetrope generate} takes for diffusion models alone. */
final class DiffusionOptions {
    /** Denoising steps where the user names none. */
    static final int STEPS = 50;

    @Option(names = "--sampler", paramLabel = "ddpm|ddim|dpm++2m",
            description = "How to walk from noise to picture. Default: ddim.")
    private String sampler = "ddim";

    @Option(names = "--eta", description = "DDIM's share of fresh noise, 0 to 1. Default: 0.")
    private double eta;

    @Option(names = "--film", paramLabel = "FILE.gif", description = "Also show the denoising from noise to picture.")
    Optional<Path> film = Optional.empty();

    /** @throws IllegalArgumentException naming what is out of range */
    Sampling sampling(int count, int steps, long seed) {
        return Sampling.count(count).steps(steps).sampler(Sampler.named(sampler, eta)).seed(seed);
    }

    String sampler() {
        return sampler;
    }
}
