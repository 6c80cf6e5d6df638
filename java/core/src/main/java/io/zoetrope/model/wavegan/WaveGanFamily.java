package io.zoetrope.model.wavegan;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.AudioSets;
import io.zoetrope.data.Images;
import io.zoetrope.data.Media;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.Sounds;
import io.zoetrope.data.SpokenDigits;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.Classifier;
import io.zoetrope.metric.SoundEvaluation;
import io.zoetrope.metric.SoundReport;
import io.zoetrope.model.Action;
import io.zoetrope.model.ActionCall;
import io.zoetrope.model.ClassChoice;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.ModelFamilies;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.PictureEvaluation;
import io.zoetrope.model.ShippedModel;
import io.zoetrope.model.adversarial.AdversarialObjective;
import io.zoetrope.model.adversarial.GameSettings;
import io.zoetrope.model.adversarial.Latents;
import io.zoetrope.model.cnn.ClassifierConfig;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.option.Option;
import io.zoetrope.option.Values;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/**
 * Adversarial models of sounds: strided convolutions along time with phase shuffle (Donahue et al. 2019), playing the
 * relativistic game with the penalties R1 and R2 (Huang et al. 2024).
 */
public final class WaveGanFamily implements ModelFamily, TrainingFamily {
    /** Seconds of silence between sounds. */
    private static final double PAUSE = 0.25;
    private static final Option<Path> SPECTROGRAM = Option.output("spectrogram", "FILE.png")
            .help("Also show sounds over time and pitch.");
    private static final Option<String> ENCODER = Option.text("encoder", "NAME|DIR")
            .help("The classifier that listens and in whose features sounds are compared.");
    private static final Option<String> REAL = CommonOptions.DATA.defaultsTo(SpokenDigits.NAME)
            .help("The real sounds: generated ones are compared with its test part.");
    private static final Option<Integer> MEASURED = CommonOptions.COUNT.atLeast(PictureEvaluation.FEWEST)
            .defaultsTo(256).help("Sounds to generate, of the classes in turn.");
    private static final GameSettings DEFAULTS = new GameSettings(2e-4, 5e-5, 10, 2, 0.995);
    private static final int WIDTH = 16;

    private final Function<Images, int[]> classifier;

    /** A family whose runs record which classes the generator covers where a classifier that ships knows them. */
    public WaveGanFamily() {
        this(null);
    }

    /**
     * A family whose runs record which classes the generator covers.
     *
     * @param classifier gives each spectrogram ({@link WaveGanConfig#recognition}) the number of its
     *                   class; null: the one that ships, where it knows the classes
     */
    public WaveGanFamily(Function<Images, int[]> classifier) {
        this.classifier = classifier;
    }

    @Override
    public String name() {
        return "wavegan";
    }

    @Override
    public Profile profile() {
        return new Profile("an adversarial model of sounds", "adversarial models of sounds", Set.of("WaveGanPipeline"),
                List.of(new ShippedModel(WaveGanPipeline.DIGITS_WAVEGAN, Media.SOUNDS, "spoken digits",
                        SpokenDigits.NAME)));
    }

    @Override
    public Facts describe(Device device, Path folder) throws IOException {
        try (WaveGanPipeline pipeline = WaveGanPipeline.fromPretrained(device, folder)) {
            WaveGanConfig config = pipeline.model().config();
            return Facts.of(pipeline.model().store(),
                    "makes sounds of " + config.samples() + " samples at " + config.rate() + " Hz, from "
                            + config.latent() + " random numbers",
                    config.levels() + " layers, " + config.width() + " channels next to the sound",
                    ClassChoice.known(config.classNames()));
        }
    }

    @Override
    public List<Action> actions() {
        return List.of(generation(), evaluation());
    }

    @Override
    public Optional<String> untunable() {
        return Optional.of(AdversarialObjective.UNTUNABLE);
    }

    @Override
    public Course course() {
        return new Course("Train an adversarial model on sounds of a second: " + SpokenDigits.NAME
                + ", or a folder of WAV files.", Media.SOUNDS, DEFAULTS.options(WIDTH), data -> 6_000, 32);
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        Values values = values(request);
        int width = values.get(GameSettings.BASE_WIDTH);
        config(sounds(request), width);
        return GameSettings.of(values).toConfig().with("base_width", width);
    }

    private static AudioDataset sounds(TrainRequest request) {
        if (request.data() instanceof AudioDataset sounds) {
            return sounds;
        }
        throw new IllegalArgumentException(
                request.data().name() + " holds " + request.data().examples() + ": this model learns from sounds");
    }

    private static WaveGanConfig config(AudioDataset data, int width) {
        return WaveGanConfig.forSounds(data.samples(), data.rate(), Latents.classes(data.classNames()), width);
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        AudioDataset data = sounds(request);
        WaveGanConfig config = config(data, settings.integer("base_width"));
        Function<Images, int[]> ears = classifier != null ? classifier
                : CnnPipeline.shipped(device, known -> hears(known, config)).orElse(null);
        int batch = settings.integer("batch");
        GameSettings game = GameSettings.of(settings);
        long steps = settings.longInteger("steps");
        return RecordedTraining.open(device, settings,
                context -> new WaveGanObjective(context, config, data.train(), batch, game, steps, ears));
    }

    /** Whether a classifier knows the classes, in spectrograms as the task takes them. */
    private static boolean hears(ClassifierConfig classifier, WaveGanConfig config) {
        return classifier.classNames().equals(config.classNames()) && classifier.sounds().filter(
                known -> known.samples() == config.samples() && known.spectrogram().equals(config.recognition()))
                .isPresent();
    }

    private Action generation() {
        return new Action(
                Action.Kind.GENERATE, name(), "Make sounds with an adversarial model.", CommonOptions.generation(this,
                        CommonOptions.out("sounds.wav", Media.SOUNDS), ClassChoice.CLASS, SPECTROGRAM),
                WaveGanFamily::generate);
    }

    private static void generate(ActionCall call) throws IOException {
        long start = System.nanoTime();
        int count = call.get(CommonOptions.COUNT);
        long seed = call.get(CommonOptions.SEED);
        Sounds sounds;
        try (Device device = call.openDevice();
                WaveGanPipeline pipeline = WaveGanPipeline.fromPretrained(device, call.model())) {
            sounds = generate(pipeline, seed, ClassChoice.labels(call.values(), count, pipeline.classNames()),
                    call.progress());
        }
        long nanos = System.nanoTime() - start;
        Path out = call.get(CommonOptions.OUT);
        call.writeMade(out, sounds.joined(PAUSE)::writeWav);
        call.say(String.format(Locale.ROOT, "%s: %d sounds of %.1f s, seed %d, %.1f s", out, count, sounds.seconds(),
                seed, nanos / 1e9));
        if (call.find(SPECTROGRAM).isPresent()) {
            Path picture = call.get(SPECTROGRAM);
            call.writeMade(picture,
                    MelSpectrogram.DISPLAY.pictures(sounds).grid((int) Math.ceil(Math.sqrt(count)))::writePng);
            call.say(picture + ": their spectrograms");
        }
    }

    private static Sounds generate(WaveGanPipeline pipeline, long seed, int[] labels, Progress progress) {
        progress.begin("generating", 1);
        Sounds sounds = pipeline.generate(seed, labels);
        progress.end();
        return sounds;
    }

    private Action evaluation() {
        List<Option<?>> options = List.of(CommonOptions.model(shipped()),
                ENCODER.defaultsTo(ModelFamilies.installed().usualClassifier(Media.SOUNDS)), REAL, MEASURED,
                CommonOptions.SEED.help("Of the sounds."), CommonOptions.JSON);
        return new Action(Action.Kind.EVALUATE, name(), "Measure an adversarial model's sounds: which classes a "
                + "classifier hears in them, and how often the one that was asked for; how near they come to real ones "
                + "in its features (C-FD, precision, recall, density, coverage, KID).", options,
                WaveGanFamily::evaluate);
    }

    private static void evaluate(ActionCall call) throws IOException {
        AudioDataset data = AudioSets.load(call.get(REAL), call.places());
        String encoder = call.get(ENCODER);
        SoundReport report;
        try (Device device = call.openDevice();
                Classifier ears = ModelFamilies.installed().openClassifier(device, encoder)) {
            ears.requireKnown(data);
            try (WaveGanPipeline pipeline = WaveGanPipeline.fromPretrained(device, call.model())) {
                List<String> names = pipeline.classNames();
                int[] labels = Latents.inTurn(call.get(MEASURED), names.size());
                report = SoundEvaluation.measure(device, ears, encoder,
                        generate(pipeline, call.get(CommonOptions.SEED), labels, call.progress()), names, labels, data,
                        PictureEvaluation.SEED, call.progress());
            }
        }
        call.say(report.table());
        call.writeIfAsked(CommonOptions.JSON, report::writeJson);
    }
}
