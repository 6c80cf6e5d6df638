package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Media;
import io.zoetrope.data.Preparation;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.Classifier;
import io.zoetrope.model.ModelFamilies;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zoetrope classify}: what is in pictures, or what is heard in sounds. */
@Command(name = "classify",
        description = "Say what pictures show or sounds say. Each is made such as the model was trained on: "
                + "a picture resized, its colours reduced, inverted where its background is light and the model's is dark; a sound "
                + "resampled, cut or put in silence, made as loud. What was done is said.")
final class ClassifyCommand implements io.zoetrope.cli.Command, Callable<Integer> {
    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "1..*",
            description = "Pictures of any size: PNG, JPEG, GIF or BMP; or sounds of " + "any rate and length: WAV.")
    private List<Path> files;

    @Option(names = "--top", paramLabel = "COUNT", defaultValue = "3",
            description = "Likeliest classes to name. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Option(names = "--model", paramLabel = "NAME|DIR")
    private Optional<String> model;

    @Mixin
    private DeviceOption deviceOption;

    ClassifyCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public CommandSpec spec() {
        CommandSpec command = CommandSpec.forAnnotatedObject(this);
        OptionSpec plain = command.findOption("--model");
        ModelFamilies families = ModelFamilies.installed();
        return command.remove(plain).add(OptionSpec.builder(plain)
                .description("A classifier that ships with Zoetrope, " + "or a model's folder. Default: "
                        + families.usualClassifier(Media.PICTURES) + ", " + families.usualClassifier(Media.SOUNDS)
                        + " where all files end with " + Media.SOUNDS.suffix() + ".")
                .build());
    }

    @Override
    public Integer call() throws IOException {
        if (top < 1) {
            throw new ParameterException(spec.commandLine(), "--top must be at least 1, not " + top);
        }
        boolean failed = false;
        try (Device device = surroundings.devices().apply(deviceOption.device); Classifier classifier = ModelFamilies
                .installed().openClassifier(device, model.orElseGet(this::usualModel))) {
            for (Path file : files) {
                try {
                    show(file, classifier);
                } catch (IOException e) {
                    failed = true;
                    surroundings.complain(Main.oneLine(e));
                }
            }
        }
        return failed ? Main.FAILED : 0;
    }

    private void show(Path file, Classifier classifier) throws IOException {
        Preparation.Prepared prepared = classifier.preparation().read(file);
        float[] p = classifier.classify(prepared.image(), Progress.none())[0];
        surroundings.say(file + ": " + prepared.describe());
        IntStream.range(0, p.length).boxed().sorted((a, b) -> Float.compare(p[b], p[a])).limit(top)
                .forEach(c -> surroundings
                        .say(String.format(Locale.ROOT, "  %5.1f %%  %s", 100 * p[c], classifier.classNames().get(c))));
    }

    private String usualModel() {
        return ModelFamilies.installed()
                .usualClassifier(files.stream()
                        .allMatch(file -> file.toString().toLowerCase(Locale.ROOT).endsWith(Media.SOUNDS.suffix()))
                                ? Media.SOUNDS : Media.PICTURES);
    }
}
