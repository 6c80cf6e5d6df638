package io.zoetrope.cli;

import io.zoetrope.data.Images;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.model.patches.decode.PatchSelection;
import io.zoetrope.model.patches.decode.PatchesSampling;
import io.zoetrope.model.patches.decode.PatchesSampling.Decode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zoetrope complete}: a part of a picture is kept, the rest is made anew. */
@Command(name = "complete", description = "Keep a part of a picture and make the rest anew, several times: a row of pictures "
        + "as PNG, the given one first.")
final class CompleteCommand implements Callable<Integer> {
    private static final int ENLARGED = 4;

    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "IMAGE", description = "A picture of any size: PNG, JPEG, GIF or BMP.")
    private Path image;

    @Option(names = "--keep", paramLabel = "top|bottom|left|right|FILE", required = true,
            description = "What is kept: a half, or the patches that are white in a picture of the model's size.")
    private String keep;

    @Option(names = "--model", paramLabel = "NAME|DIR", defaultValue = "fashion-patches",
            description = "A model of patches that ships with Zoetrope, or a model's folder. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(names = "--count", defaultValue = "6", description = "How many completions. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(names = "--steps", description = "Rounds of maskgit. Default: 12.")
    private Optional<Integer> steps;

    @Option(names = "--seed", defaultValue = "7",
            description = "The same seed gives the same pictures. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--out", paramLabel = "FILE.png", defaultValue = "completed.png",
            description = "Where the pictures go. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @ArgGroup(validate = false, heading = "%nHow patches are chosen:%n")
    private final PatchesOptions patches = new PatchesOptions();

    @Mixin
    private ClassOption wanted;

    @Mixin
    private DeviceOption deviceOption;

    CompleteCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        AtomicFiles.requireWritable(out);
        boolean half = PatchSelection.HALVES.contains(keep.toLowerCase(Locale.ROOT));
        if (!half && !Files.isRegularFile(Path.of(keep))) {
            throw new ParameterException(spec.commandLine(), "--keep is '" + keep + "', expected one of " + PatchSelection.HALVES
                    + " or a picture that is white where patches are kept");
        }
        Work.Completion request = new Work.Completion(image, half ? Optional.of(keep) : Optional.empty(),
                half ? Optional.empty() : Optional.of(Path.of(keep)), this::asked);
        Work.Completed done = TerminalProgress.during(progress ->
                surroundings.work().complete(deviceOption.device, model, request, progress));
        row(done.original(), done.images()).enlarged(ENLARGED).writePng(out);
        surroundings.out().println(image + ": " + done.preparation());
        surroundings.out().println(out + ": the picture and " + done.images().count() + " completions, " + done.kept()
                + " of " + done.places() + " patches kept, seed " + seed);
        return 0;
    }

    private PatchesSampling asked(List<String> names) {
        try {
            // What is kept says what the picture is: no class is asked for unless the user names one.
            return patches.sampling(PatchesSampling.count(count).seed(seed).decode(Decode.MASKGIT).ofClass(PatchesSampling.ANY),
                    wanted, steps, names);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static Images row(Images first, Images others) {
        byte[] pixels = new byte[first.pixels().length + others.pixels().length];
        System.arraycopy(first.pixels(), 0, pixels, 0, first.pixels().length);
        System.arraycopy(others.pixels(), 0, pixels, first.pixels().length, others.pixels().length);
        Images all = new Images(1 + others.count(), first.height(), first.width(), first.channels(), pixels);
        return all.grid(all.count());
    }
}
