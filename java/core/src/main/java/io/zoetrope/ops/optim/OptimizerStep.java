package io.zoetrope.ops.optim;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What the steps of all optimisers share, whatever their rule: the segments of the flat parameters, and
 * hyper-parameters, counters and what a step computes before the rule is applied, in small device tensors, so that a
 * recorded training step replays without the host.
 *
 * <p>A step whose gradient norm is not finite changes no weight and no moment, is not counted, and raises
 * {@link #NOT_FINITE} in the state.
 */
public final class OptimizerStep {
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

    private static final String MODULE = "optim/prepare";

    private OptimizerStep() {
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
     * The segments as the device reads them: chunks of at most a block's work, I64[chunks, 3] {begin, count, decay}.
     *
     * @param size elements of the flat tensors, beyond which no segment may reach
     */
    public static Tensor segments(Scope scope, long size, List<Segment> segments) {
        int most = scope.device().kernel("optim/adamw", "adamw_update").geometry().tileM();
        List<Segment> joined = new ArrayList<>();
        for (Segment segment : segments) {
            if (segment.begin() + segment.count() > size) {
                throw new IllegalArgumentException(
                        "optimizer: " + segment + " reaches beyond the parameters of " + size + " elements");
            }
            Segment last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null && segment.begin() < last.begin() + last.count()) {
                throw new IllegalArgumentException("optimizer: " + segment + " overlaps or precedes " + last
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
            throw new IllegalArgumentException("optimizer: no parameters: expected at least one segment with elements");
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

    /** What every optimiser does first: the gradients' norm, the step's rate, clipping and average, into control. */
    static Device prepare(String op, Tensor master, Tensor gradient, Tensor segments, Tensor hyper, Tensor state,
            Tensor control) {
        Device device = Operands.of(op).type("segments", segments, DType.I64)
                .require(segments.rank() == 2 && segments.dim(1) == 3,
                        "segments is " + segments + ", expected I64[chunks, 3]")
                .sized("hyper", hyper, DType.F32, Hyper.SIZE).sized("state", state, DType.I32, STATE_SIZE)
                .sized("control", control, DType.F32, CONTROL_SIZE).reads("segments, hyper", segments, hyper)
                .writes("master, state, control", master, state, control).device();
        long chunks = segments.dim(0);
        try (Scope scope = Scope.open(device)) {
            Tensor partial = scope.empty(DType.F32, chunks);
            device.kernel(MODULE, "optimizer_norm").arguments().pointer("gradient", gradient)
                    .pointer("chunks", segments).pointer("partial", partial).launch(Grid.of(chunks));
            device.kernel(MODULE, "optimizer_prepare").arguments().pointer("partial", partial).i32("chunks", chunks)
                    .pointer("hyper", hyper).pointer("state", state).pointer("control", control).launch(Grid.of(1));
        }
        return device;
    }
}
