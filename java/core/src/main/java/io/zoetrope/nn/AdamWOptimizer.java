package io.zoetrope.nn;

import io.zoetrope.kernel.AdamW;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** AdamW (Loshchilov and Hutter 2019) over a bank, with clipping, a rate schedule and a moving average. */
public final class AdamWOptimizer implements Optimizer {
    private final Scope scope;
    private final ParameterBank bank;
    private final AdamW.Banks banks;
    private final Tensor segments;
    private final Tensor hyper;
    private final Tensor state;
    private final Tensor control;

    public AdamWOptimizer(ParameterBank bank, AdamW.Hyper settings) {
        this.bank = bank;
        this.scope = Scope.open(bank.device());
        this.banks = new AdamW.Banks(bank.masters(), bank.gradients(), scope.zeros(DType.F32, bank.size()),
                scope.zeros(DType.F32, bank.size()), scope.empty(DType.F32, bank.size()), bank.copy());
        banks.ema().copyFrom(bank.masters());
        this.segments = AdamW.segments(scope, bank.size(), bank.trainable().stream()
                .map(s -> new AdamW.Segment(s.start(), s.length(), s.parameter().isMatrix())).toList());
        this.hyper = AdamW.hyper(scope, settings);
        this.state = AdamW.state(scope);
        this.control = AdamW.control(scope);
    }

    @Override
    public void step() {
        AdamW.step(banks, segments, hyper, state, control, false);
    }

    @Override
    public Map<String, Tensor> state() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("master", banks.master());
        tensors.put("m", banks.m());
        tensors.put("v", banks.v());
        tensors.put("ema", banks.ema());
        return tensors;
    }

    @Override
    public void restored(long steps) {
        int[] counters = new int[Math.toIntExact(state.size())];
        counters[AdamW.STEP] = Math.toIntExact(steps);
        state.copyFrom(counters);
        bank.refreshCopy();
    }

    @Override
    public float learningRate() {
        return control.toFloats()[AdamW.RATE];
    }

    @Override
    public float gradientNorm() {
        return control.toFloats()[AdamW.NORM];
    }

    @Override
    public boolean sawNonFinite() {
        return state.toInts()[AdamW.SKIPPED] != 0;
    }

    @Override
    public float[] averaged() {
        float[] values = banks.ema().toFloats();
        float[] masters = null;
        for (ParameterBank.Segment segment : bank.segments()) {
            if (segment.parameter().isBuffer()) {
                masters = masters == null ? bank.masters().toFloats() : masters;
                System.arraycopy(masters, (int) segment.start(), values, (int) segment.start(), (int) segment.length());
            }
        }
        return values;
    }

    @Override
    public void close() {
        scope.close();
    }
}
