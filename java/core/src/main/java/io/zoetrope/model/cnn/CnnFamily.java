package io.zoetrope.model.cnn;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.Mnist;
import io.zoetrope.data.SoundPreparation;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.nn.AdamWOptimizer;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.SgdOptimizer;
import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.optim.Sgd;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.tensor.DType;
import io.zoetrope.train.ClassificationObjective;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Classifiers of pictures, and of sounds by their spectrograms ({@link MelSpectrogram#RECOGNITION}): the data decide.
 *
 * <p>Options, each with a default: {@code net} (small or resnet18), {@code norm_groups} (0: batch norm), {@code optimizer}
 * (sgd or adamw), {@code rate} (peak), {@code weight_decay}, {@code smoothing} (of labels), {@code ema} (decay of the weights'
 * moving average), {@code flip} (not for sounds), {@code pad} (pixels of shift; in spectrograms over time and pitch alike),
 * {@code reflect}, {@code erase} (probability), {@code erase_side}, {@code from} (a shipped classifier or a model's folder whose
 * weights and statistics to start with; none: drawn from the seed).
 */
public final class CnnFamily implements TrainingFamily {
    private static final String SGD = "sgd";
    private static final String ADAMW = "adamw";
    private static final String SMALL = "small";
    private static final String RESNET18 = "resnet18";
    private static final float MOMENTUM = 0.9f;
    private static final float EMA_WARM_UP = 10;
    /** The last learning rate as a share of the peak. */
    private static final float LAST_SHARE = 1e-3f;
    /** Share of the steps in which the rate rises. */
    private static final double WARM_UP_SHARE = 0.15;
    private static final List<String> OPTIONS = List.of("net", "norm_groups", "optimizer", "rate", "weight_decay",
            "smoothing", "ema", "flip", "pad", "reflect", "erase", "erase_side", "from");

    @Override
    public String name() {
        return "cnn";
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        Extent data = Extent.of(request.data());
        if (data.classes < 2) {
            throw new IllegalArgumentException(data.name + " has one class: a classifier needs at least two, each in a folder of"
                    + " its own directly in the one that is given");
        }
        Config options = request.options();
        Set<String> unknown = new TreeSet<>(options.names());
        unknown.removeAll(OPTIONS);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("cnn has no option " + unknown + ": expected one of " + OPTIONS);
        }
        String optimizer = options.text("optimizer", SGD);
        requireOneOf("optimizer", optimizer, SGD, ADAMW);
        boolean sgd = optimizer.equals(SGD);
        String net = options.text("net", SMALL);
        requireOneOf("net", net, SMALL, RESNET18);
        int side = Math.min(data.height, data.width);
        if (data.sounds && options.flag("flip", false)) {
            throw new IllegalArgumentException("flip is true, but " + data.name + " holds sounds, which played backwards are "
                    + "others: leave it out");
        }
        // Digits mirrored are no digits.
        Config settings = Config.empty().with("net", net).with("norm_groups", options.integer("norm_groups", 0))
                .with("optimizer", optimizer).with("learning_rate", options.number("rate", sgd ? 0.1 : 2e-3))
                .with("weight_decay", options.number("weight_decay", sgd ? 5e-4 : 0.05))
                .with("smoothing", options.number("smoothing", 0.05)).with("ema", options.number("ema", 0.995))
                .with("flip", options.flag("flip", !data.sounds && !Mnist.NAME.equals(data.name)))
                .with("pad", options.integer("pad", Math.min(side - 1, side < 30 ? 1 : 4)))
                .with("reflect", options.flag("reflect", false)).with("erase", options.number("erase", 0))
                .with("erase_side", options.integer("erase_side", Math.max(1, side / 3)));
        network(data, settings);
        hyper(settings, 1);
        augmentation(settings);
        double smoothing = settings.number("smoothing");
        if (!(smoothing >= 0 && smoothing < 1)) {
            throw new IllegalArgumentException("smoothing is " + smoothing + ", expected 0 to below 1");
        }
        if (settings.integer("pad") >= side) {
            throw new IllegalArgumentException("pad is " + settings.integer("pad") + ", expected less than the pictures' "
                    + side + " pixels");
        }
        return options.has("from") ? settings.with("from", options.text("from")) : settings;
    }

    private static void requireOneOf(String name, String value, String... allowed) {
        if (!List.of(allowed).contains(value)) {
            throw new IllegalArgumentException(name + " is " + value + ", expected one of " + List.of(allowed));
        }
    }

    /** The size of what the network sees, known before any spectrogram is made. */
    private record Extent(String name, int height, int width, int channels, int classes, boolean sounds) {
        static Extent of(Dataset data) {
            if (data instanceof AudioDataset clips) {
                MelSpectrogram seen = MelSpectrogram.RECOGNITION.at(clips.rate());
                return new Extent(clips.name(), seen.bands(), seen.times(clips.samples()), 1, clips.classNames().size(), true);
            }
            if (data instanceof ImageDataset pictures) {
                return new Extent(pictures.name(), pictures.height(), pictures.width(), pictures.channels(),
                        pictures.classNames().size(), false);
            }
            throw new IllegalArgumentException(data.name() + " holds " + data.examples()
                    + ": this model learns from pictures or sounds");
        }
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        Dataset data = request.data();
        Optional<SoundPreparation> sounds = data instanceof AudioDataset clips ? Optional.of(SoundPreparation.like(clips))
                : Optional.empty();
        ImageDataset seen = data instanceof AudioDataset clips ? clips.spectrograms(sounds.get()) : request.pictures();
        AdamW.Hyper hyper = hyper(settings, settings.longInteger("steps"));
        Function<ParameterStore, Optimizer> optimizer = settings.text("optimizer").equals(SGD)
                ? bank -> new SgdOptimizer(bank, hyper) : bank -> new AdamWOptimizer(bank, hyper);
        Augmentation augmentation = augmentation(settings);
        ClassifierConfig config = ClassifierConfig.of(network(Extent.of(data), settings), seen, augmentation.flip(), sounds);
        ClassificationObjective.Settings shown = new ClassificationObjective.Settings(settings.integer("batch"), augmentation,
                (float) settings.number("smoothing"));
        float[] start = start(device, config, settings);
        return RecordedTraining.open(device, settings.longInteger("seed"), context -> {
            ConvNetModel model = context.own(new ConvNetModel(device, config, DType.BF16, context.seed()));
            if (start != null) {
                model.store().masters(start);
            }
            return new ClassificationObjective(context, model.trained(), context.optimizer(optimizer.apply(model.store())),
                    seen.train(), shown);
        });
    }

    private static float[] start(Device device, ClassifierConfig config, Config settings) throws IOException {
        if (!settings.has("from")) {
            return null;
        }
        String from = settings.text("from");
        try (ConvNetModel model = PretrainedModels.open(from, folder -> ConvNetModel.load(device, folder, DType.BF16))) {
            if (!model.config().examples().equals(config.examples())) {
                throw new IllegalArgumentException("from is " + from + ", which recognises " + model.config().examples()
                        + ": expected a classifier of " + config.examples() + ", as the data are");
            }
            if (!model.config().network().equals(config.network())) {
                throw new IllegalArgumentException("from is " + from + ", " + model.config().network() + ", expected "
                        + config.network() + ": give the same net and data of the same size and classes");
            }
            return model.store().masters().toFloats();
        }
    }

    private static ConvNetConfig network(Extent data, Config settings) throws BadFileException {
        ConvNetConfig base = settings.text("net").equals(RESNET18)
                ? ConvNetConfig.resNet18(data.height, data.width, data.channels, data.classes)
                : ConvNetConfig.small(data.height, data.width, data.channels, data.classes);
        return base.withNormGroups(settings.integer("norm_groups"));
    }

    private static AdamW.Hyper hyper(Config settings, long steps) throws BadFileException {
        float rate = (float) settings.number("learning_rate"); // as GameSettings: "rate" is the data's where they are sounds
        AdamW.Hyper base = settings.text("optimizer").equals(SGD) ? Sgd.hyper(rate, MOMENTUM) : AdamW.Hyper.of(rate);
        return base.withWeightDecay((float) settings.number("weight_decay"))
                .withEma((float) settings.number("ema"), EMA_WARM_UP)
                .withSchedule(Math.round(WARM_UP_SHARE * steps), steps, LAST_SHARE * rate);
    }

    private static Augmentation augmentation(Config settings) throws BadFileException {
        return new Augmentation(settings.integer("pad"), settings.flag("reflect", false), settings.flag("flip", false),
                (float) settings.number("erase"), settings.integer("erase_side"));
    }
}
