package io.zoetrope.cli;

import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.AudioSets;
import io.zoetrope.data.SpokenDigits;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.metric.SoundReport;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.wavegan.WaveGanPipeline;
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

/** {@code zoetrope evaluate wavegan}: what is heard in generated sounds, and how near they come to real ones. */
@Command(name = "wavegan", description = "Measure an adversarial model's sounds: which classes a classifier hears in them, and "
        + "how often the one that was asked for; how near they come to real ones in its features (C-FD, precision, recall, "
        + "density, coverage, KID).")
final class EvaluateWaveGanCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "NAME|DIR", defaultValue = WaveGanPipeline.DIGITS_WAVEGAN,
            description = "A model that ships with Zoetrope, or a model's folder. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(names = "--encoder", paramLabel = "NAME|DIR", defaultValue = CnnPipeline.DIGITS_CNN,
            description = "The classifier that listens and in whose features sounds are compared. Default: ${DEFAULT-VALUE}.")
    private String encoder;

    @Option(names = "--data", paramLabel = "NAME|DIR", defaultValue = SpokenDigits.NAME,
            description = "The real sounds: generated ones are compared with its test part. Default: ${DEFAULT-VALUE}.")
    private String data;

    @Option(names = "--count", defaultValue = "256", description = "Sounds to generate, of the classes in turn. Default: "
            + "${DEFAULT-VALUE}.")
    private int count;

    @Option(names = "--seed", defaultValue = "7", description = "Of the sounds. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the figures as JSON.")
    private Optional<Path> json;

    @Mixin
    private DeviceOption deviceOption;

    EvaluateWaveGanCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        if (count < PictureQualityOptions.FEWEST) {
            throw new ParameterException(spec.commandLine(), "--count must be at least " + PictureQualityOptions.FEWEST
                    + ", not " + count);
        }
        if (json.isPresent()) {
            AtomicFiles.requireWritable(json.get());
        }
        AudioDataset set = AudioSets.load(data, surroundings.places());
        SoundReport report = TerminalProgress.during(progress ->
                surroundings.work().evaluateSounds(deviceOption.device, model, encoder, set, count, seed, progress));
        surroundings.out().print(report.table());
        surroundings.out().flush();
        if (json.isPresent()) {
            report.writeJson(json.get());
        }
        return 0;
    }
}
