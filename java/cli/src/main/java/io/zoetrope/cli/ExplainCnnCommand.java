package io.zoetrope.cli;

import io.zoetrope.data.ImageFiles;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.model.cnn.explain.CnnExplanation;
import io.zoetrope.model.cnn.explain.ExplanationSheet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zoetrope explain cnn}: what a classifier sees in a picture, or in a sound's spectrogram. */
@Command(name = "cnn", description = "Show what a classifier sees in a picture: its filters, its feature maps from low to high, "
        + "what pooling keeps when the picture moves, and what its decision rests on.")
final class ExplainCnnCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Parameters(paramLabel = "IMAGE", description = "A picture of any size: PNG, JPEG, GIF or BMP; a WAV where the model "
            + "listens to sounds.")
    private Path image;

    @Option(names = "--model", paramLabel = "NAME|DIR", defaultValue = "fashion-cnn",
            description = "A classifier that ships with Zoetrope, or a model's folder. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(names = "--out", paramLabel = "FILE.png", defaultValue = "explain.png",
            description = "Where the sheet goes. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Mixin
    private DeviceOption deviceOption;

    ExplainCnnCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        AtomicFiles.requireWritable(out);
        Work.Explained explained = surroundings.work().explainCnn(deviceOption.device, model, image);
        CnnExplanation explanation = explained.explanation();
        int best = explanation.ranking().get(0);
        String decision = String.format(Locale.ROOT, "%s, %.1f %%", explanation.classNames().get(best),
                100 * explanation.probabilities()[best]);
        ImageFiles.writePng(out, ExplanationSheet.draw(explanation, image.getFileName() + ": " + decision));
        surroundings.out().println(image + ": " + explained.preparation());
        surroundings.out().println(out + ": " + decision);
        return 0;
    }
}
