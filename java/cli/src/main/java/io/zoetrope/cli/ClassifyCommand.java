package io.zoetrope.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zoetrope classify}: what is in pictures. */
@Command(name = "classify", description = "Say what pictures show. Each is made such as the model was trained on: resized, "
        + "its colours reduced, inverted where its background is light and the model's is dark; what was done is said.")
final class ClassifyCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "Pictures of any size: PNG, JPEG, GIF or BMP.")
    private List<Path> images;

    @Option(names = "--top", paramLabel = "COUNT", defaultValue = "3",
            description = "Likeliest classes to name. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Option(names = "--model", paramLabel = "NAME|DIR", defaultValue = "fashion-cnn",
            description = "A classifier that ships with Zoetrope, or a model's folder. Default: ${DEFAULT-VALUE}.")
    private String model;

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
        List<Work.Recognised> answers = surroundings.work().classify(deviceOption.device, model, images);
        for (int i = 0; i < images.size(); i++) {
            Work.Recognised answer = answers.get(i);
            surroundings.out().println(images.get(i) + ": " + answer.preparation());
            float[] p = answer.probabilities();
            IntStream.range(0, p.length).boxed().sorted((a, b) -> Float.compare(p[b], p[a])).limit(top)
                    .forEach(c -> surroundings.out().println(String.format(Locale.ROOT, "  %5.1f %%  %s", 100 * p[c],
                            answer.classNames().get(c))));
        }
        return 0;
    }
}
