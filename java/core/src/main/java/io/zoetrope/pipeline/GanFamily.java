package io.zoetrope.pipeline;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.kernel.AdamW;
import io.zoetrope.kernel.GanLoss;
import io.zoetrope.model.GanShape;
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
    private static final double RATE = 5e-4;
    private static final double FINAL_RATE = 5e-5;
    private static final double GAMMA = 0.5;
    private static final double FINAL_GAMMA = 0.05;
    private static final double EMA_DECAY = 0.998;
    private static final float EMA_WARM_UP = 10;
    private static final float BETA2 = 0.99f;

    private final Function<Images, int[]> classifier;

    public GanFamily() {
        this(null);
    }

    /**
     * A family whose runs record which classes the generator covers.
     *
     * @param classifier gives each picture the number of its class; null: no such record
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
        int width = options.integer("base_width", GanShape.WIDTH);
        shape(request.squarePictures(), width);
        return Config.empty().with("base_width", width).with("rate", positive(options, "rate", RATE))
                .with("final_rate", positive(options, "final_rate", FINAL_RATE))
                .with("gamma", positive(options, "gamma", GAMMA))
                .with("final_gamma", positive(options, "final_gamma", FINAL_GAMMA))
                .with("ema", decay(options));
    }

    private static double positive(Config options, String name, double otherwise) throws IOException {
        double value = options.number(name, otherwise);
        if (!(value > 0) || !Double.isFinite((float) value)) {
            throw new IllegalArgumentException(name + " must be more than 0, not " + value);
        }
        return value;
    }

    private static double decay(Config options) throws IOException {
        double value = options.number("ema", EMA_DECAY);
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException("ema must be 0 or more and less than 1, not " + value);
        }
        return value;
    }

    private static GanShape shape(ImageDataset data, int width) {
        return GanShape.forPictures(data.height(), data.channels(), classes(data).size(), width);
    }

    /** A single class is none. */
    private static List<String> classes(ImageDataset data) {
        return data.classNames().size() > 1 ? data.classNames() : List.of();
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        long steps = settings.longInteger("steps");
        ImageDataset data = request.squarePictures();
        GanConfig config = new GanConfig(shape(data, settings.integer("base_width")), classes(data));
        // β1 is 0: the other player moves on between two steps, so that old gradients point nowhere.
        AdamW.Hyper discriminator = AdamW.Hyper.of((float) settings.number("rate")).withBetas(0, BETA2)
                .withSchedule(0, steps, (float) settings.number("final_rate")).withEma(0, 0);
        AdamW.Hyper generator = discriminator.withEma((float) settings.number("ema"), EMA_WARM_UP);
        GanLoss.PenaltyWeight gamma = new GanLoss.PenaltyWeight((float) settings.number("gamma"),
                (float) settings.number("final_gamma"), steps);
        return new GanTask(device, config, data.train(), settings.integer("batch"), generator, discriminator, gamma,
                settings.longInteger("seed"), classifier);
    }
}
