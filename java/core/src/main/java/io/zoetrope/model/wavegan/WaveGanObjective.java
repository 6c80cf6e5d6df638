package io.zoetrope.model.wavegan;

import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.Sounds;
import io.zoetrope.model.adversarial.AdversarialObjective;
import io.zoetrope.model.adversarial.GameRecord;
import io.zoetrope.model.adversarial.GameSettings;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.BatchSource;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.TrainingContext;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * The adversarial game about sounds. Samples, and what is measured, are the sounds' spectrograms; the sounds themselves
 * are in {@code samples/} too, end to end.
 */
final class WaveGanObjective extends AdversarialObjective {
    /** The first stream of the discriminator's shifts; each of its levels takes one. */
    private static final long SHIFTS = 16;
    private static final int SAMPLES = 16;
    /** Sounds that coverage and variety are measured on. */
    private static final int MEASURED = 100;
    private static final double PAUSE = 0.2;
    /** Clips of which the real variance is taken. */
    private static final int REFERENCE = 400;

    private final TrainingContext context;
    private final WaveGanConfig config;
    private final MelSpectrogram spectrogram;
    private final GameRecord record;

    /**
     * @param part       what to learn from
     * @param batch      real sounds, and as many made ones, in a step
     * @param steps      of the whole run, which the schedules follow
     * @param classifier gives each spectrogram the number of its class, or null
     */
    WaveGanObjective(TrainingContext context, WaveGanConfig config, AudioDataset.Part part, int batch,
            GameSettings settings, long steps, Function<Images, int[]> classifier) {
        super(context, players(context, config), waves(context.scope(), part.sounds()),
                config.classes() == 0 ? null : context.scope().of(part.labels(), part.labels().length),
                context.scope().empty(DType.BF16, 2L * batch, config.samples(), 1), settings, steps);
        Sounds clips = part.sounds();
        this.context = context;
        this.config = config;
        this.spectrogram = config.recognition();
        this.record = new GameRecord(config.classes(), classifier,
                spectrogram.images(clips.slice(0, Math.min(REFERENCE, clips.count()))));
    }

    private static Players players(TrainingContext context, WaveGanConfig config) {
        Parameters parameters = Parameters.root();
        WaveGanDiscriminator discriminator = new WaveGanDiscriminator(config, parameters);
        return new Players(new WaveGanModel(context.device(), config, DType.BF16, context.seed()), config.latent(),
                (tape, x, classes, pass) -> discriminator.forward(tape, x, classes, pass, context.key(SHIFTS)),
                new ParameterStore(context.device(), parameters, DType.BF16, ~context.seed()));
    }

    private static Tensor waves(Scope scope, Sounds clips) {
        Tensor waves = scope.empty(DType.BF16, clips.count(), clips.samples());
        for (int i = 0; i < clips.count(); i++) {
            waves.slice(i, i + 1).copyFrom(clips.toFloats(i, i + 1));
        }
        return waves;
    }

    @Override
    protected void load(BatchSource.Batch chosen, Tensor real) {
        Rows.gather(chosen.examples(), chosen.indices(), real);
    }

    @Override
    public Optional<Images> samples() {
        return Optional.of(spectrogram.pictures(averaged(SAMPLES)));
    }

    /** What the moving average of the generator makes of a fixed noise, the classes in turn. */
    private Sounds averaged(int count) {
        WaveGanModel copy = new WaveGanModel(context.device(), config, DType.BF16, ParameterPlan.inference());
        copy.store().take(averaged());
        try (WaveGanPipeline pipeline = new WaveGanPipeline(copy)) {
            return pipeline.generate(count, context.seed());
        }
    }

    @Override
    public void report(RunFolder run, long step) throws IOException {
        Sounds made = averaged(MEASURED);
        made.slice(0, SAMPLES).joined(PAUSE)
                .writeWav(run.path().resolve("samples").resolve(String.format(Locale.ROOT, "step-%09d.wav", step)));
        record.report(run, step, spectrogram.images(made));
    }
}
