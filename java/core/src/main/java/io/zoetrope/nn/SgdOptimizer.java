package io.zoetrope.nn;

import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.optim.Sgd;
import io.zoetrope.tensor.Tensor;
import java.util.Map;

/** Gradient descent with Nesterov momentum over a bank, with clipping, a rate schedule and a moving average. */
public final class SgdOptimizer extends BankOptimizer {
    private final Sgd.Banks banks;

    /** @param settings from {@link Sgd#hyper} */
    public SgdOptimizer(ParameterBank bank, AdamW.Hyper settings) {
        super(bank, settings);
        this.banks = new Sgd.Banks(bank.masters(), bank.gradients(), bankOfZeros(), ema(), bank.copy());
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
