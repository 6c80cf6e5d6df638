package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Dataset;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import io.zoetrope.train.TrainingEvent;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.Tuning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine;

/** {@code zoetrope train FAMILY}. */
final class TrainFamilyCommand implements Callable<Integer> {
    private final Surroundings surroundings;
    private final ModelFamily family;
    private final TrainingFamily training;

    @Spec
    private CommandSpec spec;

    @CommandLine.Option(names = "--data", paramLabel = "NAME|DIR",
            description = "What to learn from: a known data set, or a folder with its files or with files of its kind, "
                    + "such as PNGs. A resumed run knows its own.")
    private Optional<String> data;

    @CommandLine.Option(names = "--steps", description = "Steps in all, those before a resume included. Default: the "
            + "model's own, or those a resumed run was started for.")
    private Optional<Long> steps;

    @CommandLine.Option(names = "--batch", description = "Examples a step. Default: the model's own.")
    private Optional<Integer> batch;

    @CommandLine.Option(names = "--seed", defaultValue = "7",
            description = "Of the weights, the order of the data and the noise. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @CommandLine.Option(names = "--run", paramLabel = "DIR",
            description = "The run's folder: settings, losses, plots, samples, checkpoints, the model. Default: runs/ and "
                    + "the model's kind.")
    private Optional<Path> run;

    @CommandLine.Option(names = "--resume",
            description = "Go on with the run in --run; its settings stay as they " + "were.")
    private boolean resume;

    @CommandLine.Option(names = "--save-every", paramLabel = "STEPS", defaultValue = "500",
            description = "Steps between checkpoints. Default: ${DEFAULT-VALUE}.")
    private int saveEvery;

    @CommandLine.Option(names = "--sample-every", paramLabel = "STEPS", defaultValue = "1000",
            description = "Steps between samples, 0 for none. Default: ${DEFAULT-VALUE}.")
    private int sampleEvery;

    @Mixin
    private DeviceOption deviceOption;

    TrainFamilyCommand(Surroundings surroundings, ModelFamily family, TrainingFamily training) {
        this.surroundings = surroundings;
        this.family = family;
        this.training = training;
    }

    CommandSpec spec() {
        CommandSpec command = CommandSpec.forAnnotatedObject(this).name(training.name());
        command.usageMessage().description(DeclaredOptions.shown(training.course().about()).replace("%", "%%"));
        training.course().options().forEach(option -> command.add(DeclaredOptions.argument(option)));
        if (training.untunable().isPresent()) { // taken all the same, to say why they are refused
            Tuning.options().forEach(option -> command.add(DeclaredOptions.hidden(option)));
        } else {
            ArgGroupSpec.Builder tuning = ArgGroupSpec.builder().validate(false)
                    .heading("%nTo begin with another model, or to train a part of one:%n");
            Tuning.options().forEach(option -> tuning.addArg(DeclaredOptions.argument(option)));
            command.addArgGroup(tuning.build());
        }
        return command;
    }

    @Override
    public Integer call() throws IOException {
        TrainRequest request = request();
        Optional<Path> model = GracefulStop.during(surroundings, () -> TerminalProgress.during(progress -> {
            try (Device device = surroundings.devices().apply(deviceOption.device)) {
                return new Trainer(device).withListener(this::hear).train(training, request, progress);
            }
        }), "zoetrope train " + training.name() + " --resume --run " + request.run());
        if (model.isEmpty()) {
            return Main.FAILED;
        }
        surroundings.say(model.get() + ": trained for " + request.steps() + " steps; see it with '"
                + use(model.get(), request) + "'");
        return 0;
    }

    /** Says what a run began with, and how much of its model it trains, where that is not everything. */
    private void hear(TrainingEvent event) {
        if (event instanceof TrainingEvent.Begun begun) {
            begun.transfer()
                    .ifPresent(report -> surroundings.say("begins with " + begun.tuning().from().orElseThrow() + ": "
                            + report.loaded().size() + " tensors taken, " + told(report.skipped(), "left out") + ", "
                            + told(report.fresh(), "made anew")));
            if (begun.trained() != begun.parameters()) {
                surroundings.say(String.format(Locale.ROOT, "trains %,d numbers for a model of %,d (%.1f %%)",
                        begun.trained(), begun.parameters(), 100.0 * begun.trained() / begun.parameters()));
            }
        }
    }

    private static String told(List<String> names, String what) {
        return names.isEmpty() ? "none " + what : names.size() + " " + what + " (" + String.join(", ", names) + ")";
    }

    /** A command that shows what {@code model} can do. */
    private String use(Path model, TrainRequest request) throws IOException {
        Action.Kind kind = family.show(request.options());
        Action action = family.actions(kind).get(0);
        StringBuilder use = new StringBuilder("zoetrope " + Specs.nameOf(kind));
        if (kind == Action.Kind.EVALUATE || kind == Action.Kind.EXPLAIN) {
            use.append(' ').append(action.name());
        }
        boolean takesData = action.options().stream()
                .anyMatch(option -> option.name().equals(CommonOptions.DATA.name()));
        action.options().stream()
                .filter(option -> option.isRequired() && !option.name().equals(CommonOptions.DATA.name()))
                .forEach(option -> use.append(' ').append(option.isPositional() ? option.label()
                        : DeclaredOptions.flag(option.name()) + " " + option.label()));
        use.append(" --model ").append(model);
        if (takesData) {
            use.append(" --data ").append(request.data().name());
        }
        return use.toString();
    }

    private TrainRequest request() throws IOException {
        if (data.isEmpty() && !resume) {
            throw new ParameterException(spec.commandLine(),
                    "missing --data: give " + training.course().learnsFrom().dataNames()
                            + " or a folder (or --resume for a run that knows its data)");
        }
        if (steps.isPresent() && steps.get() < 1) {
            throw new ParameterException(spec.commandLine(), "--steps must be at least 1, not " + steps.get());
        }
        Path folder = run.orElse(Path.of("runs", training.name()));
        Config settings = resume ? settingsOf(folder) : Config.empty();
        requireOwn(folder, settings, "batch", batch.map(Integer::longValue));
        requireOwn(folder, settings, "seed",
                spec.commandLine().getParseResult().hasMatchedOption("--seed") ? Optional.of(seed) : Optional.empty());
        Dataset set = training.course().learnsFrom().load(data.isPresent() ? data.get() : dataOf(settings, folder),
                surroundings.places());
        Config options = Config.empty();
        for (Option<?> option : training.allOptions()) {
            options = DeclaredOptions.with(options, option, spec.commandLine().getParseResult());
        }
        try {
            long wanted = steps.isPresent() ? steps.get() : settings.has("steps") ? settings.longInteger("steps")
                    : training.course().usualSteps().applyAsLong(set);
            TrainRequest request = new TrainRequest(set, wanted,
                    settings.integer("batch", batch.orElse(training.course().usualBatch())),
                    settings.has("seed") ? settings.longInteger("seed") : seed, folder, resume, saveEvery, sampleEvery,
                    options);
            training.settings(request);
            if (!resume) { // a run knows its own: what is given again need not be whole
                training.tuning(request);
            }
            return request;
        } catch (OptionException e) {
            throw DeclaredOptions.wrongUsage(spec, e);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /** What is given again to a run is what it has. */
    private static void requireOwn(Path run, Config settings, String name, Optional<Long> given)
            throws BadFileException {
        if (given.isPresent() && settings.has(name) && settings.longInteger(name) != given.get()) {
            throw BadFileException.of(run, "was started with " + name + " " + settings.longInteger(name),
                    "the options it was started with, not " + name + " " + given.get(),
                    "Leave the option out, or start a new run");
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
