package io.zoetrope.nn;

import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.ops.optim.Sgd;
import io.zoetrope.tensor.Tensor;
import java.util.Map;

/** Gradient descent with Nesterov momentum over a store, with clipping, a rate schedule and a moving average. */
public final class SgdOptimizer extends StoreOptimizer {
    private final Sgd.FlatParameters flat;

    /** @param settings from {@link Sgd#hyper} */
    public SgdOptimizer(ParameterStore store, Hyper settings) {
        this(store, settings, true, 1);
    }

    SgdOptimizer(ParameterStore store, Optimization settings) {
        this(store, settings.hyper(), settings.ema().isPresent(), settings.accumulation());
    }

    private SgdOptimizer(ParameterStore store, Hyper settings, boolean averages, int accumulation) {
        super(store, settings, averages, accumulation);
        this.flat = new Sgd.FlatParameters(store.masters(), store.gradients(), zeros(), ema(), store.copy());
    }

    @Override
    void step(Tensor segments, Tensor hyper, Tensor state, Tensor control, boolean clear) {
        Sgd.step(flat, segments, hyper, state, control, clear);
    }

    @Override
    Map<String, Tensor> moments() {
        return Map.of("momentum", flat.momentum());
    }
}
