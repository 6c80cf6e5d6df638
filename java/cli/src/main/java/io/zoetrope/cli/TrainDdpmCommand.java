package io.zoetrope.cli;

import io.zoetrope.data.BadFileException;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.pipeline.Config;
import io.zoetrope.pipeline.Progress;
import io.zoetrope.pipeline.RunFolder;
import io.zoetrope.pipeline.TrainRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code zoetrope train ddpm}: a diffusion model from pictures. */
@Command(name = "ddpm", description = "Train a diffusion model on pictures. A run can be stopped at any moment and goes "
        + "on with --resume as if it had not been.")
final class TrainDdpmCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Option(names = "--data", paramLabel = "fashion-mnist|DIR",
            description = "What to learn from: a known data set, or a folder with its files or with PNGs. A resumed run "
                    + "knows its own.")
    private Optional<String> data;

    @Option(names = "--steps", defaultValue = "10000",
            description = "Steps in all, those before a resume included. Default: ${DEFAULT-VALUE}.")
    private long steps;

    @Option(names = "--batch", defaultValue = "64", description = "Pictures a step. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(names = "--seed", defaultValue = "7",
            description = "Of the weights, the order of the data and the noise. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--run", paramLabel = "DIR", defaultValue = "runs/ddpm",
            description = "The run's folder: settings, losses, plots, samples, checkpoints, the model. Default: "
                    + "${DEFAULT-VALUE}.")
    private Path run;

    @Option(names = "--resume", description = "Go on with the run in --run; its batch and seed stay as they were.")
    private boolean resume;

    @Option(names = "--save-every", paramLabel = "STEPS", defaultValue = "500",
            description = "Steps between checkpoints. Default: ${DEFAULT-VALUE}.")
    private int saveEvery;

    @Option(names = "--sample-every", paramLabel = "STEPS", defaultValue = "1000",
            description = "Steps between grids of samples, 0 for none. Default: ${DEFAULT-VALUE}.")
    private int sampleEvery;

    @Mixin
    private DeviceOption deviceOption;

    TrainDdpmCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        TrainRequest request = request();
        Progress progress = TerminalProgress.ifWatched();
        Path model;
        try {
            model = surroundings.work().trainDdpm(deviceOption.device, request, progress);
        } finally {
            progress.end();
        }
        surroundings.out().println(model + ": trained for " + steps + " steps; see it with 'zoetrope generate --model "
                + model + "'");
        return 0;
    }

    private TrainRequest request() throws IOException {
        if (data.isEmpty() && !resume) {
            throw new ParameterException(spec.commandLine(), "missing --data: give " + DataSets.names()
                    + " or a folder of pictures (or --resume for a run that knows its data)");
        }
        if (steps < 1) {
            throw new ParameterException(spec.commandLine(), "--steps must be at least 1, not " + steps);
        }
        Config settings = resume ? settingsOfRun() : Config.empty();
        String source = data.isPresent() ? data.get() : dataOf(settings);
        ImageDataset set = DataSets.load(source, surroundings.places());
        try {
            return new TrainRequest(set, steps, settings.integer("batch", batch),
                    settings.has("seed") ? settings.longInteger("seed") : seed, run, resume, saveEvery, sampleEvery);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Config settingsOfRun() throws IOException {
        try (RunFolder folder = RunFolder.resume(run)) {
            return folder.config();
        }
    }

    private String dataOf(Config settings) throws IOException {
        if (!settings.has("data")) {
            throw BadFileException.of(run, "its config.json does not say which data it was trained on",
                    "a setting 'data'", "Give --data");
        }
        return settings.text("data");
    }
}
