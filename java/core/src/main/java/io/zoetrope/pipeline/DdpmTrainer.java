package io.zoetrope.pipeline;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.BadFileException;
import io.zoetrope.data.Images;
import io.zoetrope.kernel.AdamW;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains a DDPM in a run folder. A run that is stopped, or killed, goes on from its last checkpoint bit for bit as if it
 * had never stopped.
 */
public final class DdpmTrainer {
    private static final float RATE = 1e-3f;
    private static final float FINAL_RATE = 2e-5f;
    private static final int WARM_UP = 100;
    private static final float BETA2 = 0.99f;
    private static final float MAX_NORM = 1;
    private static final float EMA_DECAY = 0.9995f;
    private static final float EMA_WARM_UP = 10;
    /** Steps between rows of the loss file. The file's loss is the mean over them. */
    private static final int LOG_EVERY = 10;
    private static final int SAMPLES = 64;
    private static final int SAMPLE_STEPS = 50;
    private static final List<String> COLUMNS = List.of("loss", "rate", "gradient_norm");
    private static final List<String> BANKS = List.of("master", "m", "v", "ema");

    private final Device device;

    public DdpmTrainer(Device device) {
        this.device = device;
    }

    /**
     * Trains until the run has taken {@code request.steps()} steps.
     *
     * @return the folder of the trained model
     * @throws TrainingFailedException when the loss is no longer finite
     */
    public Path train(TrainRequest request, Progress progress) throws IOException {
        try (RunFolder run = request.resume() ? RunFolder.resume(request.run())
                : RunFolder.create(request.run(), settings(request))) {
            Config settings = run.config();
            requireSameData(request, run);
            Images pictures = request.data().train().images();
            long seed = settings.longInteger("seed");
            DdpmConfig config = DdpmConfig.forPictures(request.data().height(), request.data().channels());
            try (Scope scope = Scope.open(device);
                    DdpmModel model = new DdpmModel(device, config, DType.BF16, seed)) {
                Tensor data = scope.of(pictures.pixels(), pictures.count(), pictures.height(), pictures.width(),
                        pictures.channels());
                try (DdpmTrainingStep stepper = new DdpmTrainingStep(model, data, settings.integer("batch"),
                        hyper(settings), seed)) {
                    run(request, run, model, stepper, seed, progress);
                }
            }
            return run.model();
        }
    }

    private static Config settings(TrainRequest request) {
        return Config.empty().with("model", "ddpm").with("data", request.data().name())
                .with("data_pictures", request.data().train().images().count())
                .with("height", request.data().height()).with("width", request.data().width())
                .with("channels", request.data().channels()).with("steps", request.steps())
                .with("batch", request.batch()).with("seed", request.seed());
    }

    private static void requireSameData(TrainRequest request, RunFolder run) throws IOException {
        Config settings = run.config();
        Images pictures = request.data().train().images();
        if (request.data().height() != request.data().width()) {
            throw new IllegalArgumentException("pictures of " + request.data().width() + "×" + request.data().height()
                    + " pixels: this model needs square ones; crop or pad them");
        }
        if (settings.integer("data_pictures") != pictures.count() || settings.integer("height") != pictures.height()
                || settings.integer("channels") != pictures.channels()) {
            throw BadFileException.of(run.path(), "was started with " + settings.integer("data_pictures") + " pictures of "
                    + settings.integer("height") + " pixels and " + settings.integer("channels") + " channels ("
                    + settings.text("data") + ")", "the same data, not " + pictures + " (" + request.data().name() + ")",
                    "Give the run's own data with --data, or start a new run");
        }
    }

    private static AdamW.Hyper hyper(Config settings) throws IOException {
        long steps = settings.longInteger("steps");
        return AdamW.Hyper.of(RATE).withBetas(0.9f, BETA2).withMaxNorm(MAX_NORM).withEma(EMA_DECAY, EMA_WARM_UP)
                .withSchedule(Math.min(WARM_UP, steps), steps, FINAL_RATE);
    }

    private void run(TrainRequest request, RunFolder run, DdpmModel model, DdpmTrainingStep stepper, long seed,
            Progress progress) throws IOException {
        long done = 0;
        if (request.resume()) {
            Checkpoint checkpoint = run.checkpoints().latest().orElse(null);
            if (checkpoint != null) {
                restore(checkpoint, stepper, seed, run.path());
                done = checkpoint.step();
            }
        }
        try (LossCsv losses = run.losses(COLUMNS, done)) {
            progress.begin("training", request.steps());
            progress.advance(done);
            long logged = done;
            for (long step = done + 1; step <= request.steps(); step++) {
                stepper.run();
                boolean save = step % request.saveEvery() == 0 || step == request.steps();
                if (save || step % LOG_EVERY == 0) {
                    double loss = stepper.takeLossSum() / (step - logged);
                    requireFinite(stepper, loss, step, run);
                    losses.append(step, loss, stepper.learningRate(), stepper.gradientNorm());
                    logged = step;
                    progress.advance(step, String.format("loss %.4f", loss));
                }
                if (save) {
                    save(run, model, stepper, step, request);
                }
                if (request.sampleEvery() > 0 && (step % request.sampleEvery() == 0 || step == request.steps())) {
                    run.saveSamples(step, samples(model, stepper, seed), 8);
                }
            }
            progress.end();
        }
        run.plotLosses("loss");
    }

    private static void requireFinite(DdpmTrainingStep stepper, double loss, long step, RunFolder run) {
        if (!Double.isFinite(loss) || stepper.sawNonFinite()) {
            throw new TrainingFailedException("the loss is no longer finite (" + loss + " at step " + step + " of "
                    + run.path() + "): training stopped, the last good checkpoint is intact; start again with another"
                    + " seed or check the data");
        }
    }

    private static void save(RunFolder run, DdpmModel model, DdpmTrainingStep stepper, long step, TrainRequest request)
            throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Map<String, Tensor> banks = banks(stepper);
        for (String name : BANKS) {
            Tensor bank = banks.get(name);
            tensors.put(name, StoredTensor.ofF32(bank.toFloats(), bank.size()));
        }
        run.checkpoints().save(new Checkpoint(step, Map.of("seed", Long.toString(run.config().longInteger("seed"))), tensors));
        model.save(run.model(), stepper.banks().ema().toFloats(), Map.of("data", request.data().name(),
                "steps", Long.toString(step), "seed", Long.toString(run.config().longInteger("seed"))));
        run.plotLosses("loss");
    }

    private static void restore(Checkpoint checkpoint, DdpmTrainingStep stepper, long seed, Path run) throws IOException {
        for (Map.Entry<String, Tensor> bank : banks(stepper).entrySet()) {
            StoredTensor stored = checkpoint.tensors().get(bank.getKey());
            if (stored == null || stored.size() != bank.getValue().size()) {
                throw BadFileException.of(run, "its checkpoint of step " + checkpoint.step() + " holds "
                        + (stored == null ? "no " + bank.getKey() : stored.size() + " values of " + bank.getKey()),
                        bank.getValue().size() + " values", "It belongs to another model: start a new run");
            }
            bank.getValue().copyFrom(stored.toFloats());
        }
        stepper.restore(seed, checkpoint.step());
    }

    private static Map<String, Tensor> banks(DdpmTrainingStep stepper) {
        AdamW.Banks banks = stepper.banks();
        return Map.of("master", banks.master(), "m", banks.m(), "v", banks.v(), "ema", banks.ema());
    }

    /** What the moving average of the weights makes of a fixed noise. */
    private Images samples(DdpmModel model, DdpmTrainingStep stepper, long seed) {
        DdpmModel averaged = new DdpmModel(device, model.config(), model.compute(), 0);
        averaged.bank().masters(stepper.banks().ema().toFloats());
        try (DdpmPipeline pipeline = new DdpmPipeline(averaged)) {
            return pipeline.generate(Sampling.count(SAMPLES).steps(SAMPLE_STEPS).seed(seed), Progress.none());
        }
    }
}
