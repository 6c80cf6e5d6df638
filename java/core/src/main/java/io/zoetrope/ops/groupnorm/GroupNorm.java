package io.zoetrope.ops.groupnorm;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.Tiers;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Group normalisation of x [N, …, C], channels last, optionally followed by SiLU:
 * {@code y = act((x − mean) · rstd · gamma + beta)} with mean and variance over the C / groups channels of a group at
 * all positions of a sample.
 *
 * <p>x and y are F32 or BF16; gamma, beta F32 [C]; mean, rstd F32 [N, groups]. Sums are made in f32 in a fixed order,
 * the variance from distances to the mean. A group whose data fits shared memory is read once, a larger one twice.
 * Outputs must not overlap inputs.
 */
public final class GroupNorm {
    private GroupNorm() {
    }

    /**
     * @param mean   written, for {@link #backward}; as is {@code rstd}
     * @param groups divides C
     * @param eps    added to the variance
     */
    public static void forward(Tensor x, Tensor gamma, Tensor beta, Tensor y, Tensor mean, Tensor rstd, int groups,
            float eps, boolean silu) {
        Operands operands = check("group norm forward", x, gamma, beta, mean, rstd, groups).alike("y", y, "x", x)
                .require(eps >= 0 && Float.isFinite(eps), "eps is " + eps + ", expected a small positive number");
        Device device = operands.reads("x, gamma, beta", x, gamma, beta).writes("y, mean, rstd", y, mean, rstd)
                .device();
        GroupNormPlan plan = GroupNormPlan.of(x, groups, 1, x.address() | y.address());
        String dtype = x.dtype().suffix();
        if (plan.fused()) {
            Kernel kernel = kernel(device, "group_norm_forward", "group_norm_forward_" + dtype);
            kernel.arguments().pointer("x", x).pointer("gamma", gamma).pointer("beta", beta).pointer("y", y)
                    .pointer("mean", mean).pointer("rstd", rstd).i32("positions", plan.positions())
                    .i32("channels", plan.channels()).i32("groups", groups).i32("slice", plan.slice()).f32("eps", eps)
                    .i32("silu", silu ? 1 : 0).i32("wide", plan.wide())
                    .launch(plan.grid(), kernel.geometry().threads(), plan.cacheBytes());
            return;
        }
        try (Scope scope = Scope.open(device)) {
            Tensor partial = scope.empty(DType.F32, x.dim(0), groups, (long) plan.chunks() * plan.parts(), 2);
            Kernel statistics = kernel(device, "group_norm_forward", "group_norm_statistics_" + dtype);
            plan.append(statistics.arguments().pointer("x", x).pointer("partial", partial)).i32("wide", plan.wide())
                    .launch(plan.grid(), statistics.geometry().threads(), plan.cacheBytes());
            Kernel apply = kernel(device, "group_norm_forward", "group_norm_apply_" + dtype);
            plan.append(apply.arguments().pointer("x", x).pointer("partial", partial).pointer("gamma", gamma)
                    .pointer("beta", beta).pointer("y", y).pointer("mean", mean).pointer("rstd", rstd)).f32("eps", eps)
                    .i32("silu", silu ? 1 : 0).i32("wide", plan.wide()).launch(plan.grid());
        }
    }

    /**
     * Gradients of {@link #forward}.
     *
     * @param dx               written
     * @param dgamma           F32 [C], as is {@code dbeta}
     * @param accumulateParams adds to dgamma and dbeta instead of overwriting them
     */
    public static void backward(Tensor dy, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, Tensor dx,
            Tensor dgamma, Tensor dbeta, int groups, boolean silu, boolean accumulateParams) {
        Operands operands = check("group norm backward", x, gamma, beta, mean, rstd, groups).alike("dy", dy, "x", x)
                .alike("dx", dx, "x", x).exactly("dgamma", dgamma, DType.F32, x.shape().dim(-1))
                .exactly("dbeta", dbeta, DType.F32, x.shape().dim(-1));
        Device device = operands.reads("x, dy, gamma, beta, mean, rstd", x, dy, gamma, beta, mean, rstd)
                .writes("dx, dgamma, dbeta", dx, dgamma, dbeta).device();
        GroupNormPlan plan = GroupNormPlan.of(x, groups, 2, x.address() | dy.address() | dx.address());
        String dtype = x.dtype().suffix();
        try (Scope scope = Scope.open(device)) {
            long pieces = x.dim(0) * plan.chunks();
            Tensor partial = scope.empty(DType.F32, pieces, 2, plan.channels());
            if (plan.fused()) {
                Kernel kernel = kernel(device, "group_norm_backward", "group_norm_backward_" + dtype);
                inputs(kernel, dy, x, gamma, beta, mean, rstd).pointer("grad_x", dx).pointer("partial", partial)
                        .i32("positions", plan.positions()).i32("channels", plan.channels()).i32("groups", groups)
                        .i32("slice", plan.slice()).i32("silu", silu ? 1 : 0).i32("wide", plan.wide())
                        .launch(plan.grid(), kernel.geometry().threads(), plan.cacheBytes());
            } else {
                Kernel sums = kernel(device, "group_norm_backward", "group_norm_backward_sums_" + dtype);
                plan.append(inputs(sums, dy, x, gamma, beta, mean, rstd).pointer("partial", partial))
                        .i32("silu", silu ? 1 : 0).i32("wide", plan.wide()).launch(plan.grid());
                Kernel apply = kernel(device, "group_norm_backward", "group_norm_backward_apply_" + dtype);
                plan.append(
                        inputs(apply, dy, x, gamma, beta, mean, rstd).pointer("partial", partial).pointer("grad_x", dx))
                        .i32("silu", silu ? 1 : 0).i32("wide", plan.wide()).launch(plan.grid());
            }
            parameterGradients(device, partial, dgamma, dbeta, accumulateParams);
        }
    }

    private static Arguments inputs(Kernel kernel, Tensor dy, Tensor x, Tensor gamma, Tensor beta, Tensor mean,
            Tensor rstd) {
        return kernel.arguments().pointer("grad_y", dy).pointer("x", x).pointer("gamma", gamma).pointer("beta", beta)
                .pointer("mean", mean).pointer("rstd", rstd);
    }

    /** dbeta (+)= Σ partial[k][0], dgamma (+)= Σ partial[k][1] for partial F32 [K, 2, C]. */
    public static void parameterGradients(Device device, Tensor partial, Tensor dgamma, Tensor dbeta,
            boolean accumulate) {
        Kernel kernel = device.kernel("norm/norm_parameter_gradient", "norm_parameter_gradient");
        kernel.arguments().pointer("partial", partial).pointer("grad_gamma", dgamma).pointer("grad_beta", dbeta)
                .i64("pieces", partial.dim(0)).i32("channels", partial.dim(2)).i32("accumulate", accumulate ? 1 : 0)
                .launch(Grid.covering(2 * partial.dim(2), kernel.geometry().tileN()));
    }

    private static Operands check(String op, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd,
            int groups) {
        Operands operands = Operands.of(op).floating("x", x).rankAtLeast("x", x, 2).require(x.size() > 0,
                "x is " + x.describe() + ", expected extents of 1 or more");
        long channels = x.shape().dim(-1);
        return operands
                .require(groups > 0 && channels % groups == 0,
                        groups + " groups of the " + channels + " channels of x " + x.shape() + ": expected a divisor")
                .require(x.size() / x.dim(0) / channels <= Integer.MAX_VALUE / 2 && channels <= Integer.MAX_VALUE / 2,
                        "x is " + x.describe() + ": more positions or channels than the kernels can count")
                .exactly("gamma", gamma, DType.F32, channels).exactly("beta", beta, DType.F32, channels)
                .exactly("mean", mean, DType.F32, x.dim(0), groups).exactly("rstd", rstd, DType.F32, x.dim(0), groups);
    }

    private static Kernel kernel(Device device, String file, String entry) {
        Tiers.used(file, entry);
        return device.kernel("norm/" + file, entry);
    }
}
