package io.zoetrope.train;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Trains a model of any family in a run folder. A run that is stopped, or killed, goes on from its last checkpoint bit for
 * bit as if it had never stopped.
 */
public final class Trainer {
    /** Steps between rows of the loss file. */
    private static final int LOG_EVERY = 10;
    private static final String MODEL = "model";

    private final Device device;

    public Trainer(Device device) {
        this.device = device;
    }

    /**
     * Trains until the run has taken {@code request.steps()} steps.
     *
     * @return the folder of the trained model
     * @throws TrainingFailedException when the numbers are no longer finite
     */
    public Path train(TrainingFamily family, TrainRequest request, Progress progress) throws IOException {
        try (RunFolder run = request.resume() ? RunFolder.resume(request.run())
                : RunFolder.create(request.run(), settings(family, request))) {
            requireSameFamily(family, run);
            requireSameData(request, run);
            try (TrainingTask task = family.open(device, request, run.config())) {
                run(request, run, task, progress);
            } catch (IOException | RuntimeException | Error e) {
                run.abandon();
                throw e;
            }
            return run.model();
        }
    }

    private static Config settings(TrainingFamily family, TrainRequest request) throws IOException {
        Config settings = Config.empty().with(MODEL, family.name()).with("data", request.data().name());
        for (Map.Entry<String, Integer> fact : request.data().facts().entrySet()) {
            settings = settings.with(fact.getKey(), fact.getValue());
        }
        return settings.with("steps", request.steps()).with("batch", request.batch()).with("seed", request.seed())
                .with(family.settings(request));
    }

    private static void requireSameFamily(TrainingFamily family, RunFolder run) throws IOException {
        String found = run.config().text(MODEL);
        if (!found.equals(family.name())) {
            throw BadFileException.of(run.path(), "trains a model of the kind " + found, family.name(),
                    "Go on with 'train " + found + "', or name another folder with --run");
        }
    }

    private static void requireSameData(TrainRequest request, RunFolder run) throws IOException {
        for (Map.Entry<String, Integer> fact : request.data().facts().entrySet()) {
            int started = run.config().integer(fact.getKey());
            if (started != fact.getValue()) {
                throw BadFileException.of(run.path(), "was started with " + fact.getKey() + " " + started + " ("
                        + run.config().text("data") + ")", "the same data, not " + fact.getKey() + " " + fact.getValue()
                        + " (" + request.data().name() + ")", "Give the run's own data with --data, or start a new run");
            }
        }
    }

    private static void run(TrainRequest request, RunFolder run, TrainingTask task, Progress progress) throws IOException {
        long done = request.resume() ? resume(run, task) : 0;
        String loss = task.columns().get(0);
        try (LossCsv losses = run.losses(task.columns(), done)) {
            progress.begin("training", request.steps());
            progress.advance(done);
            long logged = done;
            for (long step = done + 1; step <= request.steps(); step++) {
                task.step();
                boolean last = step == request.steps();
                boolean save = last || step % request.saveEvery() == 0;
                if (save || step % LOG_EVERY == 0) {
                    double[] row = task.takeRow(step - logged);
                    requireFinite(task, row[0], step, run);
                    losses.append(step, row);
                    logged = step;
                    progress.advance(step, String.format(Locale.ROOT, "%s %.4f", loss, row[0]));
                }
                if (request.sampleEvery() > 0 && (last || step % request.sampleEvery() == 0)) {
                    Optional<Images> samples = task.samples();
                    if (samples.isPresent()) {
                        run.saveSamples(step, samples.get(), (int) Math.ceil(Math.sqrt(samples.get().count())));
                    }
                }
                if (save) {
                    losses.sync();
                    save(run, task, step);
                }
            }
            progress.end();
        }
        run.plotLosses(loss);
    }

    private static long resume(RunFolder run, TrainingTask task) throws IOException {
        Optional<Checkpoint> latest = run.checkpoints().latest();
        if (latest.isEmpty()) {
            return 0;
        }
        Checkpoint checkpoint = latest.get();
        for (Map.Entry<String, Tensor> entry : task.state().entrySet()) {
            StoredTensor stored = checkpoint.tensors().get(entry.getKey());
            try {
                if (stored == null) {
                    throw new IllegalArgumentException("no " + entry.getKey());
                }
                stored.copyTo(entry.getValue());
            } catch (IllegalArgumentException e) {
                throw BadFileException.of(run.path(), "its checkpoint of step " + checkpoint.step() + " does not fit ("
                        + e.getMessage() + ")", entry.getKey() + " as " + entry.getValue(),
                        "It belongs to another model: start a new run", e);
            }
        }
        task.restored(checkpoint.step());
        return checkpoint.step();
    }

    private static void requireFinite(TrainingTask task, double loss, long step, RunFolder run) {
        Optional<String> trouble = Double.isFinite(loss) ? task.trouble()
                : Optional.of("the loss is no longer finite (" + loss + ")");
        if (trouble.isPresent()) {
            throw new TrainingFailedException(trouble.get() + " at step " + step + " of " + run.path()
                    + ": training stopped, the last good checkpoint is intact; start again with another seed or check the"
                    + " data");
        }
    }

    /**
     * Saves all that a run keeps of a step. The checkpoint comes last: a run that is killed before goes on from the one before
     * and makes the rest again, one that is killed after lacks nothing.
     */
    private static void save(RunFolder run, TrainingTask task, long step) throws IOException {
        String seed = Long.toString(run.config().longInteger("seed"));
        task.save(run.model(), Map.of("data", run.config().text("data"), "steps", Long.toString(step), "seed", seed));
        run.plotLosses(task.columns().get(0));
        task.report(run, step);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        task.state().forEach((name, tensor) -> tensors.put(name, StoredTensor.of(tensor)));
        run.checkpoints().save(new Checkpoint(step, Map.of("seed", seed), tensors));
    }
}
