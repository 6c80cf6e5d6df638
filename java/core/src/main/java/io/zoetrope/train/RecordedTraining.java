package io.zoetrope.train;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Training of any {@link Objective}: data, counters, sums and all randomness live on the device, so that a step is
 * recorded once and replayed with a single call that allocates nothing.
 */
public final class RecordedTraining implements TrainingTask {
    /** Makes the objective of a training; what it names to the context is closed even if it fails. */
    @FunctionalInterface
    public interface Opening {
        Objective open(TrainingContext context) throws IOException;
    }

    private final TrainingContext context;
    private final Objective objective;
    /** Of all micro-batches of a step but the last. */
    private CapturedGraph accumulating;
    /** Of the last, with the optimisers' steps. */
    private CapturedGraph stepping;
    private long taken;
    private boolean prepared;

    private RecordedTraining(TrainingContext context, Objective objective) {
        this.context = context;
        this.objective = objective;
    }

    /**
     * A training at step 0.
     *
     * @param settings the run's: seed, and what it begins with and trains
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static RecordedTraining open(Device device, Config settings, Opening opening) throws IOException {
        return open(device, settings.longInteger("seed"), Tuning.ofSettings(settings.section(RunSettings.TUNING)),
                opening);
    }

    /**
     * A training of everything, at step 0.
     *
     * @param seed of the first weights and everything drawn
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static RecordedTraining open(Device device, long seed, Opening opening) throws IOException {
        return open(device, seed, Tuning.none(), opening);
    }

    private static RecordedTraining open(Device device, long seed, Tuning tuning, Opening opening) throws IOException {
        TrainingContext context = new TrainingContext(device, seed, tuning);
        try {
            return new RecordedTraining(context, opening.open(context));
        } catch (IOException | RuntimeException | Error e) {
            context.close();
            throw e;
        }
    }

    @Override
    public Optional<TrainingEvent.Begun> begun() {
        return context.begun();
    }

    @Override
    public List<String> columns() {
        return objective.columns();
    }

    @Override
    public void step() {
        if (!prepared) {
            objective.prepare();
            prepared = true;
        }
        int batches = context.accumulation();
        for (int batch = 0; batch < batches - 1; batch++) {
            context.upload(taken * batches + batch);
            accumulating = run(accumulating, false);
        }
        context.upload(taken * batches + batches - 1);
        stepping = run(stepping, true);
        taken++;
    }

    /** The graph of a micro-batch, launched, or recorded once the work has run. */
    private CapturedGraph run(CapturedGraph graph, boolean last) {
        if (graph == null) {
            context.queue(objective, last);
            return CapturedGraph.record(context.device(), () -> context.queue(objective, last));
        }
        graph.launch();
        return graph;
    }

    @Override
    public double[] takeRow(long steps) {
        long batches = steps * context.accumulation();
        return objective.row(context.takeMeans(batches), batches);
    }

    @Override
    public String note() {
        return objective.note();
    }

    @Override
    public Optional<String> trouble() {
        return context.sawNonFinite() ? Optional.of("the loss or its gradient is no longer finite") : Optional.empty();
    }

    @Override
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>(context.state());
        state.putAll(objective.state());
        return state;
    }

    @Override
    public void restored(long steps) {
        context.restored(steps);
        objective.restored();
        taken = steps;
        prepared = true;
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        objective.save(folder, metadata);
    }

    @Override
    public Optional<Images> samples() {
        return objective.samples();
    }

    @Override
    public Map<String, Double> measure() {
        return objective.measure();
    }

    @Override
    public void report(RunFolder run, long step) throws IOException {
        objective.report(run, step);
    }

    @Override
    public void close() {
        if (accumulating != null) {
            accumulating.close();
        }
        if (stepping != null) {
            stepping.close();
        }
        context.close();
    }
}
