package io.zoetrope.ops.optim;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * Stochastic gradient descent with Nesterov momentum over all parameters at once. Everything but the rule itself (flat
 * tensors, clipping, schedule, moving average, BF16 copy, counters) is {@link OptimizerStep}'s: make segments, state
 * and control there.
 */
public final class Sgd {
    private Sgd() {
    }

    /**
     * Hyper-parameters in the form that optimisers share. Its weight decay, unlike AdamW's, is part of the gradient:
     * decay·weight is added after clipping.
     *
     * @param rate     peak learning rate
     * @param momentum 0 to below 1
     */
    public static Hyper hyper(float rate, double momentum) {
        return hyper(LearningRate.constant(rate), momentum);
    }

    /** As {@link #hyper(float, double)} with a rate that changes. */
    public static Hyper hyper(LearningRate rate, double momentum) {
        Hyper.check(momentum >= 0 && momentum < 1, "momentum", momentum, "0 <= momentum < 1");
        return Hyper.of(rate).withBetas(momentum, 0);
    }

    /**
     * The parameters of one model and what belongs to them, flat in F32, all of one size. {@code ema} (F32) and
     * {@code copy} (BF16) may be null.
     */
    public record FlatParameters(Tensor master, Tensor gradient, Tensor momentum, Tensor ema, Tensor copy) {
        public FlatParameters {
            Operands operands = Operands.of("sgd").type("master", master, DType.F32);
            long size = master.size();
            operands.sized("gradient", gradient, DType.F32, size).sized("momentum", momentum, DType.F32, size)
                    .sizedIfGiven("ema", ema, DType.F32, size).sizedIfGiven("copy", copy, DType.BF16, size)
                    .writes("master, gradient, momentum, ema, copy", master, gradient, momentum, ema, copy).device();
        }
    }

    /**
     * One step: norm, clip, update, moving average, copy; three launches, no host work. Arguments as of
     * {@link AdamW#step}.
     */
    public static void step(FlatParameters flat, Tensor segments, Tensor hyper, Tensor state, Tensor control,
            boolean clearGradient) {
        Device device = OptimizerStep.prepare("sgd", flat.master, flat.gradient, segments, hyper, state, control);
        device.kernel("optim/sgd", "sgd_update").arguments().pointer("master", flat.master)
                .pointer("gradient", flat.gradient).pointer("m", flat.momentum).pointer("ema", flat.ema)
                .pointer("copy", flat.copy).pointer("chunks", segments).pointer("hyper", hyper)
                .pointer("control", control).i32("clear", clearGradient ? 1 : 0).launch(Grid.of(segments.dim(0)));
    }
}
