package io.zoetrope.model.patches;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.model.patches.PatchesConfig.Purpose;
import io.zoetrope.nn.AdamWOptimizer;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.tensor.DType;
import io.zoetrope.train.ClassificationObjective;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;

/**
 * Transformers over the patches of pictures. Options: {@code purpose} (generate, classify), {@code patch_size},
 * {@code palette}, {@code model_width}, {@code layers}, {@code heads}, {@code rotary}.
 */
public final class PatchesFamily implements TrainingFamily {
    private static final float RATE = 1.5e-3f;
    private static final float FINAL_RATE = 3e-5f;
    private static final int WARM_UP = 100;
    private static final float BETA2 = 0.98f;
    private static final float WEIGHT_DECAY = 0.03f;
    private static final float MAX_NORM = 1;
    private static final float EMA_DECAY = 0.999f;
    private static final float EMA_WARM_UP = 10;
    private static final int MLP_RATIO = 4;
    /** Of a classifier's pictures, at most, in pixels. */
    private static final int SHIFT = 2;
    private static final float SMOOTHING = 0.05f;

    @Override
    public String name() {
        return "patches";
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        Config options = request.options();
        String purpose = options.text("purpose", "generate");
        boolean generates = purpose.equals("generate");
        if (!generates && !purpose.equals("classify")) {
            throw new IllegalArgumentException("purpose '" + purpose + "': expected generate or classify");
        }
        if (generates && request.batch() < 2) {
            throw new IllegalArgumentException("batch must be at least 2, not " + request.batch()
                    + ": half of it is read in order, half of it masked");
        }
        Config settings = Config.empty().with("purpose", purpose).with("patch_size", options.integer("patch_size", 4))
                .with("palette", generates ? options.integer("palette", 512) : 0)
                .with("model_width", options.integer("model_width", 128)).with("layers", options.integer("layers", 4))
                .with("heads", options.integer("heads", 4)).with("rotary", options.flag("rotary", true));
        config(request.pictures(), settings);
        return settings;
    }

    private static PatchesConfig config(ImageDataset data, Config settings) throws BadFileException {
        int size = settings.integer("patch_size");
        if (size < 1 || data.height() % size != 0 || data.width() % size != 0) {
            throw new IllegalArgumentException("patch size " + size + ": the pictures' " + data.width() + "×" + data.height()
                    + " pixels do not divide into patches of it");
        }
        int width = settings.integer("model_width");
        return new PatchesConfig(Purpose.named(settings.text("purpose")), data.height(), data.width(), data.channels(), size,
                settings.integer("palette"), data.classNames(), PicturePreparation.isDarkBacked(data.train().images()), width,
                settings.integer("layers"), settings.integer("heads"), MLP_RATIO * width, settings.flag("rotary", true));
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        long steps = settings.longInteger("steps");
        AdamW.Hyper hyper = AdamW.Hyper.of(RATE).withBetas(0.9f, BETA2).withWeightDecay(WEIGHT_DECAY).withMaxNorm(MAX_NORM)
                .withEma(EMA_DECAY, EMA_WARM_UP).withSchedule(Math.min(WARM_UP, steps), steps, FINAL_RATE);
        ImageDataset data = request.pictures();
        PatchesConfig config = config(data, settings);
        int batch = settings.integer("batch");
        return RecordedTraining.open(device, settings.longInteger("seed"), context -> {
            PatchesModel model = context.own(new PatchesModel(device, config, DType.BF16, context.seed()));
            Optimizer optimizer = context.optimizer(new AdamWOptimizer(model.store(), hyper));
            return config.purpose() == Purpose.GENERATE
                    ? new PatchesObjective(context, model, optimizer, data.train(), batch)
                    : new ClassificationObjective(context, model.trained(context.scope()), optimizer, data.train(),
                            new ClassificationObjective.Settings(batch,
                                    new Augmentation(Math.min(SHIFT, data.width() / 2), false, false, 0, 1), SMOOTHING));
        });
    }
}
