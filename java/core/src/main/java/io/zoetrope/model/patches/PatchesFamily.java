package io.zoetrope.model.patches;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.FashionMnist;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Media;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.ClassChoice;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.PictureEvaluation;
import io.zoetrope.model.ShippedModel;
import io.zoetrope.model.patches.PatchesConfig.Purpose;
import io.zoetrope.nn.Optimization;
import io.zoetrope.nn.Optimizer;
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
import java.util.Set;

/** Transformers over the patches of pictures. */
public final class PatchesFamily implements ModelFamily, TrainingFamily {
    private static final float RATE = 1.5e-3f;
    private static final float FINAL_RATE = 3e-5f;
    private static final int WARM_UP = 100;
    private static final double BETA2 = 0.98;
    private static final float WEIGHT_DECAY = 0.03f;
    private static final float MAX_NORM = 1;
    private static final float EMA_DECAY = 0.999f;
    private static final float EMA_WARM_UP = 10;
    private static final int MLP_RATIO = 4;
    /** Of a classifier's pictures, at most, in pixels. */
    private static final int SHIFT = 2;
    private static final float SMOOTHING = 0.05f;
    private static final String CLASSIFY = "classify";
    private static final Option<String> PURPOSE = Option.choice("purpose", "generate", CLASSIFY).defaultsTo("generate")
            .help("What for.");
    private static final Option<Integer> PATCH_SIZE = Option.integer("patch_size").label("PIXELS").defaultsTo(4)
            .help("Height and width of a patch in pixels.");
    private static final Option<Integer> PALETTE = Option.integer("palette").defaultsTo(512)
            .help("Patches that pictures are made of.");
    private static final Option<Integer> WIDTH = Option.integer("model_width").alias("width").label("CHANNELS")
            .defaultsTo(128).help("Channels of a token.");
    private static final Option<Integer> LAYERS = Option.integer("layers").defaultsTo(4).help("Transformer blocks.");
    private static final Option<Integer> HEADS = Option.integer("heads").defaultsTo(4)
            .help("Attention heads of a block.");
    private static final Option<Boolean> ROTARY = Option.flag("rotary").defaultsTo(true)
            .help("Tell places apart by rotating queries and keys, not by vectors of their own.");

    @Override
    public String name() {
        return "patches";
    }

    @Override
    public Profile profile() {
        return new Profile("a transformer over patches", "transformers over patches", Set.of("PatchesPipeline"),
                List.of(new ShippedModel(PatchesPipeline.FASHION_PATCHES, Media.PICTURES, "pictures of clothing",
                        FashionMnist.NAME)));
    }

    @Override
    public Facts describe(Device device, Path folder) throws IOException {
        try (PatchesPipeline pipeline = PatchesPipeline.fromPretrained(device, folder)) {
            PatchesConfig config = pipeline.model().config();
            return Facts.of(pipeline.model().store(),
                    (config.purpose() == Purpose.GENERATE ? "makes and completes" : "classifies") + " pictures of "
                            + config.width() + "×" + config.height() + " pixels in patches of " + config.size() + "×"
                            + config.size(),
                    config.layers() + " layers of " + config.heads() + " heads, width " + config.modelWidth(),
                    ClassChoice.known(config.classNames()));
        }
    }

    @Override
    public Action.Kind show(Config options) throws IOException {
        return options.text(PURPOSE.name(), "").equals(CLASSIFY) ? Action.Kind.EXPLAIN : Action.Kind.GENERATE;
    }

    @Override
    public List<Action> actions() {
        return List.of(PatchesActions.generation(this), PatchesActions.completion(this), PatchesActions.attention(this),
                PictureEvaluation.action(this,
                        "Measure how near the pictures of a transformer over patches come to " + "real ones.",
                        PatchesActions::usualPictures));
    }

    @Override
    public Course course() {
        return new Course(
                "Train a transformer on the patches of pictures: to generate and complete them, or ({purpose} classify) "
                        + "to tell their classes.",
                Media.PICTURES, List.of(PURPOSE, PATCH_SIZE, PALETTE, WIDTH, LAYERS, HEADS, ROTARY), data -> 2_600, 32);
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        Values values = values(request);
        String purpose = values.get(PURPOSE);
        boolean generates = !purpose.equals(CLASSIFY);
        if (generates && request.batch() < 2) {
            throw new OptionException("batch",
                    "must be at least 2, not " + request.batch() + ": half of it is read in order, half of it masked");
        }
        Config settings = Config.empty().with("purpose", purpose).with("patch_size", values.get(PATCH_SIZE))
                .with("palette", generates ? values.get(PALETTE) : 0).with("model_width", values.get(WIDTH))
                .with("layers", values.get(LAYERS)).with("heads", values.get(HEADS)).with("rotary", values.get(ROTARY));
        config(request.pictures(), settings);
        return settings;
    }

    private static PatchesConfig config(ImageDataset data, Config settings) throws BadFileException {
        int size = settings.integer("patch_size");
        if (size < 1 || data.height() % size != 0 || data.width() % size != 0) {
            throw new IllegalArgumentException("patch size " + size + ": the pictures' " + data.width() + "×"
                    + data.height() + " pixels do not divide into patches of it");
        }
        int width = settings.integer("model_width");
        return new PatchesConfig(Purpose.named(settings.text("purpose")), data.height(), data.width(), data.channels(),
                size, settings.integer("palette"), data.classNames(),
                PicturePreparation.isDarkBacked(data.train().images()), width, settings.integer("layers"),
                settings.integer("heads"), MLP_RATIO * width, settings.flag("rotary", true));
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        long steps = settings.longInteger("steps");
        Optimization optimization = Optimization
                .adamW(LearningRate.cosine(RATE, steps, FINAL_RATE).withWarmUp(Math.min(WARM_UP, steps)))
                .withBetas(0.9, BETA2).withWeightDecay(WEIGHT_DECAY).withClipping(MAX_NORM)
                .withEma(EMA_DECAY, EMA_WARM_UP);
        ImageDataset data = request.pictures();
        PatchesConfig config = config(data, settings);
        int batch = settings.integer("batch");
        return RecordedTraining.open(device, settings, context -> {
            PatchesModel model = NetworkModel.begin(context, config, DType.BF16, PatchesModel::new);
            Optimizer optimizer = context.optimizer(optimization.of(model.store()));
            return config.purpose() == Purpose.GENERATE
                    ? new PatchesObjective(context, model, optimizer, data.train(), batch)
                    : new ClassificationObjective(context, model.trained(context.scope()), optimizer, data.train(),
                            new ClassificationObjective.Settings(batch,
                                    new Augmentation(Math.min(SHIFT, data.width() / 2), false, false, 0, 1),
                                    SMOOTHING));
        });
    }
}
