package io.zoetrope.cli;

import io.zoetrope.data.DataSets;
import io.zoetrope.data.FashionMnist;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.model.PretrainedModels;
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

/** {@code zoetrope evaluate ddpm}: noise prediction by timestep, and the quality of the pictures. */
@Command(name = "ddpm", description = "Measure how well a diffusion model predicts noise on pictures it was not trained "
        + "on (MSE, cosine and R² in 20 bins of the timestep) and how near its own pictures come to real ones.")
final class EvaluateDdpmCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "NAME|DIR",
            description = "A model that ships with Zoetrope, or a model's folder. Default: the shipped one.")
    private Optional<String> model;

    @Option(names = "--data", paramLabel = "NAME|DIR", defaultValue = FashionMnist.NAME,
            description = "Whose test part to measure on. Default: ${DEFAULT-VALUE}.")
    private String data;

    @Option(names = "--per-bin", paramLabel = "COUNT", defaultValue = "64",
            description = "Pictures for each bin. Default: ${DEFAULT-VALUE}.")
    private int perBin;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the figures as JSON.")
    private Optional<Path> json;

    @Option(names = "--plot", paramLabel = "FILE.png", description = "Also draw them.")
    private Optional<Path> plot;

    @Mixin
    private PictureQualityOptions quality;

    @Mixin
    private DeviceOption deviceOption;

    EvaluateDdpmCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        if (perBin < 1) {
            throw new ParameterException(spec.commandLine(), "--per-bin must be at least 1, not " + perBin);
        }
        quality.check(spec);
        if (json.isPresent()) {
            AtomicFiles.requireWritable(json.get());
        }
        if (plot.isPresent()) {
            AtomicFiles.requireWritable(plot.get());
        }
        ImageDataset set = DataSets.load(data, surroundings.places());
        NoisePredictionReport report = TerminalProgress.during(progress ->
                surroundings.work().evaluateDdpm(deviceOption.device, model, set, perBin, progress));
        surroundings.out().print(report.table());
        surroundings.out().flush();
        if (json.isPresent()) {
            report.writeJson(json.get());
        }
        if (plot.isPresent()) {
            report.writePlot(plot.get());
        }
        if (quality.isWanted()) {
            quality.report(surroundings, deviceOption, model.orElse(PretrainedModels.FASHION_DDPM), set);
        }
        return 0;
    }
}
