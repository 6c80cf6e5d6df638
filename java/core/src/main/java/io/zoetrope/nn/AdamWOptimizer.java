package io.zoetrope.nn;

import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** AdamW (Loshchilov and Hutter 2019) over a store, with clipping, a rate schedule and a moving average. */
public final class AdamWOptimizer extends StoreOptimizer {
    private final AdamW.Banks banks;

    public AdamWOptimizer(ParameterStore store, AdamW.Hyper settings) {
        super(store, settings);
        this.banks = new AdamW.Banks(store.masters(), store.gradients(), zeros(), zeros(), ema(), store.copy());
    }

    @Override
    void step(Tensor segments, Tensor hyper, Tensor state, Tensor control) {
        AdamW.step(banks, segments, hyper, state, control, false);
    }

    @Override
    Map<String, Tensor> moments() {
        Map<String, Tensor> moments = new LinkedHashMap<>();
        moments.put("m", banks.m());
        moments.put("v", banks.v());
        return moments;
    }
}
