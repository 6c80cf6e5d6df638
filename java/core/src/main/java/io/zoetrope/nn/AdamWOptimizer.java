package io.zoetrope.nn;

import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** AdamW (Loshchilov and Hutter 2019) over a store, with clipping, a rate schedule and a moving average. */
public final class AdamWOptimizer extends StoreOptimizer {
    private final AdamW.FlatParameters flat;

    public AdamWOptimizer(ParameterStore store, Hyper settings) {
        this(store, settings, true, 1);
    }

    AdamWOptimizer(ParameterStore store, Optimization settings) {
        this(store, settings.hyper(), settings.ema().isPresent(), settings.accumulation());
    }

    private AdamWOptimizer(ParameterStore store, Hyper settings, boolean averages, int accumulation) {
        super(store, settings, averages, accumulation);
        this.flat = new AdamW.FlatParameters(store.masters(), store.gradients(), zeros(), zeros(), ema(), store.copy());
    }

    @Override
    void step(Tensor segments, Tensor hyper, Tensor state, Tensor control, boolean clear) {
        AdamW.step(flat, segments, hyper, state, control, clear);
    }

    @Override
    Map<String, Tensor> moments() {
        Map<String, Tensor> moments = new LinkedHashMap<>();
        moments.put("m", flat.m());
        moments.put("v", flat.v());
        return moments;
    }
}
