package io.zoetrope.cli;

import io.zoetrope.data.Film;
import io.zoetrope.data.Images;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.model.patches.decode.PatchesSampling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code zoetrope generate}: pictures or sounds from noise, by a model of any kind. */
@Command(name = "generate", description = "Make pictures, a grid as PNG, or sounds, one after the other as WAV. What else can "
        + "be said depends on the kind of model.")
final class GenerateCommand implements Callable<Integer> {
    private static final int MOST_FRAMES = 60;
    private static final int MOST_WALK = 1000;
    /** Seconds of silence between sounds. */
    private static final double PAUSE = 0.25;
    private static final int MILLIS_PER_FRAME = 80;
    private static final int MILLIS_LAST_FRAME = 2000;
    /** Small pictures are enlarged so that the grid is about this wide. */
    private static final int PLEASANT_WIDTH = 480;
    private static final int MOST_ENLARGED = 8;

    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "NAME|DIR", defaultValue = PretrainedModels.FASHION_DDPM,
            description = "A model that ships with Zoetrope, or a model's folder. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(names = "--count", defaultValue = "64", description = "How many. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(names = "--seed", defaultValue = "7",
            description = "The same seed gives the same pictures. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--out", paramLabel = "FILE", defaultValue = "fashion.png",
            description = "Where the grid or the sounds go. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--steps", description = "Steps of a diffusion model, or rounds of --decode maskgit: more are slower and "
            + "better. Default: " + DiffusionOptions.STEPS + ", or 12.")
    private Optional<Integer> steps;

    @Mixin
    private ClassOption wanted;

    @ArgGroup(validate = false, heading = "%nFor diffusion models:%n")
    private final DiffusionOptions diffusion = new DiffusionOptions();

    @ArgGroup(validate = false, heading = "%nFor adversarial models:%n")
    private final GanOptions gan = new GanOptions();

    @ArgGroup(validate = false, heading = "%nFor transformers over patches:%n")
    private final PatchesOptions patches = new PatchesOptions();

    @Option(names = "--spectrogram", paramLabel = "FILE.png", description = "Also show sounds over time and pitch.")
    private Optional<Path> spectrogram;

    @Mixin
    private DeviceOption deviceOption;

    GenerateCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /** What was made, and how, in a few words. */
    private record Made(Images images, String how) {
    }

    @Override
    public Integer call() throws IOException {
        AtomicFiles.requireWritable(out);
        ModelKind kind = kind();
        requireOptionsOf(kind);
        if (kind == ModelKind.SOUNDS) {
            return sounds();
        }
        long start = System.nanoTime();
        Made made = switch (kind) {
            case DIFFUSION -> diffusion();
            case GAN -> gan();
            case PATCHES -> patches();
            case SOUNDS -> throw new IllegalStateException("sounds are no pictures");
        };
        double seconds = (System.nanoTime() - start) / 1e9;
        shown(made.images).writePng(out);
        surroundings.out().printf(Locale.ROOT, "%s: %d pictures, %s, seed %d, %.1f s%n", out, count, made.how, seed, seconds);
        return 0;
    }

    private ModelKind kind() throws IOException {
        String pipelineClass = surroundings.work().pipelineClass(model);
        return ModelKind.of(pipelineClass).orElseThrow(() -> new ParameterException(spec.commandLine(), "--model " + model
                + " is a " + pipelineClass + ", which generates nothing: expected "
                + Arrays.stream(ModelKind.values()).map(ModelKind::description).collect(Collectors.joining(" or "))));
    }

    /** An option of another kind of model is a misunderstanding, not something to pass over. */
    private void requireOptionsOf(ModelKind kind) {
        Set<String> given = new TreeSet<>();
        spec.commandLine().getParseResult().matchedOptions().forEach(option -> given.add(option.longestName()));
        for (ModelKind other : ModelKind.values()) {
            for (String option : other.options()) {
                if (given.contains(option) && !kind.options().contains(option)) {
                    throw new ParameterException(spec.commandLine(), option + " is for " + other.description() + "; " + model
                            + " is " + kind.description() + " and takes " + new TreeSet<>(kind.options()));
                }
            }
        }
    }

    private Made diffusion() throws IOException {
        int total = steps.orElse(DiffusionOptions.STEPS);
        Sampling sampling = asked(() -> diffusion.sampling(count, total, seed));
        if (diffusion.film.isPresent()) {
            AtomicFiles.requireWritable(diffusion.film.get());
        }
        List<Images> frames = new ArrayList<>();
        Optional<Work.Film> film = diffusion.film.map(file -> new Work.Film((total + MOST_FRAMES - 1) / MOST_FRAMES,
                batch -> frames.add(shown(batch))));
        Images images = TerminalProgress.during(progress ->
                surroundings.work().generate(deviceOption.device, model, sampling, film, progress));
        if (film.isPresent()) {
            writeFilm(diffusion.film.get(), frames);
        }
        return new Made(images, total + " steps of " + diffusion.sampler());
    }

    private Made gan() throws IOException {
        asked(() -> Sampling.count(count));
        if (gan.frames < 2 || gan.frames > MOST_WALK) {
            throw new ParameterException(spec.commandLine(), "--frames must be between 2 and " + MOST_WALK + ", not "
                    + gan.frames);
        }
        if (gan.interpolate.isPresent()) {
            AtomicFiles.requireWritable(gan.interpolate.get());
        }
        List<Images> frames = new ArrayList<>();
        Optional<Work.Walk> walk = gan.interpolate.map(file -> new Work.Walk(gan.frames, batch -> frames.add(shown(batch))));
        Images images = TerminalProgress.during(progress -> surroundings.work().generateGan(deviceOption.device, model,
                new Work.Order(count, seed, names -> asked(() -> wanted.number(names))), walk, progress));
        if (walk.isPresent()) {
            writeFilm(gan.interpolate.get(), frames);
        }
        return new Made(images, "one pass each");
    }

    private Made patches() throws IOException {
        Images images = TerminalProgress.during(progress -> surroundings.work().generatePatches(deviceOption.device, model,
                names -> asked(() -> patches.sampling(PatchesSampling.count(count).seed(seed), wanted, steps,
                        names)), progress));
        return new Made(images, "patch by patch");
    }

    private int sounds() throws IOException {
        asked(() -> Sampling.count(count));
        if (!out.toString().toLowerCase(Locale.ROOT).endsWith(".wav")) {
            throw new ParameterException(spec.commandLine(), model + " makes sounds: give --out a name that ends with .wav, not "
                    + out);
        }
        if (spectrogram.isPresent()) {
            AtomicFiles.requireWritable(spectrogram.get());
        }
        long start = System.nanoTime();
        Sounds sounds = TerminalProgress.during(progress -> surroundings.work().generateSounds(deviceOption.device, model,
                new Work.Order(count, seed, names -> asked(() -> wanted.number(names))), progress));
        sounds.joined(PAUSE).writeWav(out);
        surroundings.out().printf(Locale.ROOT, "%s: %d sounds of %.1f s, seed %d, %.1f s%n", out, count, sounds.seconds(), seed,
                (System.nanoTime() - start) / 1e9);
        if (spectrogram.isPresent()) {
            MelSpectrogram.DISPLAY.pictures(sounds).grid((int) Math.ceil(Math.sqrt(count))).writePng(spectrogram.get());
            surroundings.out().println(spectrogram.get() + ": their spectrograms");
        }
        return 0;
    }

    private void writeFilm(Path file, List<Images> frames) throws IOException {
        Film.writeGif(file, frames, MILLIS_PER_FRAME, MILLIS_LAST_FRAME);
        surroundings.out().println(file + ": " + frames.size() + " frames");
    }

    /** A request made of the options; one that is out of range is wrong usage. */
    private <T> T asked(Supplier<T> request) {
        try {
            return request.get();
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
