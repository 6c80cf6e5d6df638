package io.zoetrope.ops.optim;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * AdamW over all parameters at once, laid end to end in flat F32 tensors, with global-norm clipping, a moving average
 * of the weights and a BF16 copy for the network. What is not the rule's own is in {@link OptimizerStep}.
 */
public final class AdamW {
    private static final String MODULE = "optim/adamw";

    private AdamW() {
    }

    /**
     * The parameters of one model and what belongs to them, flat, all of one size. {@code ema} (F32) and {@code copy}
     * (BF16) may be null.
     */
    public record FlatParameters(Tensor master, Tensor gradient, Tensor m, Tensor v, Tensor ema, Tensor copy) {
        public FlatParameters {
            Operands operands = Operands.of("adamw").type("master", master, DType.F32);
            long size = master.size();
            operands.sized("gradient", gradient, DType.F32, size).sized("m", m, DType.F32, size)
                    .sized("v", v, DType.F32, size).sizedIfGiven("ema", ema, DType.F32, size)
                    .sizedIfGiven("copy", copy, DType.BF16, size)
                    .writes("master, gradient, m, v, ema, copy", master, gradient, m, v, ema, copy).device();
        }
    }

    /**
     * One step: norm, clip, AdamW, moving average, copy; three launches, no host work.
     *
     * @param segments      from {@link OptimizerStep#segments}; what no segment covers is left alone
     * @param hyper         from {@link OptimizerStep#hyper}
     * @param state         from {@link OptimizerStep#state}
     * @param control       from {@link OptimizerStep#control}
     * @param clearGradient whether the gradient is zero afterwards, ready to be accumulated into
     */
    public static void step(FlatParameters flat, Tensor segments, Tensor hyper, Tensor state, Tensor control,
            boolean clearGradient) {
        Device device = OptimizerStep.prepare("adamw", flat.master(), flat.gradient(), segments, hyper, state, control);
        Kernel update = device.kernel(MODULE, "adamw_update");
        update.arguments().pointer("master", flat.master()).pointer("gradient", flat.gradient()).pointer("m", flat.m())
                .pointer("v", flat.v()).pointer("ema", flat.ema()).pointer("copy", flat.copy())
                .pointer("chunks", segments).pointer("hyper", hyper).pointer("control", control)
                .i32("clear", clearGradient ? 1 : 0).launch(Grid.of(segments.dim(0)));
    }
}
