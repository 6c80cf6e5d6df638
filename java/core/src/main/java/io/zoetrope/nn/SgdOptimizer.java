package io.zoetrope.nn;

import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.optim.Sgd;
import io.zoetrope.tensor.Tensor;
import java.util.Map;

/** Gradient descent with Nesterov momentum over a store, with clipping, a rate schedule and a moving average. */
public final class SgdOptimizer extends StoreOptimizer {
    private final Sgd.Banks banks;

    /** @param settings from {@link Sgd#hyper} */
    public SgdOptimizer(ParameterStore store, AdamW.Hyper settings) {
        super(store, settings);
        this.banks = new Sgd.Banks(store.masters(), store.gradients(), zeros(), ema(), store.copy());
    }

    @Override
    void step(Tensor segments, Tensor hyper, Tensor state, Tensor control) {
        Sgd.step(banks, segments, hyper, state, control, false);
    }

    @Override
    Map<String, Tensor> moments() {
        return Map.of("momentum", banks.momentum());
    }
}
