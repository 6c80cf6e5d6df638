package io.zoetrope.ops.pointwise;

import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** A bias times a number of each sample. */
public final class ScaledBias {
    private static final String MODULE = "pointwise/scaled_bias";

    private ScaledBias() {
    }

    /**
     * out[n, k] = scale[n]·bias[k].
     *
     * @param scale F32[N]
     * @param bias  F32[K]
     * @param out   F32 or BF16 [N, K]
     */
    public static void forward(Tensor scale, Tensor bias, Tensor out) {
        Operands operands = operands("scaled bias", scale, "bias", bias, "out", out);
        operands.reads("scale, bias", scale, bias).writes("out", out).device();
        Kernel kernel = out.device().kernel(MODULE, "scaled_bias_" + out.dtype().suffix());
        kernel.arguments().pointer("scale", scale).pointer("bias", bias).pointer("out", out).i64("size", out.size())
                .i32("channels", operands.fits("K", out.dim(1)))
                .launch(Grid.covering(out.size(), kernel.geometry().tileM()));
    }

    /** dbias[k] (+)= Σ scale[n]·dy[n, k]; dbias: F32[K], added to where {@code accumulate}. */
    public static void backward(Tensor scale, Tensor dy, Tensor dbias, boolean accumulate) {
        Operands operands = operands("scaled bias backward", scale, "dbias", dbias, "dy", dy);
        operands.reads("scale, dy", scale, dy).writes("dbias", dbias).device();
        Kernel kernel = dy.device().kernel(MODULE, "scaled_bias_backward_" + dy.dtype().suffix());
        kernel.arguments().pointer("scale", scale).pointer("dy", dy).pointer("dbias", dbias)
                .i32("samples", operands.fits("N", dy.dim(0))).i32("channels", operands.fits("K", dy.dim(1)))
                .i32("accumulate", accumulate ? 1 : 0).launch(Grid.covering(dy.dim(1), kernel.geometry().tileM()));
    }

    private static Operands operands(String op, Tensor scale, String vectorName, Tensor vector, String name,
            Tensor matrix) {
        Operands operands = Operands.of(op).floating(name, matrix).rank(name, matrix, 2, "[N, K]")
                .sized("scale", scale, DType.F32, matrix.dim(0)).sized(vectorName, vector, DType.F32, matrix.dim(1));
        return operands;
    }
}
