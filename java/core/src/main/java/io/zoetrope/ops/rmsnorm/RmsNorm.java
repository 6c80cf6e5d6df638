package io.zoetrope.ops.rmsnorm;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.Tiling;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Root mean square normalisation over the innermost dimension (Zhang and Sennrich 2019): {@code y = x · rstd · gamma}
 * with rstd = 1/√(mean of x² + eps) of each row of C elements.
 *
 * <p>x and y [R…, C] are F32 or BF16; gamma F32 [C] or null (1); rstd F32 with one element a row. Sums are made in f32
 * in a fixed order. Outputs must not overlap inputs.
 */
public final class RmsNorm {
    private RmsNorm() {
    }

    /**
     * @param rstd written, for {@link #backward}.
     *
     * @param eps added to the mean of the squares
     */
    public static void forward(Tensor x, Tensor gamma, Tensor y, Tensor rstd, float eps) {
        Device device = check("rms norm forward", x, gamma, rstd).alike("y", y, "x", x)
                .require(eps >= 0 && Float.isFinite(eps), "eps is " + eps + ", expected a small positive number")
                .reads("x, gamma", x, gamma).writes("y, rstd", y, rstd).device();
        Kernel kernel = kernel(device, "rms_norm_forward", x);
        long rows = x.size() / x.dim(-1);
        kernel.arguments().pointer("x", x).pointer("gamma", gamma).pointer("y", y).pointer("rstd", rstd)
                .i64("rows", rows).i32("channels", x.dim(-1)).f32("eps", eps)
                .i32("wide", Operands.wide(x, y.address() | Operands.address(gamma)) ? 1 : 0)
                .launch(Grid.covering(rows, kernel.geometry().tileM()));
    }

    /**
     * Gradients of {@link #forward}.
     *
     * @param gamma      as given to forward
     * @param rstd       as forward wrote it
     * @param dx         written
     * @param dgamma     F32 [C]; null when forward had no gamma
     * @param accumulate adds to dgamma instead of overwriting it
     */
    public static void backward(Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Tensor dx, Tensor dgamma,
            boolean accumulate) {
        Operands operands = check("rms norm backward", x, gamma, rstd);
        long channels = x.dim(-1);
        Device device = operands.alike("dy", dy, "x", x).alike("dx", dx, "x", x)
                .sizedIfGiven("dgamma", dgamma, DType.F32, channels).reads("dy, x, gamma, rstd", dy, x, gamma, rstd)
                .writes("dx, dgamma", dx, dgamma).device();
        long rows = x.size() / channels;
        boolean wide = Operands.wide(x, dy.address() | dx.address() | Operands.address(gamma));
        Kernel kernel = kernel(device, "rms_norm_backward", x);
        kernel.arguments().pointer("grad_y", dy).pointer("x", x).pointer("gamma", gamma).pointer("rstd", rstd)
                .pointer("grad_x", dx).i64("rows", rows).i32("channels", channels).i32("wide", wide ? 1 : 0)
                .launch(Grid.covering(rows, kernel.geometry().tileM()));
        if (dgamma == null) {
            return;
        }
        Kernel sums = kernel(device, "rms_norm_backward_sums", x);
        long pieces = Tiling.count(rows, sums.geometry().tileM());
        long columns = sums.geometry().tileN() * (wide ? (long) sums.geometry().tileK() : 1);
        try (Scope scope = Scope.open(device)) {
            Tensor partial = scope.empty(DType.F32, pieces, channels);
            sums.arguments().pointer("grad_y", dy).pointer("x", x).pointer("rstd", rstd).pointer("partial", partial)
                    .i64("rows", rows).i32("channels", channels).i32("wide", wide ? 1 : 0)
                    .launch(Grid.of(pieces * Tiling.count(channels, columns)));
            Reduce.sumRows(partial, dgamma, accumulate);
        }
    }

    private static Operands check(String op, Tensor x, Tensor gamma, Tensor rstd) {
        Operands operands = Operands.of(op).floating("x", x).rankAtLeast("x", x, 1).nonEmpty("x", x);
        long channels = x.dim(-1);
        return operands
                .require(channels <= Integer.MAX_VALUE / 2,
                        "x is " + x.describe() + ": rows longer than the kernels can count")
                .sizedIfGiven("gamma", gamma, DType.F32, channels).sized("rstd", rstd, DType.F32, x.size() / channels);
    }

    private static Kernel kernel(Device device, String operation, Tensor x) {
        return Candidates.of(operation).with("type", x.dtype().suffix()).only().on(device);
    }
}
