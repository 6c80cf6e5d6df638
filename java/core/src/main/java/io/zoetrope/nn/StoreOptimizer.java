package io.zoetrope.nn;

import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** What optimisers of a whole store share: schedule, clipping, counters and the moving average, in device memory. */
abstract class StoreOptimizer implements Optimizer {
    private final Scope scope;
    private final ParameterStore store;
    private final Tensor ema;
    private final Tensor segments;
    private final Tensor hyper;
    private final Tensor state;
    private final Tensor control;

    StoreOptimizer(ParameterStore store, AdamW.Hyper settings) {
        this.store = store;
        this.scope = Scope.open(store.device());
        this.ema = scope.emptyLike(store.masters()).copyFrom(store.masters());
        this.segments = AdamW.segments(scope, store.masters().size(), store.trainable().stream()
                .map(s -> new AdamW.Segment(s.start(), s.length(), s.parameter().isMatrix())).toList());
        this.hyper = AdamW.hyper(scope, settings);
        this.state = AdamW.state(scope);
        this.control = AdamW.control(scope);
    }

    /** A state of the rule, as large as the masters, zero at first. */
    final Tensor zeros() {
        return scope.zeros(DType.F32, store.masters().size());
    }

    final Tensor ema() {
        return ema;
    }

    @Override
    public final void step() {
        step(segments, hyper, state, control);
    }

    /** Queues the rule's step with these device tensors. */
    abstract void step(Tensor segments, Tensor hyper, Tensor state, Tensor control);

    /** The rule's own states by name. */
    abstract Map<String, Tensor> moments();

    @Override
    public final Map<String, Tensor> state() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("master", store.masters());
        tensors.putAll(moments());
        tensors.put("ema", ema);
        return tensors;
    }

    @Override
    public final void restored(long steps) {
        int[] counters = new int[Math.toIntExact(state.size())];
        counters[AdamW.STEP] = Math.toIntExact(steps);
        state.copyFrom(counters);
        store.refreshCopy();
    }

    @Override
    public final float learningRate() {
        return control.toFloats()[AdamW.RATE];
    }

    @Override
    public final float gradientNorm() {
        return control.toFloats()[AdamW.NORM];
    }

    @Override
    public final boolean sawNonFinite() {
        return state.toInts()[AdamW.SKIPPED] != 0;
    }

    @Override
    public final float[] averaged() {
        float[] values = store.values();
        float[] averages = ema.toFloats();
        for (ParameterStore.Segment segment : store.trainable()) {
            System.arraycopy(averages, (int) segment.start(), values, (int) segment.start(), (int) segment.length());
        }
        return values;
    }

    @Override
    public final void close() {
        scope.close();
    }
}
