package io.zoetrope.cli;

import io.zoetrope.data.ImageFiles;
import io.zoetrope.figures.AttentionFigure;
import io.zoetrope.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zoetrope explain attention}: which patches one patch of a picture looks at. */
@Command(name = "attention", description = "Show which patches of a picture one of them looks at, for every layer and head of "
        + "a transformer of patches.")
final class ExplainAttentionCommand implements Callable<Integer> {
    private static final Pattern PLACE = Pattern.compile("(\\d{1,4}),(\\d{1,4})");

    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "IMAGE", description = "A picture of any size: PNG, JPEG, GIF or BMP.")
    private Path image;

    @Option(names = "--patch", paramLabel = "ROW,COL", required = true,
            description = "The patch that looks, counted from 0 at the top left, such as 3,2.")
    private String patch;

    @Option(names = "--model", paramLabel = "NAME|DIR", defaultValue = "fashion-patches",
            description = "A model of patches that ships with Zoetrope, or a model's folder. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(names = "--out", paramLabel = "FILE.png", defaultValue = "attention.png",
            description = "Where the figure goes. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Mixin
    private DeviceOption deviceOption;

    ExplainAttentionCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        AtomicFiles.requireWritable(out);
        Matcher place = PLACE.matcher(patch);
        if (!place.matches()) {
            throw new ParameterException(spec.commandLine(), "--patch is '" + patch + "', expected ROW,COL such as 3,2");
        }
        int row = Integer.parseInt(place.group(1));
        int column = Integer.parseInt(place.group(2));
        Work.Attention seen = surroundings.work().attention(deviceOption.device, model, image);
        if (row >= seen.maps().rows() || column >= seen.maps().columns()) {
            throw new ParameterException(spec.commandLine(), "--patch is " + patch + ", but this model's pictures have "
                    + seen.maps().rows() + " rows and " + seen.maps().columns() + " columns of patches, counted from 0");
        }
        ImageFiles.writePng(out, AttentionFigure.draw(seen.picture(), seen.maps(), row, column));
        surroundings.out().println(image + ": " + seen.preparation());
        surroundings.out().println(out + ": " + seen.maps().layers() + " layers of " + seen.maps().heads()
                + " heads; brighter is looked at more, the frame is patch " + patch);
        return 0;
    }
}
