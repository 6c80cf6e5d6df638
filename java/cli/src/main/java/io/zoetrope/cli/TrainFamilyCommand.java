package io.zoetrope.cli;

import io.zoetrope.data.DataSets;
import io.zoetrope.data.Dataset;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What {@code zoetrope train} does the same for every kind of model. */
abstract class TrainFamilyCommand implements Callable<Integer> {
    private final Surroundings surroundings;
    private final TrainingFamily family;
    private final long usualSteps;
    private final int usualBatch;

    @Spec
    CommandSpec spec;

    @Option(names = "--data", paramLabel = "NAME|DIR",
            description = "What to learn from: a known data set, or a folder with its files or with files of its kind, "
                    + "such as PNGs. A resumed run knows its own.")
    private Optional<String> data;

    @Option(names = "--steps", description = "Steps in all, those before a resume included. Default: the model's own.")
    private Optional<Long> steps;

    @Option(names = "--batch", description = "Examples a step. Default: the model's own.")
    private Optional<Integer> batch;

    @Option(names = "--seed", defaultValue = "7",
            description = "Of the weights, the order of the data and the noise. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--run", paramLabel = "DIR",
            description = "The run's folder: settings, losses, plots, samples, checkpoints, the model. Default: runs/ and "
                    + "the model's kind.")
    private Optional<Path> run;

    @Option(names = "--resume", description = "Go on with the run in --run; its settings stay as they were.")
    private boolean resume;

    @Option(names = "--save-every", paramLabel = "STEPS", defaultValue = "500",
            description = "Steps between checkpoints. Default: ${DEFAULT-VALUE}.")
    private int saveEvery;

    @Option(names = "--sample-every", paramLabel = "STEPS", defaultValue = "1000",
            description = "Steps between samples, 0 for none. Default: ${DEFAULT-VALUE}.")
    private int sampleEvery;

    @Mixin
    private DeviceOption deviceOption;

    /**
     * @param usualSteps steps where the user names none
     * @param usualBatch examples a step where the user names none
     */
    TrainFamilyCommand(Surroundings surroundings, TrainingFamily family, long usualSteps, int usualBatch) {
        this.surroundings = surroundings;
        this.family = family;
        this.usualSteps = usualSteps;
        this.usualBatch = usualBatch;
    }

    /** The options of this kind of model alone. */
    Config options() {
        return Config.empty();
    }

    /** A command that shows what {@code model} can do. */
    abstract String use(Path model);

    /** Steps where the user names none. */
    long usualSteps(Dataset set) {
        return usualSteps;
    }

    /** The known data sets of this kind. */
    List<String> dataNames() {
        return DataSets.names();
    }

    /** The data called {@code source}. */
    Dataset load(String source) throws IOException {
        return DataSets.load(source, surroundings.places());
    }

    @Override
    public final Integer call() throws IOException {
        TrainRequest request = request();
        Path model = TerminalProgress.during(progress ->
                surroundings.work().train(deviceOption.device, family, request, progress));
        surroundings.out().println(model + ": trained for " + request.steps() + " steps; see it with '" + use(model) + "'");
        return 0;
    }

    private TrainRequest request() throws IOException {
        if (data.isEmpty() && !resume) {
            throw new ParameterException(spec.commandLine(), "missing --data: give " + dataNames()
                    + " or a folder (or --resume for a run that knows its data)");
        }
        if (steps.isPresent() && steps.get() < 1) {
            throw new ParameterException(spec.commandLine(), "--steps must be at least 1, not " + steps.get());
        }
        Path folder = run.orElse(Path.of("runs", family.name()));
        Config settings = resume ? settingsOf(folder) : Config.empty();
        Dataset set = load(data.isPresent() ? data.get() : dataOf(settings, folder));
        try {
            long wanted = steps.orElseGet(() -> usualSteps(set));
            TrainRequest request = new TrainRequest(set, wanted, settings.integer("batch", batch.orElse(usualBatch)),
                    settings.has("seed") ? settings.longInteger("seed") : seed, folder, resume, saveEvery, sampleEvery,
                    options());
            family.settings(request);
            return request;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static Config settingsOf(Path run) throws IOException {
        try (RunFolder folder = RunFolder.resume(run)) {
            return folder.config();
        }
    }

    private static String dataOf(Config settings, Path run) throws IOException {
        if (!settings.has("data")) {
            throw BadFileException.of(run, "its config.json does not say which data it was trained on",
                    "a setting 'data'", "Give --data");
        }
        return settings.text("data");
    }
}
