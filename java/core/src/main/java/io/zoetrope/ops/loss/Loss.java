package io.zoetrope.ops.loss;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/** Losses with their gradients, summed in a fixed order. */
public final class Loss {
    private static final String WEIGHTED_MSE = "loss/weighted_mse";
    private static final int MAX_PARTS = 64;

    private Loss() {
    }

    /** {@link #weightedMse(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, float)} without flag and scale. */
    public static void weightedMse(Tensor pred, Tensor target, Tensor weight, Tensor loss, Tensor perSample,
            Tensor dpred) {
        weightedMse(pred, target, weight, loss, perSample, dpred, null, 1);
    }

    /**
     * L_i = mean over the elements of sample i of (pred - target)²; loss = mean over i of weight_i·L_i.
     *
     * @param pred      F32 or BF16, samples outermost
     * @param target    like pred
     * @param weight    F32[N], or null for ones
     * @param loss      F32[1]
     * @param perSample F32[N] receives the L_i, or null
     * @param dpred     like pred, receives scale·∂loss/∂pred, or null; may be pred
     * @param notFinite I32[1] is set to 1 when the loss is NaN or infinite and left alone otherwise, or null
     * @param scale     factor of the gradient, 1 by custom
     */
    public static void weightedMse(Tensor pred, Tensor target, Tensor weight, Tensor loss, Tensor perSample,
            Tensor dpred, Tensor notFinite, float scale) {
        Operands operands = Operands.of("weighted mse").floating("pred", pred).rankAtLeast("pred", pred, 1)
                .require(pred.size() > 0, "pred is " + pred.describe() + ", expected at least one element")
                .alike("target", target, "pred", pred).alikeIfGiven("dpred", dpred, "pred", pred)
                .sized("loss", loss, DType.F32, 1).sizedIfGiven("notFinite", notFinite, DType.I32, 1);
        long samples = pred.dim(0);
        long size = pred.size() / samples;
        Device device = operands.sizedIfGiven("weight", weight, DType.F32, samples)
                .sizedIfGiven("perSample", perSample, DType.F32, samples)
                .reads("pred, target, weight", pred, target, weight).updates("dpred", dpred)
                .writes("loss, perSample, notFinite", loss, perSample, notFinite).device();
        Kernel kernel = device.kernel(WEIGHTED_MSE, "weighted_mse_" + pred.dtype().suffix());
        long parts = Math.min(MAX_PARTS, Grid.covering(size, kernel.geometry().tileM()).x());
        try (Scope scope = Scope.open(device)) {
            Tensor partial = scope.empty(DType.F32, samples * parts);
            kernel.arguments().pointer("pred", pred).pointer("target", target).pointer("weight", weight)
                    .pointer("partial", partial).pointer("dpred", dpred).i32("samples", samples).i64("size", size)
                    .i32("parts", parts).f32("gradient_scale", scale).launch(Grid.of(samples * parts));
            device.kernel(WEIGHTED_MSE, "weighted_mse_finish").arguments().pointer("partial", partial)
                    .pointer("weight", weight).pointer("loss", loss).pointer("per_sample", perSample)
                    .pointer("not_finite", notFinite).i32("samples", samples).i64("size", size).i32("parts", parts)
                    .launch(Grid.of(1));
        }
    }
}
