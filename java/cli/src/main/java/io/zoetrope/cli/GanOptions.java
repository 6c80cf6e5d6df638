package io.zoetrope.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What {@code zoetrope generate} takes for adversarial models alone. */
final class GanOptions {
    @Option(names = "--interpolate", paramLabel = "FILE.gif",
            description = "Also show the pictures change into one another, on a round over the sphere of latent vectors.")
    Optional<Path> interpolate = Optional.empty();

    @Option(names = "--frames", description = "Frames of --interpolate. Default: 48.")
    int frames = 48;
}
