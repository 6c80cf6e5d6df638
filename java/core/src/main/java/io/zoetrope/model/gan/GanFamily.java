package io.zoetrope.model.gan;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.FashionMnist;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Media;
import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.ActionCall;
import io.zoetrope.model.ClassChoice;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.Gallery;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.PictureEvaluation;
import io.zoetrope.model.ShippedModel;
import io.zoetrope.model.adversarial.AdversarialObjective;
import io.zoetrope.model.adversarial.GameSettings;
import io.zoetrope.model.adversarial.Latents;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.option.Option;
import io.zoetrope.option.Values;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Adversarial models of square pictures: generator and discriminator of residual blocks without normalisation, the
 * relativistic loss with the penalties R1 and R2 (Huang et al. 2024).
 */
public final class GanFamily implements ModelFamily, TrainingFamily {
    private static final Option<Path> INTERPOLATE = Option.output("interpolate", "FILE.gif")
            .help("Also show the pictures change into one another, on a round over the sphere of latent vectors.");
    private static final Option<Integer> FRAMES = Option.integer("frames").between(2, 1000).defaultsTo(48)
            .help("Frames of {interpolate}.");
    private static final GameSettings DEFAULTS = new GameSettings(5e-4, 5e-5, 1, 0.1, 0.995);

    private final Function<Images, int[]> classifier;

    /** A family whose runs record which classes the generator covers where the classifier that ships knows them. */
    public GanFamily() {
        this(null);
    }

    /**
     * A family whose runs record which classes the generator covers.
     *
     * @param classifier gives each picture the number of its class; null: the one that ships, where it knows the
     *                   classes
     */
    public GanFamily(Function<Images, int[]> classifier) {
        this.classifier = classifier;
    }

    @Override
    public String name() {
        return "gan";
    }

    @Override
    public Profile profile() {
        return new Profile("an adversarial model", "adversarial models", Set.of("GanPipeline"), List.of(
                new ShippedModel(GanPipeline.FASHION_GAN, Media.PICTURES, "pictures of clothing", FashionMnist.NAME)));
    }

    @Override
    public Facts describe(Device device, Path folder) throws IOException {
        try (GanPipeline pipeline = GanPipeline.fromPretrained(device, folder)) {
            GanConfig shape = pipeline.model().config();
            return Facts.of(pipeline.model().store(),
                    "makes pictures of " + shape.imageSize() + "×" + shape.imageSize() + " pixels, "
                            + (shape.channels() == 1 ? "grey" : shape.channels() + " channels") + ", from "
                            + shape.latent() + " random numbers",
                    "channels " + shape.widths() + ", blocks " + shape.blocks(),
                    ClassChoice.known(pipeline.classNames()));
        }
    }

    @Override
    public List<Action> actions() {
        return List.of(generation(), PictureEvaluation.action(this,
                "Measure how near an adversarial model's pictures come to real ones.", GanFamily::usualPictures));
    }

    @Override
    public Optional<String> untunable() {
        return Optional.of(AdversarialObjective.UNTUNABLE);
    }

    @Override
    public Course course() {
        return new Course(
                "Train an adversarial model on pictures: a generator against a discriminator. The run's game.png shows "
                        + "how the game goes, variety.csv what the generator covers.",
                Media.PICTURES, DEFAULTS.options(GanConfig.WIDTH), data -> 3_600, 32);
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        Values values = values(request);
        int width = values.get(GameSettings.BASE_WIDTH);
        config(request.squarePictures(), width);
        return GameSettings.of(values).toConfig().with("base_width", width);
    }

    private static GanConfig config(ImageDataset data, int width) {
        return GanConfig.forPictures(data.height(), data.channels(), Latents.classes(data.classNames()), width);
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        ImageDataset data = request.squarePictures();
        GanConfig config = config(data, settings.integer("base_width"));
        Function<Images, int[]> eyes = classifier != null ? classifier
                : CnnPipeline
                        .shipped(device,
                                known -> known.sounds().isEmpty() && known.classNames().equals(config.classNames()))
                        .orElse(null);
        int batch = settings.integer("batch");
        GameSettings game = GameSettings.of(settings);
        long steps = settings.longInteger("steps");
        return RecordedTraining.open(device, settings,
                context -> new GanObjective(context, config, data.train(), batch, game, steps, eyes));
    }

    private Action generation() {
        return new Action(
                Action.Kind.GENERATE, name(), "Make pictures with an adversarial model.", CommonOptions.generation(this,
                        CommonOptions.out("fashion.png", Media.PICTURES), ClassChoice.CLASS, INTERPOLATE, FRAMES),
                GanFamily::generate);
    }

    private static void generate(ActionCall call) throws IOException {
        long start = System.nanoTime();
        long seed = call.get(CommonOptions.SEED);
        Optional<Path> walk = call.find(INTERPOLATE);
        List<Images> frames = new ArrayList<>();
        Images images;
        try (Device device = call.openDevice();
                GanPipeline pipeline = GanPipeline.fromPretrained(device, call.model())) {
            int[] labels = ClassChoice.labels(call.values(), call.get(CommonOptions.COUNT), pipeline.classNames());
            call.progress().begin("generating", 1);
            images = pipeline.generate(seed, labels);
            if (walk.isPresent()) {
                pipeline.interpolate(call.get(FRAMES), seed, labels).forEach(frame -> frames.add(Gallery.grid(frame)));
            }
            call.progress().end();
        }
        long nanos = System.nanoTime() - start;
        if (walk.isPresent()) {
            Gallery.film(call, walk.get(), frames);
        }
        Gallery.pictures(call, images, "one pass each", nanos);
    }

    private static Images usualPictures(Device device, ActionCall call, int count, long seed) throws IOException {
        try (GanPipeline pipeline = GanPipeline.fromPretrained(device, call.model())) {
            return pipeline.generate(count, seed);
        }
    }
}
