package io.zoetrope.cli;

import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.Dataset;
import io.zoetrope.io.Config;
import io.zoetrope.model.cnn.CnnFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code zoetrope train cnn}: a convolutional classifier of pictures, or of sounds by their spectrograms. */
@Command(name = "cnn", description = "Train a convolutional network to recognise pictures, or sounds by their mel spectrograms: "
        + "the data decide. Pictures are shifted, mirrored and erased in part on the device while it learns, spectrograms not "
        + "mirrored.")
final class TrainCnnCommand extends TrainFamilyCommand {
    /** Sixteen times through the spoken digits. */
    private static final long STEPS_FOR_SOUNDS = 600;

    private final Surroundings surroundings;
    private String source;

    @Option(names = "--net", paramLabel = "small|resnet18", description = "Its size: small trains without a GPU, resnet18 is "
            + "for one. Default: small.")
    private Optional<String> net = Optional.empty();

    @Option(names = "--norm-groups", description = "Groups of group norms, 0 for batch norms. Default: 0.")
    private Optional<Integer> normGroups = Optional.empty();

    @Option(names = "--optimizer", paramLabel = "sgd|adamw", description = "SGD with Nesterov momentum, or AdamW. Default: "
            + "sgd.")
    private Optional<String> optimizer = Optional.empty();

    @Option(names = "--rate", description = "Highest learning rate; it rises over the first 15 %% of the steps, then falls as "
            + "a cosine. Default: 0.1 (sgd), 0.002 (adamw).")
    private Optional<Double> rate = Optional.empty();

    @Option(names = "--weight-decay", description = "Default: 0.0005 (sgd), 0.05 (adamw).")
    private Optional<Double> weightDecay = Optional.empty();

    @Option(names = "--smoothing", description = "Share of the target that all classes have alike. Default: 0.05.")
    private Optional<Double> smoothing = Optional.empty();

    @Option(names = "--ema", description = "Decay of the weights' moving average. Default: 0.995.")
    private Optional<Double> ema = Optional.empty();

    @Option(names = "--flip", negatable = true, description = "Mirror half of the pictures. Default: yes, but not for mnist, and"
            + " never sounds.")
    private Boolean flip;

    @Option(names = "--pad", paramLabel = "PIXELS", description = "Shift pictures by up to so much. Default: 1, 4 for "
            + "pictures of 30 pixels and more.")
    private Optional<Integer> pad = Optional.empty();

    @Option(names = "--reflect", description = "Fill what a shift uncovers with the picture's mirror image, not with black.")
    private boolean reflect;

    @Option(names = "--erase", paramLabel = "PROBABILITY", description = "Of blanking a rectangle of a picture. Default: 0.")
    private Optional<Double> erase = Optional.empty();

    @Option(names = "--erase-side", paramLabel = "PIXELS", description = "Its largest side. Default: a third of the picture.")
    private Optional<Integer> eraseSide = Optional.empty();

    @Option(names = "--from", paramLabel = "NAME|DIR", description = "Start with the weights of this classifier, of the same "
            + "size and classes. Default: with random ones.")
    private Optional<String> from = Optional.empty();

    TrainCnnCommand(Surroundings surroundings) {
        super(surroundings, new CnnFamily(), 4_690, 128);
        this.surroundings = surroundings;
    }

    @Override
    long usualSteps(Dataset set) {
        return set instanceof AudioDataset ? STEPS_FOR_SOUNDS : super.usualSteps(set);
    }

    @Override
    List<String> dataNames() {
        return DataSets.allNames();
    }

    @Override
    Dataset load(String named) throws IOException {
        source = named;
        return DataSets.loadAny(named, surroundings.places());
    }

    @Override
    Config options() {
        Config options = reflect ? Config.empty().with("reflect", true) : Config.empty();
        if (flip != null) {
            options = options.with("flip", flip);
        }
        options = text(text(text(options, "net", net), "optimizer", optimizer), "from", from);
        options = number(number(number(options, "norm_groups", normGroups), "pad", pad), "erase_side", eraseSide);
        options = number(number(number(options, "rate", rate), "weight_decay", weightDecay), "smoothing", smoothing);
        return number(number(options, "ema", ema), "erase", erase);
    }

    private static Config text(Config options, String name, Optional<String> value) {
        return value.isPresent() ? options.with(name, value.get()) : options;
    }

    private static Config number(Config options, String name, Optional<? extends Number> value) {
        return value.isPresent() ? options.with(name, value.get()) : options;
    }

    @Override
    String use(Path model) {
        return "zoetrope evaluate cnn --model " + model + " --data " + source;
    }
}
