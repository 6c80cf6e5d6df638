package io.zoetrope.model.wavegan;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import io.zoetrope.model.adversarial.GameSettings;
import io.zoetrope.model.cnn.ClassifierConfig;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.gan.GanFamily;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * Adversarial models of sounds: strided convolutions along time with phase shuffle (Donahue et al. 2019), playing the
 * relativistic game with the penalties R1 and R2 (Huang et al. 2024).
 *
 * <p>Options as those of {@link GanFamily}; {@code base_width} is the number of channels next to the sound.
 */
public final class WaveGanFamily implements TrainingFamily {
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
    public Config settings(TrainRequest request) throws IOException {
        Config options = request.options();
        int width = options.integer("base_width", WIDTH);
        config(sounds(request), width);
        return DEFAULTS.with(name(), options).toConfig().with("base_width", width);
    }

    private static AudioDataset sounds(TrainRequest request) {
        if (request.data() instanceof AudioDataset sounds) {
            return sounds;
        }
        throw new IllegalArgumentException(request.data().name() + " holds " + request.data().examples()
                + ": this model learns from sounds");
    }

    private static WaveGanConfig config(AudioDataset data, int width) {
        return WaveGanConfig.forSounds(data.samples(), data.rate(), classes(data), width);
    }

    /** A single class is none. */
    private static List<String> classes(AudioDataset data) {
        return data.classNames().size() > 1 ? data.classNames() : List.of();
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
        return RecordedTraining.open(device, settings.longInteger("seed"), context ->
                new WaveGanObjective(context, config, data.train(), batch, game, steps, ears));
    }

    /** Whether a classifier knows the classes, in spectrograms as the task takes them. */
    private static boolean hears(ClassifierConfig classifier, WaveGanConfig config) {
        return classifier.classNames().equals(config.classNames()) && classifier.sounds().filter(known ->
                known.samples() == config.samples() && known.spectrogram().equals(config.recognition())).isPresent();
    }
}
