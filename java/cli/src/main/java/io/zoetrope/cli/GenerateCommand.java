package io.zoetrope.cli;

import io.zoetrope.data.AtomicFiles;
import io.zoetrope.data.Film;
import io.zoetrope.data.Images;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.pipeline.Progress;
import io.zoetrope.pipeline.Sampling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code zoetrope generate}: pictures from noise. */
@Command(name = "generate", description = "Make pictures with a diffusion model: a grid as PNG, the way there as GIF.")
final class GenerateCommand implements Callable<Integer> {
    private static final int MOST_FRAMES = 60;
    private static final int MILLIS_PER_FRAME = 80;
    private static final int MILLIS_LAST_FRAME = 2000;
    /** Small pictures are enlarged so that the grid is about this wide. */
    private static final int PLEASANT_WIDTH = 480;
    private static final int MOST_ENLARGED = 8;

    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "NAME|DIR",
            description = "A model that ships with Zoetrope, or a model's folder. Default: the shipped one.")
    private Optional<String> model;

    @Option(names = "--count", defaultValue = "64", description = "How many pictures. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(names = "--steps", defaultValue = "50",
            description = "Denoising steps: more are slower and better. Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(names = "--sampler", paramLabel = "ddpm|ddim|dpm++2m", defaultValue = "ddim",
            description = "How to walk from noise to picture. Default: ${DEFAULT-VALUE}.")
    private String sampler;

    @Option(names = "--eta", defaultValue = "0",
            description = "DDIM's share of fresh noise, 0 to 1. Default: ${DEFAULT-VALUE}.")
    private double eta;

    @Option(names = "--seed", defaultValue = "7",
            description = "The same seed gives the same pictures. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--out", paramLabel = "FILE.png", defaultValue = "fashion.png",
            description = "Where the grid goes. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--film", paramLabel = "FILE.gif", description = "Also show the denoising from noise to picture.")
    private Optional<Path> film;

    @Mixin
    private DeviceOption deviceOption;

    GenerateCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        Sampling sampling = sampling();
        AtomicFiles.requireWritable(out);
        if (film.isPresent()) {
            AtomicFiles.requireWritable(film.get());
        }
        long start = System.nanoTime();
        List<Images> frames = new ArrayList<>();
        Progress progress = TerminalProgress.ifWatched();
        Images images;
        try {
            images = surroundings.work().generate(deviceOption.device, model, sampling, film.map(file ->
                    new Work.Film((steps + MOST_FRAMES - 1) / MOST_FRAMES, batch -> frames.add(shown(batch)))), progress);
        } finally {
            progress.end();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        shown(images).writePng(out);
        surroundings.out().printf(Locale.ROOT, "%s: %d pictures, %d steps of %s, seed %d, %.1f s%n", out, count, steps,
                sampler, seed, seconds);
        if (film.isPresent()) {
            Film.writeGif(film.get(), frames, MILLIS_PER_FRAME, MILLIS_LAST_FRAME);
            surroundings.out().println(film.get() + ": " + frames.size() + " frames");
        }
        return 0;
    }

    private Sampling sampling() {
        try {
            return Sampling.count(count).steps(steps).sampler(Sampler.named(sampler, eta)).seed(seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /** A square-ish grid, large enough to look at. */
    private static Images shown(Images images) {
        Images grid = images.grid((int) Math.ceil(Math.sqrt(images.count())));
        return grid.enlarged(Math.max(1, Math.min(MOST_ENLARGED, PLEASANT_WIDTH / grid.width())));
    }
}
