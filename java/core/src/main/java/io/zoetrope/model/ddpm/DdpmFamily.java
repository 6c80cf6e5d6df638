package io.zoetrope.model.ddpm;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ExampleStream;
import io.zoetrope.data.FashionMnist;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Media;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.io.BadFileException;
import io.zoetrope.diffusion.Spacing;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.NetworkEncoder;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.model.Action;
import io.zoetrope.model.ActionCall;
import io.zoetrope.model.ClassChoice;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.Edit;
import io.zoetrope.model.Gallery;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.PictureEvaluation;
import io.zoetrope.model.ShippedModel;
import io.zoetrope.model.SpeedDial;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.nn.Optimization;
import io.zoetrope.nn.Precision;
import io.zoetrope.ops.optim.LearningRate;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import io.zoetrope.option.Values;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
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

/** Diffusion models: a UNet that predicts the noise in square pictures (Ho et al. 2020). */
public final class DdpmFamily implements ModelFamily, TrainingFamily {
    private static final int MOST_FRAMES = 60;
    private static final int BINS = 20;
    private static final Option<Integer> STEPS = Option.integer("steps").atLeast(1).defaultsTo(50)
            .help("Denoising steps: more are slower and better.");
    private static final Option<Double> ETA = Option.number("eta").between(0, 1).defaultsTo(0.0)
            .help("DDIM's share of fresh noise, 0 to 1.");
    private static final Option<String> SPACING = Option.choice("spacing", Spacing.names()).label("NAME")
            .help("Which noise levels are visited: " + String.join(", ", Spacing.names()) + ".")
            .defaultDepends("as the model says");
    private static final Option<Path> FILM = Option.output("film", "FILE.gif")
            .help("Also show the denoising from noise to picture.");
    private static final Option<Path> ACCURACY = Option.output("accuracy", "FILE.png").help(
            "Also draw how well the noise was predicted on the way, by timestep: against the noise that the finished "
                    + "pictures imply.");
    private static final Option<Integer> PER_BIN = Option.integer("per_bin").label("COUNT").atLeast(1).defaultsTo(64)
            .help("Pictures for each bin.");
    private static final Option<Path> PLOT = Option.output("plot", "FILE.png").help("Also draw them.");
    private static final String RECIPE = "recipe";
    private static final float RATE = 1e-3f;
    private static final float FINAL_RATE = 2e-5f;
    private static final int WARM_UP = 100;
    private static final double BETA2 = 0.99;
    private static final float MAX_NORM = 1;
    private static final float EMA_DECAY = 0.9995f;
    private static final float EMA_WARM_UP = 10;

    private final Optional<Recipe> own;

    /** The default recipe, for pictures of any size. */
    public DdpmFamily() {
        own = Optional.empty();
    }

    /** A recipe of one's own, which its runs keep. */
    public DdpmFamily(Recipe recipe) {
        own = Optional.of(recipe);
    }

    /**
     * What is trained, and how.
     *
     * @param config       network and noise schedule
     * @param precision    the network computes in
     * @param optimization of its parameters
     */
    public record Recipe(DdpmConfig config, Precision precision, Optimization optimization) {
        private static Recipe usual(int size, int channels, long steps) {
            return new Recipe(DdpmConfig.forPictures(size, channels), Precision.BF16,
                    Optimization
                            .adamW(LearningRate.cosine(RATE, steps, FINAL_RATE).withWarmUp(Math.min(WARM_UP, steps)))
                            .withBetas(0.9, BETA2).withClipping(MAX_NORM).withEma(EMA_DECAY, EMA_WARM_UP));
        }

        private Config toConfig() {
            return Config.empty().with("network", config.unetSettings()).with("scheduler", config.schedulerSettings())
                    .with("precision", precision.name()).with("optimization", optimization.toConfig());
        }

        /** @param shape of a picture, [H,W,C] */
        private void requireFits(Dataset data, Shape shape) {
            UNetConfig unet = config.unet();
            Shape expected = Shape.of(unet.height(), unet.width(), unet.channels());
            if (!shape.equals(expected)) {
                throw new IllegalArgumentException(data.name() + " has pictures of shape " + shape
                        + ", but the network is for " + expected + ": change one of them");
            }
            if (unet.conditioning() != UNetConfig.Conditioning.NONE) {
                throw new IllegalArgumentException("the network is told " + unet.conditioning()
                        + " beside the timestep: this family trains networks that are told nothing");
            }
        }
    }

    @Override
    public String name() {
        return "ddpm";
    }

    @Override
    public Profile profile() {
        return new Profile("a diffusion model", "diffusion models", Set.of("DDPMPipeline"),
                List.of(new ShippedModel(DdpmPipeline.FASHION_DDPM, Media.PICTURES, "pictures of clothing",
                        FashionMnist.NAME)));
    }

    @Override
    public Facts describe(Device device, Path folder) throws IOException {
        try (DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, folder)) {
            DdpmConfig config = pipeline.model().config();
            UNetConfig unet = config.unet();
            return Facts.of(pipeline.model().store(),
                    "makes pictures of " + unet.imageSize() + "×" + unet.imageSize() + " pixels, "
                            + (unet.channels() == 1 ? "grey" : unet.channels() + " channels"),
                    "predicts " + config.prediction().diffusersName() + " over " + config.timesteps()
                            + " timesteps, schedule " + config.schedule().kind().diffusersName(),
                    "channels " + unet.blockChannels() + ", " + unet.layersPerBlock()
                            + " residual blocks at each resolution",
                    unet.classes() == 0 ? "knows no classes" : "knows " + unet.classes() + " classes, by number");
        }
    }

    @Override
    public List<Action> actions() {
        return List.of(generation(), evaluation(), SpeedDial.action(this, DdpmFamily::subject));
    }

    @Override
    public Course course() {
        return new Course(
                "Train a diffusion model on pictures. The run's noise_prediction.png and .csv show how much of the noise "
                        + "it predicts in test pictures, by timestep. A run can be stopped at any moment and goes on with {resume} "
                        + "as if it had not been.",
                Media.PICTURES, List.of(), data -> 10_000, 64);
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        values(request);
        Shape shape = pictures(request);
        if (own.isEmpty()) {
            return Config.empty();
        }
        own.get().requireFits(request.data(), shape);
        return Config.empty().with(RECIPE, own.get().toConfig());
    }

    /**
     * The shape of a picture, [H,W,C].
     *
     * @throws IllegalArgumentException if the data are no square pictures
     */
    private static Shape pictures(TrainRequest request) {
        if (!(request.data() instanceof ExampleStream stream)) {
            ImageDataset pictures = request.squarePictures();
            return Shape.of(pictures.height(), pictures.width(), pictures.channels());
        }
        Shape shape = stream.shape();
        if (stream.type() != DType.U8 || shape.rank() != 3 || shape.dim(0) != shape.dim(1)) {
            throw new IllegalArgumentException(stream.name() + " has examples " + stream.type() + shape
                    + ": this model needs square pictures, U8 [H,W,C]");
        }
        return shape;
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        Config expected = own.map(recipe -> Config.empty().with(RECIPE, recipe.toConfig())).orElse(Config.empty());
        if (settings.has(RECIPE) != own.isPresent()
                || own.isPresent() && !settings.json(RECIPE).equals(expected.json(RECIPE))) {
            throw BadFileException.of(request.run(),
                    settings.has(RECIPE) ? "was started with the recipe " + settings.json(RECIPE)
                            : "was started with the usual recipe",
                    own.isPresent() ? "the recipe it is gone on with, " + expected.json(RECIPE) : "the usual recipe",
                    "Give the run's own recipe, or start a new run");
        }
        Shape shape = pictures(request);
        Recipe recipe = own.isPresent() ? own.get() : Recipe.usual(Math.toIntExact(shape.dim(0)),
                Math.toIntExact(shape.dim(2)), settings.longInteger("steps"));
        int batch = settings.integer("batch");
        return RecordedTraining.open(device, settings,
                context -> new DdpmObjective(context, request.data(), batch, recipe));
    }

    private static Option<String> sampler() {
        return Option.choice("sampler", Sampler.names()).label("NAME")
                .help("How to walk from noise to picture: " + String.join(", ", Sampler.names()) + ".")
                .defaultsTo("ddim");
    }

    private Action generation() {
        List<Option<?>> options = new ArrayList<>(
                CommonOptions.generation(this, CommonOptions.out("fashion.png", Media.PICTURES), STEPS,
                        ClassChoice.CLASS, sampler(), SPACING, ETA, FILM, ACCURACY));
        options.addAll(Edit.options());
        return new Action(Action.Kind.GENERATE, name(), "Make pictures with a diffusion model.", options,
                DdpmFamily::generate);
    }

    /**
     * What was asked of a model that knows these classes.
     *
     * @throws OptionException naming what cannot be
     */
    static Sampling request(Values values, List<String> classNames) {
        Sampling request = OptionException.asked(() -> Sampling.count(values.get(CommonOptions.COUNT))
                .steps(values.get(STEPS)).sampler(Sampler.named(values.get(sampler()), values.get(ETA)))
                .seed(values.get(CommonOptions.SEED))
                .ofClass(ClassChoice.number(values, classNames).orElse(Sampling.TURNS)));
        return values.find(SPACING).map(name -> request.spacing(Spacing.named(name))).orElse(request);
    }

    private static void generate(ActionCall call) throws IOException {
        Values values = call.values();
        // Before the model is loaded.
        OptionException.asked(() -> Sampler.named(values.get(sampler()), values.get(ETA)));
        long start = System.nanoTime();
        List<Images> frames = new ArrayList<>();
        Optional<Path> film = call.find(FILM);
        int steps = Edit.stepsTaken(call, call.get(STEPS));
        int every = (steps + MOST_FRAMES - 1) / MOST_FRAMES;
        DdpmPipeline.Viewer viewer = film.isEmpty() ? null : (step, images) -> {
            if (step % every == 0 || step == steps) {
                frames.add(Gallery.grid(images));
            }
        };
        NoisePredictionReport[] accuracy = new NoisePredictionReport[1];
        Images images;
        try (Device device = call.openDevice();
                DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, call.model())) {
            Sampling request = request(values, pipeline.classNames());
            images = pipeline.generate(Edit.of(call, pipeline.preparation()).map(request::edit).orElse(request),
                    call.progress(), viewer, curve -> accuracy[0] = curve);
        }
        long nanos = System.nanoTime() - start;
        if (film.isPresent()) {
            Gallery.film(call, film.get(), frames);
        }
        call.writeIfAsked(ACCURACY, accuracy[0]::writePlot);
        Gallery.pictures(call, images, steps + " steps of " + values.get(sampler()), nanos);
    }

    private Action evaluation() {
        Option<String> data = CommonOptions.DATA.defaultsTo(FashionMnist.NAME).help("Whose test part to measure on.");
        List<Option<?>> options = new ArrayList<>(
                List.of(CommonOptions.model(shipped()), data, PER_BIN, CommonOptions.JSON, PLOT));
        options.addAll(PictureEvaluation.options());
        return new Action(Action.Kind.EVALUATE, name(),
                "Measure how well a diffusion model predicts noise on "
                        + "pictures it was not trained on (MSE, cosine and R² in " + BINS
                        + " bins of the timestep) and how " + "near its own pictures come to real ones.",
                options, DdpmFamily::evaluate);
    }

    private static void evaluate(ActionCall call) throws IOException {
        ImageDataset data = DataSets.load(call.get(CommonOptions.DATA), call.places());
        NoisePredictionReport report;
        try (Device device = call.openDevice();
                DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, call.model())) {
            report = NoiseEvaluation.measure(pipeline.model(), data.test(), BINS, call.get(PER_BIN),
                    PictureEvaluation.SEED, call.progress());
        }
        call.say(report.table());
        call.writeIfAsked(CommonOptions.JSON, report::writeJson);
        call.writeIfAsked(PLOT, report::writePlot);
        if (PictureEvaluation.isWanted(call)) {
            PictureEvaluation.run(call, data, DdpmFamily::usualPictures);
        }
    }

    private static SpeedDial.Subject subject(Device device, String nameOrFolder) throws IOException {
        DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, nameOrFolder);
        return new SpeedDial.Subject() {
            @Override
            public String hash() {
                DdpmConfig config = pipeline.model().config();
                return NetworkEncoder.hash(config.unetSettings() + " " + config.schedulerSettings(),
                        pipeline.model().store());
            }

            @Override
            public Images make(Sampler sampler, int steps, int count, long seed) {
                return pipeline.generate(Sampling.count(count).sampler(sampler).steps(steps).seed(seed),
                        Progress.none());
            }

            @Override
            public int calls(Sampler sampler, int steps) {
                return pipeline.model().config().plan(Sampling.count(1).sampler(sampler).steps(steps)).steps().size();
            }

            @Override
            public void close() {
                pipeline.close();
            }
        };
    }

    private static Images usualPictures(Device device, ActionCall call, int count, long seed) throws IOException {
        try (DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, call.model())) {
            return pipeline.generate(Sampling.count(count).seed(seed), call.progress());
        }
    }
}
