package io.zoetrope.model.gan;

import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.model.adversarial.AdversarialObjective;
import io.zoetrope.model.adversarial.GameRecord;
import io.zoetrope.model.adversarial.GameSettings;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.BatchSource;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.TrainingContext;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/** The adversarial game about square pictures. */
final class GanObjective extends AdversarialObjective {
    /** Shown in the grids of samples. */
    private static final int SAMPLES = 64;
    /** Pictures that coverage and variety are measured on. */
    private static final int MEASURED = 200;

    private final TrainingContext context;
    private final GanConfig config;
    private final GameRecord record;
    private final Augmentation.Normalisation range;

    /**
     * @param part       what to learn from
     * @param batch      real pictures, and as many made ones, in a step
     * @param steps      of the whole run, which the schedules follow
     * @param classifier gives each picture the number of its class, or null
     */
    GanObjective(TrainingContext context, GanConfig config, ImageDataset.Part part, int batch, GameSettings settings,
            long steps, Function<Images, int[]> classifier) {
        super(context, players(context, config), pictures(context.scope(), part.images()),
                config.classes() == 0 ? null : context.scope().of(part.labels(), part.labels().length), context.scope()
                        .empty(DType.BF16, 2L * batch, config.imageSize(), config.imageSize(), config.channels()),
                settings, steps);
        this.context = context;
        this.config = config;
        this.record = new GameRecord(config.classes(), classifier, part.images());
        this.range = new Augmentation.Normalisation(constant(127.5f), constant(1 / 127.5f));
    }

    private static Players players(TrainingContext context, GanConfig config) {
        Parameters parameters = Parameters.root();
        GanDiscriminator discriminator = new GanDiscriminator(config, parameters);
        return new Players(new GanModel(context.device(), config, DType.BF16, context.seed()), config.latent(),
                discriminator::forward, new ParameterStore(context.device(), parameters, DType.BF16, ~context.seed()));
    }

    private static Tensor pictures(Scope scope, Images images) {
        return scope.of(images.pixels(), images.count(), images.height(), images.width(), images.channels());
    }

    private Tensor constant(float value) {
        float[] values = new float[config.channels()];
        Arrays.fill(values, value);
        return context.scope().of(values, values.length);
    }

    @Override
    protected void load(BatchSource.Batch chosen, Tensor real) {
        Augmentation.NONE.batch(chosen.examples(), null, chosen.indices(), range, real, null, null);
    }

    @Override
    public Optional<Images> samples() {
        return Optional.of(averaged(SAMPLES));
    }

    /** What the moving average of the generator makes of a fixed noise, the classes in turn. */
    private Images averaged(int count) {
        GanModel copy = new GanModel(context.device(), config, DType.BF16, ParameterPlan.inference());
        copy.store().take(averaged());
        try (GanPipeline pipeline = new GanPipeline(copy)) {
            return pipeline.generate(count, context.seed());
        }
    }

    @Override
    public void report(RunFolder run, long step) throws IOException {
        record.report(run, step, averaged(MEASURED));
    }
}
