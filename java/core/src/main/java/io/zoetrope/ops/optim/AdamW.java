package io.zoetrope.ops.optim;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * AdamW over all parameters at once, laid end to end in flat F32 tensors, with global-norm clipping, a moving average
 * of the weights and a BF16 copy for the network. Hyper-parameters, schedule and counters live in small device tensors,
 * so that a recorded training step replays without the host.
 *
 * <p>A step whose gradient norm is not finite changes no weight and no moment, is not counted, and raises
 * {@link #NOT_FINITE} in the state.
 */
public final class AdamW {
    /** Elements of the state, I32[4]: updates applied. */
    public static final int STEP = 0;
    /** Elements of the state: updates skipped because the norm was not finite. */
    public static final int SKIPPED = 1;
    /** Elements of the state: 1 when the last step was skipped. */
    public static final int NOT_FINITE = 2;
    private static final int STATE_SIZE = 4;

    /** Elements of the control tensor, F32[8]: global norm of the gradients before clipping. */
    public static final int NORM = 0;
    /** Elements of the control tensor: learning rate of the last step. */
    public static final int RATE = 2;
    /** Elements of the control tensor: one less the moving average's decay in the last step. */
    public static final int EMA_SHARE = 6;
    private static final int CONTROL_SIZE = 8;

    private static final String MODULE = "optim/adamw";
    private static final String PREPARE = "optim/prepare";

    private AdamW() {
    }

    /**
     * A stretch of the flat tensors that belongs to one parameter.
     *
     * @param begin first element
     * @param count number of elements
     * @param decay whether weight decay applies (by custom not to biases and norms)
     */
    public record Segment(long begin, long count, boolean decay) {
        public Segment {
            if (begin < 0 || count < 0) {
                throw new IllegalArgumentException(
                        "segment of " + count + " elements at " + begin + ": expected 0 or more");
            }
        }
    }

    /**
     * Hyper-parameters. Start from {@link #of} and change what differs.
     *
     * @param learningRate  of each step
     * @param beta1 as {@code beta2} and {@code epsilon} in double: 0.999f would make 1 − 0.999 wrong by 1.3e-5 of
     *                      itself
     * @param weightDecay   decoupled decay: each step takes rate·weightDecay of the weight
     * @param maxNorm       gradients of a larger global norm are scaled down to it; 0: never
     * @param gradientScale every gradient is multiplied by it first: 1/k when k batches were added up
     * @param emaDecay      decay of the moving average of the weights
     * @param emaWarmUp     w: at step t the decay is min(emaDecay, (1+t)/(w+t)); 10 by custom, 0: none
     */
    public record Hyper(LearningRate learningRate, double beta1, double beta2, double epsilon, float weightDecay,
            float maxNorm, float gradientScale, float emaDecay, float emaWarmUp) {
        private static final int SIZE = 17;

        public Hyper {
            check(beta1 >= 0 && beta1 < 1, "beta1", beta1, "0 <= beta1 < 1");
            check(beta2 >= 0 && beta2 < 1, "beta2", beta2, "0 <= beta2 < 1");
            check((float) epsilon > 0 && Float.isFinite((float) epsilon), "epsilon", epsilon,
                    "a positive number that F32 can hold");
            check(weightDecay >= 0 && Float.isFinite(weightDecay), "weightDecay", weightDecay, "0 or more");
            check(maxNorm >= 0, "maxNorm", maxNorm, "0 (no clipping) or more");
            check(Float.isFinite(gradientScale), "gradientScale", gradientScale, "a finite number");
            check(emaDecay >= 0 && emaDecay <= 1, "emaDecay", emaDecay, "0 to 1");
            check(emaWarmUp >= 0 && Float.isFinite(emaWarmUp), "emaWarmUp", emaWarmUp, "0 (none) or more");
        }

        /** β 0.9 and 0.999, ε 1e-8, no decay, no clipping, constant rate, moving average 0.9999 warming up. */
        public static Hyper of(float rate) {
            return of(LearningRate.constant(rate));
        }

        /** As {@link #of(float)} with a rate that changes. */
        public static Hyper of(LearningRate learningRate) {
            return new Hyper(learningRate, 0.9, 0.999, 1e-8, 0, 0, 1, 0.9999f, 10);
        }

        public Hyper withBetas(double newBeta1, double newBeta2) {
            return new Hyper(learningRate, newBeta1, newBeta2, epsilon, weightDecay, maxNorm, gradientScale, emaDecay,
                    emaWarmUp);
        }

        public Hyper withEpsilon(double newEpsilon) {
            return new Hyper(learningRate, beta1, beta2, newEpsilon, weightDecay, maxNorm, gradientScale, emaDecay,
                    emaWarmUp);
        }

        public Hyper withWeightDecay(float decay) {
            return new Hyper(learningRate, beta1, beta2, epsilon, decay, maxNorm, gradientScale, emaDecay, emaWarmUp);
        }

        public Hyper withMaxNorm(float norm) {
            return new Hyper(learningRate, beta1, beta2, epsilon, weightDecay, norm, gradientScale, emaDecay,
                    emaWarmUp);
        }

        public Hyper withGradientScale(float scale) {
            return new Hyper(learningRate, beta1, beta2, epsilon, weightDecay, maxNorm, scale, emaDecay, emaWarmUp);
        }

        public Hyper withEma(float decay, float warmUp) {
            return new Hyper(learningRate, beta1, beta2, epsilon, weightDecay, maxNorm, gradientScale, decay, warmUp);
        }

        /** Linear warm-up, then a cosine to {@code last} at step {@code total} (0: constant). */
        public Hyper withSchedule(long warmUp, long total, float last) {
            return new Hyper(LearningRate.cosine(learningRate.peak(), total, last).withWarmUp(warmUp), beta1, beta2,
                    epsilon, weightDecay, maxNorm, gradientScale, emaDecay, emaWarmUp);
        }

        /** In the order of the device code's {@code optim::Hyper}. */
        private float[] values() {
            return new float[] {learningRate.peak(), (float) beta1, (float) beta2, (float) epsilon, weightDecay,
                    maxNorm, gradientScale, emaDecay, emaWarmUp, learningRate.warmUpSteps(), learningRate.totalSteps(),
                    learningRate.last(), (float) (1 - beta1), (float) (1 - beta2), learningRate.schedule().ordinal(),
                    learningRate.dropPeriod(), learningRate.dropFactor()};
        }
    }

    static void check(boolean condition, String name, Number value, String expected) {
        if (!condition) {
            throw new IllegalArgumentException("adamw: " + name + " is " + value + ", expected " + expected);
        }
    }

    /**
     * The segments as the device reads them: chunks of at most a block's work, I64[chunks, 3] {begin, count, decay}.
     *
     * @param size elements of the flat tensors, beyond which no segment may reach
     */
    public static Tensor segments(Scope scope, long size, List<Segment> segments) {
        int most = scope.device().kernel(MODULE, "adamw_update").geometry().tileM();
        List<Segment> joined = new ArrayList<>();
        for (Segment segment : segments) {
            if (segment.begin() + segment.count() > size) {
                throw new IllegalArgumentException(
                        "adamw: " + segment + " reaches beyond the parameters of " + size + " elements");
            }
            Segment last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null && segment.begin() < last.begin() + last.count()) {
                throw new IllegalArgumentException("adamw: " + segment + " overlaps or precedes " + last
                        + ": expected segments in ascending order");
            }
            if (last != null && last.decay() == segment.decay() && last.begin() + last.count() == segment.begin()) {
                joined.set(joined.size() - 1, new Segment(last.begin(), last.count() + segment.count(), last.decay()));
            } else if (segment.count() > 0) {
                joined.add(segment);
            }
        }
        List<Long> chunks = new ArrayList<>();
        for (Segment segment : joined) {
            for (long at = 0; at < segment.count(); at += most) {
                chunks.addAll(
                        List.of(segment.begin() + at, Math.min(most, segment.count() - at), segment.decay() ? 1L : 0L));
            }
        }
        if (chunks.isEmpty()) {
            throw new IllegalArgumentException("adamw: no parameters: expected at least one segment with elements");
        }
        return scope.of(chunks.stream().mapToLong(Long::longValue).toArray(), chunks.size() / 3, 3);
    }

    /** Hyper-parameters as the device reads them, F32[17]; to change them between steps see {@link #set}. */
    public static Tensor hyper(Scope scope, Hyper hyper) {
        float[] values = hyper.values();
        return scope.of(values, values.length);
    }

    /** Replaces the hyper-parameters in a tensor made by {@link #hyper}. */
    public static void set(Tensor target, Hyper hyper) {
        target.copyFrom(hyper.values());
    }

    /** Counters, I32[4], all 0: see {@link #STEP}, {@link #SKIPPED}, {@link #NOT_FINITE}. */
    public static Tensor state(Scope scope) {
        return scope.zeros(DType.I32, STATE_SIZE);
    }

    /** What the last step computed, F32[8]: see {@link #NORM}, {@link #RATE}, {@link #EMA_SHARE}. */
    public static Tensor control(Scope scope) {
        return scope.zeros(DType.F32, CONTROL_SIZE);
    }

    /**
     * The parameters of one model and what belongs to them, flat, all of one size. {@code ema} (F32) and {@code copy}
     * (BF16) may be null.
     */
    public record FlatParameters(Tensor master, Tensor gradient, Tensor m, Tensor v, Tensor ema, Tensor copy) {
        public FlatParameters {
            Operands operands = Operands.of("adamw").type("master", master, DType.F32);
            long size = master.size();
            operands.sized("gradient", gradient, DType.F32, size).sized("m", m, DType.F32, size)
                    .sized("v", v, DType.F32, size).sizedIfGiven("ema", ema, DType.F32, size)
                    .sizedIfGiven("copy", copy, DType.BF16, size)
                    .writes("master, gradient, m, v, ema, copy", master, gradient, m, v, ema, copy).device();
        }
    }

    /**
     * One step: norm, clip, AdamW, moving average, copy; three launches, no host work.
     *
     * @param segments      from {@link #segments}; what no segment covers is left alone
     * @param hyper         from {@link #hyper}
     * @param state         from {@link #state}
     * @param control       from {@link #control}
     * @param clearGradient whether the gradient is zero afterwards, ready to be accumulated into
     */
    public static void step(FlatParameters flat, Tensor segments, Tensor hyper, Tensor state, Tensor control,
            boolean clearGradient) {
        Device device = prepare("adamw", flat.master(), flat.gradient(), segments, hyper, state, control);
        Kernel update = device.kernel(MODULE, "adamw_update");
        update.arguments().pointer("master", flat.master()).pointer("gradient", flat.gradient()).pointer("m", flat.m())
                .pointer("v", flat.v()).pointer("ema", flat.ema()).pointer("copy", flat.copy())
                .pointer("chunks", segments).pointer("hyper", hyper).pointer("control", control)
                .i32("clear", clearGradient ? 1 : 0).launch(Grid.of(segments.dim(0)));
    }

    /** What every optimiser does first: the gradients' norm, the step's rate, clipping and average, into control. */
    static Device prepare(String op, Tensor master, Tensor gradient, Tensor segments, Tensor hyper, Tensor state,
            Tensor control) {
        Device device = Operands.of(op).type("segments", segments, DType.I64)
                .require(segments.rank() == 2 && segments.dim(1) == 3,
                        "segments is " + segments.describe() + ", expected I64[chunks, 3]")
                .sized("hyper", hyper, DType.F32, Hyper.SIZE).sized("state", state, DType.I32, STATE_SIZE)
                .sized("control", control, DType.F32, CONTROL_SIZE).reads("segments, hyper", segments, hyper)
                .writes("master, state, control", master, state, control).device();
        long chunks = segments.dim(0);
        try (Scope scope = Scope.open(device)) {
            Tensor partial = scope.empty(DType.F32, chunks);
            device.kernel(PREPARE, "optimizer_norm").arguments().pointer("gradient", gradient)
                    .pointer("chunks", segments).pointer("partial", partial).launch(Grid.of(chunks));
            device.kernel(PREPARE, "optimizer_prepare").arguments().pointer("partial", partial).i32("chunks", chunks)
                    .pointer("hyper", hyper).pointer("state", state).pointer("control", control).launch(Grid.of(1));
        }
        return device;
    }
}
