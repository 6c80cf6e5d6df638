package io.zoetrope.model.cnn;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.FashionMnist;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Media;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.Mnist;
import io.zoetrope.data.SoundPreparation;
import io.zoetrope.data.SpokenDigits;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.ClassChoice;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.ShippedModel;
import io.zoetrope.nn.Optimization;
import io.zoetrope.ops.optim.LearningRate;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import io.zoetrope.option.Values;
import io.zoetrope.tensor.DType;
import io.zoetrope.train.ClassificationObjective;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Classifiers of pictures, and of sounds by their spectrograms ({@link MelSpectrogram#RECOGNITION}): the data decide.
 */
public final class CnnFamily implements ModelFamily, TrainingFamily {
    private static final String SGD = "sgd";
    private static final String ADAMW = "adamw";
    private static final String SMALL = "small";
    private static final String RESNET18 = "resnet18";
    private static final double MOMENTUM = 0.9;
    private static final float EMA_WARM_UP = 10;
    /** The last learning rate as a share of the peak. */
    private static final float LAST_SHARE = 1e-3f;
    /** Share of the steps in which the rate rises. */
    private static final double WARM_UP_SHARE = 0.15;
    /** Sixteen times through the spoken digits. */
    private static final long STEPS_FOR_SOUNDS = 600;

    private static final Option<String> NET = Option.choice("net", SMALL, RESNET18).defaultsTo(SMALL)
            .help("Its size: small trains without a GPU, resnet18 is for one.");
    private static final Option<Integer> NORM_GROUPS = Option.integer("norm_groups").defaultsTo(0)
            .help("Groups of group norms, 0 for batch norms.");
    private static final Option<String> OPTIMIZER = Option.choice("optimizer", SGD, ADAMW).defaultsTo(SGD)
            .help("SGD with Nesterov momentum, or AdamW.");
    private static final Option<Double> RATE = Option.number("rate").defaultDepends("0.1 (sgd), 0.002 (adamw)")
            .help("Highest learning rate; it rises over the first 15 % of the steps, then falls as a cosine.");
    private static final Option<Double> WEIGHT_DECAY = Option.number("weight_decay")
            .defaultDepends("0.0005 (sgd), 0.05 (adamw)");
    private static final Option<Double> SMOOTHING = Option.number("smoothing").defaultsTo(0.05)
            .help("Share of the target that all classes have alike.");
    private static final Option<Double> EMA = Option.number("ema").defaultsTo(0.995)
            .help("Decay of the weights' moving average.");
    private static final Option<Boolean> FLIP = Option.flag("flip").help("Mirror half of the pictures.")
            .defaultDepends("yes, but not for mnist, and never sounds");
    private static final Option<Integer> PAD = Option.integer("pad").label("PIXELS")
            .help("Shift pictures by up to so much.").defaultDepends("1, 4 for pictures of 30 pixels and more");
    private static final Option<Boolean> REFLECT = Option.flag("reflect").defaultsTo(false)
            .help("Fill what a shift uncovers with the picture's mirror image, not with black.");
    private static final Option<Double> ERASE = Option.number("erase").label("PROBABILITY").defaultsTo(0.0)
            .help("Of blanking a rectangle of a picture.");
    private static final Option<Integer> ERASE_SIDE = Option.integer("erase_side").label("PIXELS")
            .help("Its largest side.").defaultDepends("a third of the picture");

    @Override
    public String name() {
        return "cnn";
    }

    @Override
    public Profile profile() {
        return new Profile("a classifier", "classifiers", Set.of("ConvNetPipeline"),
                List.of(new ShippedModel(CnnPipeline.FASHION_CNN, Media.PICTURES, "kinds of clothing",
                        FashionMnist.NAME),
                        new ShippedModel(CnnPipeline.DIGITS_CNN, Media.SOUNDS, "spoken digits", SpokenDigits.NAME)));
    }

    @Override
    public Facts describe(Device device, Path folder) throws IOException {
        try (CnnPipeline pipeline = CnnPipeline.fromPretrained(device, folder)) {
            ConvNetConfig network = pipeline.model().config().network();
            return Facts.of(pipeline.model().store(),
                    "recognises " + pipeline.model().config().examples() + ", seen as " + network.width() + "×"
                            + network.height() + " pixels, " + (network.channels() == 1 ? "grey" : "RGB"),
                    "channels " + network.widths() + ", blocks " + network.blocks(),
                    ClassChoice.known(pipeline.classNames()));
        }
    }

    @Override
    public Optional<ClassifierLoader> recognition() {
        return Optional.of(CnnPipeline::fromPretrained);
    }

    @Override
    public List<Action> actions() {
        return List.of(CnnActions.evaluation(this), CnnActions.explanation(this));
    }

    @Override
    public Course course() {
        return new Course(
                "Train a convolutional network to recognise pictures, or sounds by their mel spectrograms: the data "
                        + "decide. Pictures are shifted, mirrored and erased in part on the device while it learns, "
                        + "spectrograms not mirrored.",
                Media.ANY, List.of(NET, NORM_GROUPS, OPTIMIZER, RATE, WEIGHT_DECAY, SMOOTHING, EMA, FLIP, PAD, REFLECT,
                        ERASE, ERASE_SIDE),
                data -> data instanceof AudioDataset ? STEPS_FOR_SOUNDS : 4_690, 128);
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        Extent data = Extent.of(request.data());
        if (data.classes < 2) {
            throw new IllegalArgumentException(
                    data.name + " has one class: a classifier needs at least two, each in a folder of"
                            + " its own directly in the one that is given");
        }
        Values values = values(request);
        boolean sgd = values.get(OPTIMIZER).equals(SGD);
        int side = Math.min(data.height, data.width);
        if (data.sounds && values.find(FLIP).orElse(false)) {
            throw new OptionException(FLIP.name(),
                    "is true, but " + data.name + " holds sounds, which played backwards are others: leave it out");
        }
        // Digits mirrored are no digits.
        Config settings = Config.empty().with("net", values.get(NET)).with("norm_groups", values.get(NORM_GROUPS))
                .with("optimizer", values.get(OPTIMIZER))
                .with("learning_rate", values.find(RATE).orElse(sgd ? 0.1 : 2e-3))
                .with("weight_decay", values.find(WEIGHT_DECAY).orElse(sgd ? 5e-4 : 0.05))
                .with("smoothing", values.get(SMOOTHING)).with("ema", values.get(EMA))
                .with("flip", values.find(FLIP).orElse(!data.sounds && !Mnist.NAME.equals(data.name)))
                .with("pad", values.find(PAD).orElse(Math.min(side - 1, side < 30 ? 1 : 4)))
                .with("reflect", values.get(REFLECT)).with("erase", values.get(ERASE))
                .with("erase_side", values.find(ERASE_SIDE).orElse(Math.max(1, side / 3)));
        network(data, settings);
        optimization(settings, 1);
        augmentation(settings);
        double smoothing = settings.number("smoothing");
        if (!(smoothing >= 0 && smoothing < 1)) {
            throw new OptionException(SMOOTHING.name(), "is " + smoothing + ", expected 0 to below 1");
        }
        if (settings.integer("pad") >= side) {
            throw new OptionException(PAD.name(),
                    "is " + settings.integer("pad") + ", expected less than the pictures' " + side + " pixels");
        }
        return settings;
    }

    /** The size of what the network sees, known before any spectrogram is made. */
    private record Extent(String name, int height, int width, int channels, int classes, boolean sounds) {
        static Extent of(Dataset data) {
            if (data instanceof AudioDataset clips) {
                MelSpectrogram seen = MelSpectrogram.RECOGNITION.at(clips.rate());
                return new Extent(clips.name(), seen.bands(), seen.times(clips.samples()), 1, clips.classNames().size(),
                        true);
            }
            if (data instanceof ImageDataset pictures) {
                return new Extent(pictures.name(), pictures.height(), pictures.width(), pictures.channels(),
                        pictures.classNames().size(), false);
            }
            throw new IllegalArgumentException(
                    data.name() + " holds " + data.examples() + ": this model learns from pictures or sounds");
        }
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        Dataset data = request.data();
        Optional<SoundPreparation> sounds = data instanceof AudioDataset clips
                ? Optional.of(SoundPreparation.like(clips)) : Optional.empty();
        ImageDataset seen = data instanceof AudioDataset clips ? clips.spectrograms(sounds.get()) : request.pictures();
        Optimization optimization = optimization(settings, settings.longInteger("steps"));
        Augmentation augmentation = augmentation(settings);
        ClassifierConfig config = ClassifierConfig.of(network(Extent.of(data), settings), seen, augmentation.flip(),
                sounds);
        requireLike(config, tuning(request).from());
        ClassificationObjective.Settings shown = new ClassificationObjective.Settings(settings.integer("batch"),
                augmentation, (float) settings.number("smoothing"));
        return RecordedTraining.open(device, settings, context -> {
            ConvNetModel model = NetworkModel.begin(context, config, DType.BF16, ConvNetModel::new);
            return new ClassificationObjective(context, model.trained(),
                    context.optimizer(optimization.of(model.store())), seen.train(), shown);
        });
    }

    /** Weights of another size may be a beginning, but sounds are nothing like pictures. */
    private static void requireLike(ClassifierConfig config, Optional<String> from) throws IOException {
        if (from.isPresent()) {
            ClassifierConfig other = PretrainedModels.open(from.get(), ConvNetModel::config);
            if (!other.examples().equals(config.examples())) {
                throw new IllegalArgumentException("from is " + from.get() + ", which recognises " + other.examples()
                        + ": expected a classifier of " + config.examples() + ", as the data are");
            }
        }
    }

    private static ConvNetConfig network(Extent data, Config settings) throws BadFileException {
        ConvNetConfig base = settings.text("net").equals(RESNET18)
                ? ConvNetConfig.resNet18(data.height, data.width, data.channels, data.classes)
                : ConvNetConfig.small(data.height, data.width, data.channels, data.classes);
        return base.withNormGroups(settings.integer("norm_groups"));
    }

    private static Optimization optimization(Config settings, long steps) throws BadFileException {
        float rate = (float) settings.number("learning_rate"); // as GameSettings: "rate" is the data's where they are sounds
        LearningRate falling = LearningRate.cosine(rate, steps, LAST_SHARE * rate)
                .withWarmUp(Math.round(WARM_UP_SHARE * steps));
        Optimization base = settings.text("optimizer").equals(SGD) ? Optimization.sgd(falling, MOMENTUM)
                : Optimization.adamW(falling);
        return base.withWeightDecay((float) settings.number("weight_decay")).withEma((float) settings.number("ema"),
                EMA_WARM_UP);
    }

    private static Augmentation augmentation(Config settings) throws BadFileException {
        return new Augmentation(settings.integer("pad"), settings.flag("reflect", false), settings.flag("flip", false),
                (float) settings.number("erase"), settings.integer("erase_side"));
    }
}
