package io.zoetrope.nn;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.ops.optim.OptimizerStep;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What optimisers of a whole store share: schedule, clipping, counters and the moving average, in device memory. */
abstract class StoreOptimizer implements Optimizer {
    private final Scope scope;
    private final ParameterStore store;
    private final Optional<Tensor> ema;
    private final int accumulation;
    private final Tensor segments;
    private final Tensor hyper;
    private final Tensor state;
    private final Tensor control;

    StoreOptimizer(ParameterStore store, Hyper settings, boolean averages, int accumulation) {
        this.store = store;
        this.accumulation = accumulation;
        this.scope = Scope.open(store.device());
        this.ema = averages ? Optional.of(scope.emptyLike(store.masters()).copyFrom(store.masters()))
                : Optional.empty();
        this.segments = OptimizerStep.segments(scope, store.masters().size(), store.trainable().stream()
                .map(s -> new OptimizerStep.Segment(s.start(), s.length(), s.parameter().isMatrix())).toList());
        this.hyper = OptimizerStep.hyper(scope, settings);
        this.state = OptimizerStep.state(scope);
        this.control = OptimizerStep.control(scope);
    }

    /** A state of the rule, as large as the masters, zero at first. */
    final Tensor zeros() {
        return scope.zeros(DType.F32, store.masters().size());
    }

    /** Null where no average is kept, as the kernels take it. */
    final Tensor ema() {
        return ema.orElse(null);
    }

    @Override
    public final int accumulation() {
        return accumulation;
    }

    @Override
    public final void step() {
        step(segments, hyper, state, control, accumulation > 1);
    }

    /**
     * Queues the rule's step with these device tensors.
     *
     * @param clear whether gradients become 0, to be added to
     */
    abstract void step(Tensor segments, Tensor hyper, Tensor state, Tensor control, boolean clear);

    /** The rule's own states by name. */
    abstract Map<String, Tensor> moments();

    @Override
    public final Map<String, Tensor> state() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("master", store.masters());
        tensors.putAll(moments());
        ema.ifPresent(average -> tensors.put("ema", average));
        return tensors;
    }

    @Override
    public final void restored(long steps) {
        int[] counters = new int[Math.toIntExact(state.size())];
        counters[OptimizerStep.STEP] = Math.toIntExact(steps);
        state.copyFrom(counters);
        store.refreshCopy();
    }

    @Override
    public final float learningRate() {
        return control.toFloats()[OptimizerStep.RATE];
    }

    @Override
    public final float gradientNorm() {
        return control.toFloats()[OptimizerStep.NORM];
    }

    @Override
    public final boolean sawNonFinite() {
        return state.toInts()[OptimizerStep.SKIPPED] != 0;
    }

    @Override
    public final ParameterValues averaged() {
        if (ema.isEmpty()) {
            return store.adapted(store.current());
        }
        Set<ParameterStore.Segment> trained = Set.copyOf(store.trainable());
        ParameterValues current = store.current();
        return store.adapted(new ParameterValues() {
            @Override
            public Device device() {
                return store.device();
            }

            @Override
            public List<ParameterStore.Segment> segments() {
                return current.segments();
            }

            @Override
            public Tensor of(ParameterStore.Segment segment, Scope scratch) {
                return trained.contains(segment) ? ema.get().view(segment.start(), segment.length())
                        : current.of(segment, scratch);
            }
        });
    }

    @Override
    public final void close() {
        scope.close();
    }
}
