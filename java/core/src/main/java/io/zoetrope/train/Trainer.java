package io.zoetrope.train;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.Progress;
import io.zoetrope.io.TensorContent;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a model of any family in a run folder. A run that is stopped, or killed, goes on from its last checkpoint bit
 * for bit as if it had never stopped.
 */
public final class Trainer {
    private static final int USUAL_ROWS = 10;
    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

    private final Device device;
    private final int rowsEvery;
    private final List<TrainingListener> listeners;

    /** A trainer that writes a row of the loss file every {@value #USUAL_ROWS} steps. */
    public Trainer(Device device) {
        this(device, USUAL_ROWS, List.of());
    }

    private Trainer(Device device, int rowsEvery, List<TrainingListener> listeners) {
        this.device = device;
        this.rowsEvery = rowsEvery;
        this.listeners = List.copyOf(listeners);
    }

    /**
     * The same with a row of the loss file, and an event for each listener, every so many steps, and at each
     * checkpoint.
     */
    public Trainer withRowsEvery(int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("rows every " + steps + " steps: expected 1 or more");
        }
        return new Trainer(device, steps, listeners);
    }

    /** The same with another listener. */
    public Trainer withListener(TrainingListener listener) {
        List<TrainingListener> all = new ArrayList<>(listeners);
        all.add(listener);
        return new Trainer(device, rowsEvery, all);
    }

    /**
     * Trains until the run has taken all its steps; one that has taken them already stays as it is.
     *
     * @return the folder of the trained model
     * @throws BadFileException when the request would go on with a run of another model, other data or options
     * @throws TrainingFailedException      when the numbers are no longer finite
     * @throws TrainingInterruptedException when the thread is interrupted or its token cancelled, with a checkpoint of
     * the last
     *                                      step taken
     */
    public Path train(TrainingFamily family, TrainRequest request, Progress progress) throws IOException {
        try (Interrupts interrupts = new Interrupts()) {
            if (interrupts.seen()) {
                throw new TrainingInterruptedException(request.run(), 0);
            }
            try (RunFolder run = request.resume() ? RunFolder.resume(request.run())
                    : RunFolder.create(request.run(), RunSettings.of(family, request))) {
                if (request.resume()) {
                    RunSettings.requireSame(family, request, run);
                }
                try {
                    train(family, request, run, interrupts, progress);
                } catch (IOException | RuntimeException | Error e) {
                    run.abandon();
                    throw e;
                }
                return run.model();
            } catch (IOException e) {
                if (interrupts.broke(e)) {
                    throw (TrainingInterruptedException) new TrainingInterruptedException(request.run(), 0)
                            .initCause(e);
                }
                throw e;
            }
        }
    }

    private void train(TrainingFamily family, TrainRequest request, RunFolder run, Interrupts interrupts,
            Progress progress) throws IOException {
        Optional<Checkpoint> start = interrupts.hold(() -> run.checkpoints().latest());
        long done = start.map(Checkpoint::step).orElse(0L);
        long steps = RunSettings.steps(request, run);
        progress.begin("training", steps);
        if (done >= steps) {
            LOG.info("{} has taken {} steps already: there is nothing left to train", run.path(), done);
            progress.advance(steps, "all " + done + " steps were taken before");
            progress.end();
            return;
        }
        try (TrainingTask task = interrupts.hold(() -> family.open(device, request, run.config()))) {
            if (start.isPresent()) {
                restore(run, task, start.get());
                start = Optional.empty(); // as large as the model and its optimisers
            }
            Listeners heard = new Listeners(listeners);
            if (done == 0) {
                task.begun().ifPresent(heard::tell);
            }
            run(request, steps, done, run, task, interrupts, heard, progress);
        }
    }

    private void run(TrainRequest request, long steps, long done, RunFolder run, TrainingTask task,
            Interrupts interrupts, Listeners heard, Progress progress) throws IOException {
        String loss = task.columns().get(0);
        try (LossCsv losses = run.losses(task.columns(), done)) {
            progress.advance(done);
            long logged = done;
            long since = System.nanoTime();
            for (long step = done + 1; step <= steps; step++) {
                task.step();
                long now = step;
                boolean last = step == steps;
                boolean save = interrupts.seen() || last || step % request.saveEvery() == 0;
                if (save || step % rowsEvery == 0) {
                    double[] row = task.takeRow(step - logged);
                    requireFinite(task, row[0], step, run);
                    losses.append(step, row);
                    long nanos = System.nanoTime();
                    heard.tell(new TrainingEvent.Row(step, steps, named(task.columns(), row),
                            (step - logged) * 1e9 / Math.max(1, nanos - since)));
                    since = nanos;
                    logged = step;
                    progress.advance(step, String.format(Locale.ROOT, "%s %.4f %s", loss, row[0], task.note()).strip());
                }
                if (request.sampleEvery() > 0 && (last || step % request.sampleEvery() == 0)) {
                    interrupts.finish(() -> saveSamples(run, task, now, heard));
                }
                if (save) {
                    interrupts.finish(() -> {
                        losses.sync();
                        save(run, task, now, interrupts);
                    });
                    heard.tell(new TrainingEvent.Saved(step, run.model()));
                    if (interrupts.seen() && !last) {
                        throw new TrainingInterruptedException(run.path(), step);
                    }
                }
            }
            progress.end();
        }
    }

    private static Map<String, Double> named(List<String> columns, double[] row) {
        Map<String, Double> values = new LinkedHashMap<>();
        for (int i = 0; i < row.length; i++) {
            values.put(columns.get(i), row[i]);
        }
        return values;
    }

    private static void saveSamples(RunFolder run, TrainingTask task, long step, Listeners heard) throws IOException {
        Optional<Images> samples = task.samples();
        if (samples.isPresent()) {
            run.saveSamples(step, samples.get(), (int) Math.ceil(Math.sqrt(samples.get().count())));
            heard.tell(new TrainingEvent.Samples(step, samples.get()));
        }
        if (!heard.isEmpty()) {
            Map<String, Double> measured = task.measure();
            if (!measured.isEmpty()) {
                heard.tell(new TrainingEvent.Measured(step, measured));
            }
        }
    }

    private static void restore(RunFolder run, TrainingTask task, Checkpoint checkpoint) throws IOException {
        for (Map.Entry<String, Tensor> entry : task.state().entrySet()) {
            TensorContent stored = checkpoint.tensors().get(entry.getKey());
            try {
                if (stored == null) {
                    throw new IllegalArgumentException("no " + entry.getKey());
                }
                stored.copyTo(entry.getValue());
            } catch (IllegalArgumentException e) {
                throw BadFileException.of(run.path(),
                        "its checkpoint of step " + checkpoint.step() + " does not fit (" + e.getMessage() + ")",
                        entry.getKey() + " as " + entry.getValue().describe(),
                        "It belongs to another model: start a new run", e);
            }
        }
        task.restored(checkpoint.step());
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
     * Saves all that a run keeps of a step. The checkpoint comes last: a run that is killed before goes on from the one
     * before and makes the rest again, one that is killed after lacks nothing.
     */
    private static void save(RunFolder run, TrainingTask task, long step, Interrupts interrupts) throws IOException {
        String seed = Long.toString(run.config().longInteger("seed"));
        task.save(run.model(), Map.of("data", run.config().text("data"), "steps", Long.toString(step), "seed", seed));
        interrupts.aside(() -> run.plotLosses(task.columns().get(0)));
        task.report(run, step);
        Map<String, TensorContent> tensors = new LinkedHashMap<>();
        task.state().forEach((name, tensor) -> tensors.put(name, TensorContent.of(tensor)));
        run.checkpoints().save(new Checkpoint(step, Map.of("seed", seed), tensors));
    }
}
