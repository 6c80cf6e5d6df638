package io.zoetrope.pipeline;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.kernel.AdamW;
import io.zoetrope.kernel.Diffusion;
import io.zoetrope.kernel.Loss;
import io.zoetrope.kernel.Pointwise;
import io.zoetrope.kernel.Random;
import io.zoetrope.kernel.RandomKey;
import io.zoetrope.model.UNetConfig;
import io.zoetrope.nn.ParameterBank;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * One step of DDPM training as a graph: choose pictures and timesteps, noise them, predict, compare, push back, update.
 *
 * <p>The data set, the counters and all randomness live on the device, so the step is recorded once and replayed with a
 * single call. The numbers drawn in a step depend on the seed and the step's number alone: a resumed run draws what an
 * uninterrupted one would have.
 */
final class DdpmTrainingStep implements AutoCloseable {
    private static final long PICTURES = 1;
    private static final long TIMESTEPS = 2;
    private static final long NOISE = 3;

    private final Device device;
    private final Scope scope;
    private final DdpmModel model;
    private final Tensor data;
    private final Diffusion.Target target;
    private final Tensor indices;
    private final Tensor times;
    private final Tensor noisy;
    private final Tensor wanted;
    private final Tensor random;
    private final Tensor loss;
    private final Tensor lossSum;
    private final Tensor notFinite;
    private final AdamW.Banks banks;
    private final Tensor segments;
    private final Tensor hyper;
    private final Tensor state;
    private final Tensor control;
    private CapturedGraph graph;

    /**
     * @param data  U8 [M, size, size, channels], the training pictures
     * @param batch pictures in a step
     * @param seed  of everything drawn
     */
    DdpmTrainingStep(DdpmModel model, Tensor data, int batch, AdamW.Hyper settings, long seed) {
        UNetConfig shape = model.config().unet();
        ParameterBank bank = model.bank();
        this.device = model.device();
        this.model = model;
        this.data = data;
        this.target = Diffusion.Target.valueOf(model.config().prediction().name());
        this.scope = Scope.open(device);
        this.indices = scope.empty(DType.I32, batch);
        this.times = scope.empty(DType.I32, batch);
        this.noisy = scope.empty(model.compute(), batch, shape.imageSize(), shape.imageSize(), shape.channels());
        this.wanted = scope.emptyLike(noisy);
        this.random = RandomKey.state(scope, seed, 0);
        this.loss = scope.zeros(DType.F32, 1);
        this.lossSum = scope.zeros(DType.F32, 1);
        this.notFinite = scope.zeros(DType.I32, 1);
        this.banks = new AdamW.Banks(bank.masters(), bank.gradients(), scope.zeros(DType.F32, bank.size()),
                scope.zeros(DType.F32, bank.size()), scope.empty(DType.F32, bank.size()), bank.copy());
        banks.ema().copyFrom(bank.masters());
        this.segments = AdamW.segments(scope, bank.size(), bank.segments().stream()
                .map(s -> new AdamW.Segment(s.start(), s.length(), s.parameter().isMatrix())).toList());
        this.hyper = AdamW.hyper(scope, settings);
        this.state = AdamW.state(scope);
        this.control = AdamW.control(scope);
    }

    /** Queues one step. The first of a run also records it. */
    void run() {
        if (graph == null) {
            queue();
            graph = CapturedGraph.record(device, this::queue);
        } else {
            graph.launch();
        }
    }

    private void queue() {
        Random.shuffle(indices, Math.toIntExact(data.dim(0)), RandomKey.reading(random, PICTURES));
        Random.integers(times, model.config().timesteps(), RandomKey.reading(random, TIMESTEPS));
        Diffusion.forwardNoiseOfBytes(data, indices, times, model.alphaBar(), noisy, null, wanted, target,
                RandomKey.reading(random, NOISE));
        try (Tape tape = Tape.forTraining(device)) {
            Variable prediction = model.unet().forward(tape, Variable.constant(noisy), times, null);
            Tensor gradient = tape.empty(noisy.dtype(), noisy.shape());
            Loss.weightedMse(prediction.value(), wanted, null, loss, null, gradient, notFinite, 1);
            tape.backward(prediction, gradient);
        }
        AdamW.step(banks, segments, hyper, state, control, false);
        Pointwise.add(lossSum, loss, lossSum);
        Random.advance(random);
    }

    /** The sum of the losses since the last call. Waits for the queued steps. */
    float takeLossSum() {
        float sum = lossSum.toFloats()[0];
        lossSum.zero();
        return sum;
    }

    /** Whether a loss or a gradient norm was NaN or infinite since the start. Waits for the queued steps. */
    boolean sawNonFinite() {
        int[] counters = state.toInts();
        return notFinite.toInts()[0] != 0 || counters[AdamW.SKIPPED] != 0;
    }

    /** The learning rate of the last step. */
    float learningRate() {
        return control.toFloats()[AdamW.RATE];
    }

    /** Global norm of the last step's gradients before clipping. */
    float gradientNorm() {
        return control.toFloats()[AdamW.NORM];
    }

    /** The number of steps done. Waits for the queued ones. */
    long step() {
        return random.toLongs()[1];
    }

    AdamW.Banks banks() {
        return banks;
    }

    /** Continues from a checkpoint whose banks the caller has restored: {@code steps} were done. */
    void restore(long seed, long steps) {
        random.copyFrom(new long[] {seed, steps});
        state.copyFrom(new int[] {Math.toIntExact(steps), 0, 0, 0});
        if (banks.copy() != null) {
            Pointwise.cast(banks.master(), banks.copy());
        }
    }

    @Override
    public void close() {
        if (graph != null) {
            graph.close();
        }
        scope.close();
    }
}
