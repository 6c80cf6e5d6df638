package io.zoetrope.cli;

import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.FashionMnist;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.metric.ClassificationPlots;
import io.zoetrope.metric.ClassificationReport;
import io.zoetrope.model.cnn.CnnPipeline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code zoetrope evaluate cnn}: accuracy, a table of the classes, and calibration. */
@Command(name = "cnn", description = "Measure a classifier on pictures or sounds it was not trained on: accuracy, precision and "
        + "recall of each class, what is taken for what, and whether its confidence can be trusted.")
final class EvaluateCnnCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Option(names = "--model", paramLabel = "NAME|DIR", description = "A classifier that ships with Zoetrope, or a model's "
            + "folder. Default: " + CnnPipeline.FASHION_CNN + ", " + CnnPipeline.DIGITS_CNN + " for sounds.")
    private Optional<String> model;

    @Option(names = "--data", paramLabel = "NAME|DIR", defaultValue = FashionMnist.NAME,
            description = "Whose test part to measure on. Default: ${DEFAULT-VALUE}.")
    private String data;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the figures as JSON.")
    private Optional<Path> json;

    @Option(names = "--confusion", paramLabel = "FILE.png", description = "Also draw what is taken for what.")
    private Optional<Path> confusion;

    @Option(names = "--plot", paramLabel = "FILE.png", description = "Also draw accuracy over confidence.")
    private Optional<Path> plot;

    @Mixin
    private DeviceOption deviceOption;

    EvaluateCnnCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        for (Path file : Stream.of(json, confusion, plot).flatMap(Optional::stream).toList()) {
            AtomicFiles.requireWritable(file);
        }
        Dataset set = DataSets.loadAny(data, surroundings.places());
        String classifier = model.orElse(set instanceof AudioDataset ? CnnPipeline.DIGITS_CNN : CnnPipeline.FASHION_CNN);
        ClassificationReport report = TerminalProgress.during(progress ->
                surroundings.work().evaluateCnn(deviceOption.device, classifier, set, progress));
        surroundings.out().print(report.table());
        surroundings.out().flush();
        if (json.isPresent()) {
            report.writeJson(json.get());
        }
        if (confusion.isPresent()) {
            ClassificationPlots.confusion(report, confusion.get());
        }
        if (plot.isPresent()) {
            ClassificationPlots.reliability(report, plot.get());
        }
        return 0;
    }
}
