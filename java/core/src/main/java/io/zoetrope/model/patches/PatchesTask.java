package io.zoetrope.model.patches;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.AdamWOptimizer;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What training a transformer of patches is, whatever it predicts: a step whose data, counters and randomness live on the
 * device, recorded once and replayed with a single call.
 */
abstract class PatchesTask implements TrainingTask {
    final Device device;
    final long seed;
    final Scope scope;
    final PatchesModel model;
    final Optimizer optimizer;
    final Tensor random;
    final Tensor loss;
    final Tensor notFinite;
    private CapturedGraph graph;

    PatchesTask(Device device, PatchesConfig config, AdamW.Hyper settings, long seed) {
        this.device = device;
        this.seed = seed;
        this.model = new PatchesModel(device, config, DType.BF16, seed);
        this.optimizer = new AdamWOptimizer(model.bank(), settings);
        this.scope = Scope.open(device);
        this.random = RandomKey.state(scope, seed, 0);
        this.loss = scope.zeros(DType.F32, 1);
        this.notFinite = scope.zeros(DType.I32, 1);
    }

    /** Queues forward and backward, and adds to what {@link #takeRow} reports. */
    abstract void learn();

    /** Called before the first step. */
    void prepare() {
    }

    @Override
    public final void step() {
        if (graph == null) {
            prepare();
            queue();
            graph = CapturedGraph.record(device, this::queue);
        } else {
            graph.launch();
        }
    }

    private void queue() {
        learn();
        optimizer.step();
        Random.advance(random);
    }

    /** The values of sums, divided by {@code steps}; the sums are cleared. */
    static double[] take(Tensor sums, long steps) {
        float[] values = sums.toFloats();
        sums.zero();
        double[] means = new double[values.length];
        for (int i = 0; i < means.length; i++) {
            means[i] = (double) values[i] / steps;
        }
        return means;
    }

    @Override
    public final Optional<String> trouble() {
        return notFinite.toInts()[0] != 0 || optimizer.sawNonFinite()
                ? Optional.of("the loss or its gradient is no longer finite") : Optional.empty();
    }

    @Override
    public Map<String, Tensor> state() {
        return optimizer.state();
    }

    @Override
    public void restored(long steps) {
        random.copyFrom(new long[] {seed, steps});
        optimizer.restored(steps);
    }

    @Override
    public final void save(Path folder, Map<String, String> metadata) throws IOException {
        model.save(folder, optimizer.averaged(), metadata);
    }

    /** The model with the moving average of the weights. */
    PatchesModel averaged() {
        PatchesModel copy = new PatchesModel(device, model.config(), model.compute(), 0);
        copy.bank().masters(optimizer.averaged());
        return copy;
    }

    @Override
    public void close() {
        if (graph != null) {
            graph.close();
        }
        scope.close();
        optimizer.close();
        model.close();
    }
}
