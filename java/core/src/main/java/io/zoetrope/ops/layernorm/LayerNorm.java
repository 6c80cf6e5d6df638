package io.zoetrope.ops.layernorm;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.groupnorm.GroupNorm;
import io.zoetrope.ops.modulate.Modulate;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Layer normalisation over the innermost dimension: {@code y = (x − mean) · rstd · gamma + beta} with mean and variance
 * of each row of C elements.
 *
 * <p>x and y [R…, C] are F32 or BF16; gamma, beta F32 [C] or null (1 and 0); mean, rstd F32 with one element a row.
 * Sums are made in f32 in a fixed order. Outputs must not overlap inputs.
 */
public final class LayerNorm {
    private LayerNorm() {
    }

    /**
     * @param gamma null: 1
     * @param beta  null: 0
     * @param mean  written, for {@link #backward}; as is {@code rstd}
     * @param eps   added to the variance
     */
    public static void forward(Tensor x, Tensor gamma, Tensor beta, Tensor y, Tensor mean, Tensor rstd, float eps) {
        Operands operands = check("layer norm forward", x, gamma, mean, rstd)
                .sizedIfGiven("beta", beta, DType.F32, x.shape().dim(-1)).alike("y", y, "x", x)
                .require(eps >= 0 && Float.isFinite(eps), "eps is " + eps + ", expected a small positive number");
        Device device = operands.reads("x, gamma, beta", x, gamma, beta).writes("y, mean, rstd", y, mean, rstd)
                .device();
        Kernel kernel = device.kernel("norm/layer_norm_forward", "layer_norm_forward_" + x.dtype().suffix());
        long channels = x.shape().dim(-1);
        long rows = x.size() / channels;
        kernel.arguments().pointer("x", x).pointer("gamma", gamma).pointer("beta", beta).pointer("y", y)
                .pointer("mean", mean).pointer("rstd", rstd).i64("rows", rows).i32("channels", channels).f32("eps", eps)
                .i32("wide", Operands.wide(x, y.address() | Operands.address(gamma) | Operands.address(beta)) ? 1 : 0)
                .launch(Grid.covering(rows, kernel.geometry().tileM()));
    }

    /**
     * {@code y = (x − mean) · rstd · (1 + scale) + shift} with vectors for each sample: adaptive layer norm in one
     * pass, for where no backward follows.
     *
     * @param x [S, …, C]
     * @param y like x
     */
    public static void modulated(Tensor x, Modulate.Vectors scale, Modulate.Vectors shift, Tensor y, float eps) {
        Operands operands = Operands.of("layer norm modulated").floating("x", x).rankAtLeast("x", x, 2).nonEmpty("x", x)
                .alike("y", y, "x", x).require(shift != null, "shift is null, expected vectors [S, C]")
                .require(eps >= 0 && Float.isFinite(eps), "eps is " + eps + ", expected a small positive number");
        Modulate.scaleAndShift(operands, scale, shift, x);
        Device device = operands.reads("x", x).reads("scale, shift", scale.extent(), shift.extent()).writes("y", y)
                .device();
        Kernel kernel = device.kernel("norm/layer_norm_forward", "layer_norm_modulated_" + x.dtype().suffix());
        long channels = x.shape().dim(-1);
        long rows = x.size() / channels;
        long vectors = scale.address() | shift.address() | scale.stride() * x.dtype().bytes();
        kernel.arguments().pointer("x", x).pointer("scale", scale).pointer("shift", shift).pointer("y", y)
                .i64("rows", rows).i64("places", rows / x.dim(0)).i64("stride", scale.stride())
                .i32("channels", channels).f32("eps", eps).i32("wide", Operands.wide(x, y.address() | vectors) ? 1 : 0)
                .launch(Grid.covering(rows, kernel.geometry().tileM()));
    }

    /**
     * Gradients of {@link #forward}.
     *
     * @param gamma            as given to forward
     * @param dx               written
     * @param dgamma           F32 [C], as is {@code dbeta}; both null when forward had neither gamma nor beta
     * @param accumulateParams adds to dgamma and dbeta instead of overwriting them
     */
    public static void backward(Tensor dy, Tensor x, Tensor gamma, Tensor mean, Tensor rstd, Tensor dx, Tensor dgamma,
            Tensor dbeta, boolean accumulateParams) {
        long channels = x == null || x.rank() == 0 ? 0 : x.shape().dim(-1);
        Operands operands = check("layer norm backward", x, gamma, mean, rstd).alike("dy", dy, "x", x)
                .alike("dx", dx, "x", x).sizedIfGiven("dgamma", dgamma, DType.F32, channels)
                .sizedIfGiven("dbeta", dbeta, DType.F32, channels)
                .require((dgamma == null) == (dbeta == null), "dgamma is " + Tensor.describe(dgamma) + ", dbeta is "
                        + Tensor.describe(dbeta) + ": expected both or neither");
        Device device = operands.reads("x, dy, gamma, mean, rstd", x, dy, gamma, mean, rstd)
                .writes("dx, dgamma, dbeta", dx, dgamma, dbeta).device();
        String dtype = x.dtype().suffix();
        long rows = x.size() / channels;
        boolean wide = Operands.wide(x, dy.address() | dx.address() | Operands.address(gamma));
        Kernel kernel = device.kernel("norm/layer_norm_backward", "layer_norm_backward_" + dtype);
        kernel.arguments().pointer("grad_y", dy).pointer("x", x).pointer("gamma", gamma).pointer("mean", mean)
                .pointer("rstd", rstd).pointer("grad_x", dx).i64("rows", rows).i32("channels", channels)
                .i32("wide", wide ? 1 : 0).launch(Grid.covering(rows, kernel.geometry().tileM()));
        if (dgamma == null) {
            return;
        }
        Kernel sums = device.kernel("norm/layer_norm_backward", "layer_norm_backward_sums_" + dtype);
        long pieces = (rows + sums.geometry().tileM() - 1) / sums.geometry().tileM();
        long columns = sums.geometry().tileN() * (wide ? (long) sums.geometry().tileK() : 1);
        try (Scope scope = Scope.open(device)) {
            Tensor partial = scope.empty(DType.F32, pieces, 2, channels);
            sums.arguments().pointer("grad_y", dy).pointer("x", x).pointer("mean", mean).pointer("rstd", rstd)
                    .pointer("partial", partial).i64("rows", rows).i32("channels", channels).i32("wide", wide ? 1 : 0)
                    .launch(Grid.of(pieces * ((channels + columns - 1) / columns)));
            GroupNorm.parameterGradients(device, partial, dgamma, dbeta, accumulateParams);
        }
    }

    private static Operands check(String op, Tensor x, Tensor gamma, Tensor mean, Tensor rstd) {
        Operands operands = Operands.of(op).floating("x", x).rankAtLeast("x", x, 1).require(x.size() > 0,
                "x is " + x.describe() + ", expected extents of 1 or more");
        long channels = x.shape().dim(-1);
        return operands
                .require(channels <= Integer.MAX_VALUE / 2,
                        "x is " + x.describe() + ": rows longer than the kernels can count")
                .sizedIfGiven("gamma", gamma, DType.F32, channels).sized("mean", mean, DType.F32, x.size() / channels)
                .sized("rstd", rstd, DType.F32, x.size() / channels);
    }
}
