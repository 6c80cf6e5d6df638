package io.zoetrope.model.gan;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import io.zoetrope.model.adversarial.GameSettings;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * Adversarial models of square pictures: generator and discriminator of residual blocks without normalisation, the
 * relativistic loss with the penalties R1 and R2 (Huang et al. 2024).
 *
 * <p>Options: {@code rate} and {@code final_rate} of learning, {@code gamma} and {@code final_gamma} of the penalties, each
 * falling as a cosine over the run; {@code ema}, the decay of the generator's moving average; {@code base_width}, channels at
 * half the picture's resolution.
 */
public final class GanFamily implements TrainingFamily {
    private static final GameSettings DEFAULTS = new GameSettings(5e-4, 5e-5, 1, 0.1, 0.995);

    private final Function<Images, int[]> classifier;

    /** A family whose runs record which classes the generator covers where the classifier that ships knows them. */
    public GanFamily() {
        this(null);
    }

    /**
     * A family whose runs record which classes the generator covers.
     *
     * @param classifier gives each picture the number of its class; null: the one that ships, where it knows the classes
     */
    public GanFamily(Function<Images, int[]> classifier) {
        this.classifier = classifier;
    }

    @Override
    public String name() {
        return "gan";
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        Config options = request.options();
        int width = options.integer("base_width", GanConfig.WIDTH);
        config(request.squarePictures(), width);
        return DEFAULTS.with(name(), options).toConfig().with("base_width", width);
    }

    private static GanConfig config(ImageDataset data, int width) {
        return GanConfig.forPictures(data.height(), data.channels(), classes(data), width);
    }

    /** A single class is none. */
    private static List<String> classes(ImageDataset data) {
        return data.classNames().size() > 1 ? data.classNames() : List.of();
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        ImageDataset data = request.squarePictures();
        GanConfig config = config(data, settings.integer("base_width"));
        Function<Images, int[]> eyes = classifier != null ? classifier
                : CnnPipeline.shipped(device, known -> known.sounds().isEmpty()
                        && known.classNames().equals(config.classNames())).orElse(null);
        int batch = settings.integer("batch");
        GameSettings game = GameSettings.of(settings);
        long steps = settings.longInteger("steps");
        return RecordedTraining.open(device, settings.longInteger("seed"), context ->
                new GanObjective(context, config, data.train(), batch, game, steps, eyes));
    }
}
