package io.zoetrope.diffusion;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.diffusion.SamplerStep;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.function.Consumer;

/**
 * Runs a {@link SamplerPlan} on a device. One row of the plan is recorded as a graph; since its coefficients, its
 * timestep and its noise come from a counter in device memory, every row replays the same graph, and the whole loop is
 * a chain of it that a single call launches, with no Java work and no allocation in between.
 */
public final class SamplingLoop implements AutoCloseable {
    /** Stream of the starting noise; the steps' fresh noise draws from the next one. */
    private static final long START_STREAM = 1;
    private static final long STEP_STREAM = 2;

    /** The network: its output lives only while {@code use} runs. */
    @FunctionalInterface
    public interface DeviceDenoiser {
        /**
         * @param x    the noisy batch in the network's type
         * @param time F32 [batch]
         * @param use  must be handed the output, F32 or BF16, shaped like x
         */
        void predict(Tensor x, Tensor time, Consumer<Tensor> use);
    }

    private final Device device;
    private final Scope scope;
    private final SamplerPlan plan;
    private final DeviceDenoiser denoiser;
    private final Tensor x;
    private final Tensor input;
    private final RowUpdate update;
    private final Tensor timesteps;
    private final Tensor time;
    private final Tensor counter;
    private final Tensor random;
    private CapturedGraph row;
    private CapturedGraph whole;
    /** The row that comes next. */
    private int next;
    private Editing editing;

    /**
     * @param compute the network's type
     * @param shape   of the batch, samples outermost
     */
    public SamplingLoop(Device device, SamplerPlan plan, DType compute, Shape shape, DeviceDenoiser denoiser) {
        int rows = plan.steps().size();
        this.device = device;
        this.plan = plan;
        this.denoiser = denoiser;
        this.scope = Scope.open(device);
        this.x = scope.empty(DType.F32, shape);
        this.input = compute == DType.F32 ? x : scope.empty(compute, shape);
        this.timesteps = scope.of(plan.timesteps(), rows);
        this.time = scope.empty(DType.F32, shape.dim(0));
        this.counter = scope.zeros(DType.I32, 1);
        this.random = scope.zeros(DType.I64, 2);
        this.update = new RowUpdate(scope, plan, x, input == x ? null : input, counter,
                RandomKey.reading(random, STEP_STREAM));
    }

    /** Starts a run from standard normal noise. The same seed gives the same pictures. */
    public void start(long seed) {
        start(seed, null);
    }

    /** Starts a run from what is given, mixed with the noise of the plan's first level; null: from noise alone. */
    public void start(long seed, Editing from) {
        editing = from;
        random.copyFrom(new long[] {seed, 0});
        counter.zero();
        next = 0;
        Random.normal(x, RandomKey.of(seed, START_STREAM));
        if (editing != null) {
            editing.begin(x, plan.steps().get(0).alpha(), plan.steps().get(0).sigma());
        }
        toInput();
    }

    private void toInput() {
        if (input != x) {
            Pointwise.cast(x, input);
        }
    }

    /**
     * Queues one step of the sampler: a row of the plan, or several. The first row of a loop's first run is recorded.
     */
    public void step() {
        int end = next + plan.rowsOfStep(next);
        while (next < end) {
            queueRow();
        }
        restore();
        next %= plan.steps().size();
    }

    /** What of a given batch is kept is put back once a step is done; in between it would not be at a level. */
    private void restore() {
        if (editing != null && editing.hasMask()) {
            boolean last = next == plan.steps().size();
            editing.restore(x, last ? 1 : plan.steps().get(next).alpha(), last ? 0 : plan.steps().get(next).sigma());
            toInput();
        }
    }

    /** Queues the next row of the plan alone: for those that look at every call of the denoiser. */
    public void row() {
        queueRow();
        if (next == plan.steps().size() || plan.steps().get(next).stage() == 0) {
            restore();
        }
        next %= plan.steps().size();
    }

    private void queueRow() {
        if (row == null) {
            runRow();
            row = CapturedGraph.record(device, this::runRow);
        } else {
            row.launch();
        }
        next++;
    }

    /** Queues all rows of a run that was just started: one launch, unless a mask is put back between them. */
    public void all() {
        int rows = plan.steps().size();
        if (editing != null && editing.hasMask()) {
            do {
                step();
            } while (next > 0);
        } else if (whole == null) {
            while (next < rows) {
                queueRow();
            }
            next = 0;
            whole = row.repeated(rows);
        } else {
            whole.launch();
        }
    }

    /** The number of the sampler's steps of a run. */
    public int steps() {
        return steps(plan);
    }

    /** The number of the sampler's steps in a plan. */
    public static int steps(SamplerPlan plan) {
        return (int) plan.steps().stream().filter(of -> of.stage() == 0).count();
    }

    private void runRow() {
        SamplerStep.timestep(timesteps, counter, time);
        denoiser.predict(input, time, update::queue);
        SamplerStep.advance(counter, plan.steps().size());
    }

    /** The batch as it stands, F32: noise at first, pictures after the last step. */
    public Tensor batch() {
        return x;
    }

    /** x̂_0 as the last row estimated it, F32, shaped like the batch; zeros before the first row. */
    public Tensor estimate() {
        return update.estimate();
    }

    @Override
    public void close() {
        if (whole != null) {
            whole.close();
        }
        if (row != null) {
            row.close();
        }
        scope.close();
    }
}
