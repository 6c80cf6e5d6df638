package io.zoetrope.cli;

import io.zoetrope.model.cnn.CnnPipeline;
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
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zoetrope classify}: what is in pictures, or what is heard in sounds. */
@Command(name = "classify", description = "Say what pictures show or sounds say. Each is made such as the model was trained on: "
        + "a picture resized, its colours reduced, inverted where its background is light and the model's is dark; a sound "
        + "resampled, cut or put in silence, made as loud. What was done is said.")
final class ClassifyCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Pictures of any size: PNG, JPEG, GIF or BMP; or sounds of "
            + "any rate and length: WAV.")
    private List<Path> files;

    @Option(names = "--top", paramLabel = "COUNT", defaultValue = "3",
            description = "Likeliest classes to name. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Option(names = "--model", paramLabel = "NAME|DIR", description = "A classifier that ships with Zoetrope, or a model's "
            + "folder. Default: " + CnnPipeline.FASHION_CNN + ", " + CnnPipeline.DIGITS_CNN + " where all files end with .wav.")
    private Optional<String> model;

    @Mixin
    private DeviceOption deviceOption;

    ClassifyCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        if (top < 1) {
            throw new ParameterException(spec.commandLine(), "--top must be at least 1, not " + top);
        }
        List<Work.Recognised> answers = surroundings.work().classify(deviceOption.device, model.orElseGet(this::usualModel),
                files);
        for (int i = 0; i < files.size(); i++) {
            Work.Recognised answer = answers.get(i);
            surroundings.out().println(files.get(i) + ": " + answer.preparation());
            float[] p = answer.probabilities();
            IntStream.range(0, p.length).boxed().sorted((a, b) -> Float.compare(p[b], p[a])).limit(top)
                    .forEach(c -> surroundings.out().println(String.format(Locale.ROOT, "  %5.1f %%  %s", 100 * p[c],
                            answer.classNames().get(c))));
        }
        return 0;
    }

    private String usualModel() {
        return files.stream().allMatch(file -> file.toString().toLowerCase(Locale.ROOT).endsWith(".wav"))
                ? CnnPipeline.DIGITS_CNN : CnnPipeline.FASHION_CNN;
    }
}
