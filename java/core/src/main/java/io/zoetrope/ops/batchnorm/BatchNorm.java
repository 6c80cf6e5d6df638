package io.zoetrope.ops.batchnorm;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Batch normalisation over all places and samples of each channel (the innermost dimension), optionally followed by
 * ReLU: {@code y = act((x − mean) · gamma / √(var + eps) + beta)}.
 *
 * <p>x, y and their gradients [..., C] are F32 or BF16; gamma, beta, statistics and parameter gradients F32 [C]. In
 * training, mean and variance are the batch's; in inference running ones. Sums have an order fixed by the shape alone.
 */
public final class BatchNorm {
    private static final String FORWARD = "norm/batch_norm_forward";
    private static final String BACKWARD = "norm/batch_norm_backward";
    /** Says to the kernels that they are given 1/σ, not a variance. */
    private static final float GIVEN_RSTD = -1;

    private BatchNorm() {
    }

    /**
     * The forward pass of training.
     *
     * @param runningMean moved towards the batch's mean by the share {@code momentum}, in place; null: no running
     *                    statistics
     * @param runningVar  the same for the variance, of which the unbiased estimate is taken; null with runningMean
     * @param mean        written, for {@link #backward}; as is {@code rstd} = 1/√(var + eps)
     */
    public static void forward(Tensor x, Tensor gamma, Tensor beta, Tensor runningMean, Tensor runningVar,
            float momentum, Tensor y, Tensor mean, Tensor rstd, float eps, boolean relu) {
        Operands operands = check("batch norm forward", x, gamma, beta, mean, rstd, eps);
        long channels = x.dim(-1);
        Device device = operands.alike("y", y, "x", x).sizedIfGiven("runningMean", runningMean, DType.F32, channels)
                .sizedIfGiven("runningVar", runningVar, DType.F32, channels)
                .require((runningMean == null) == (runningVar == null),
                        "runningMean is " + Tensor.describe(runningMean) + ", runningVar is "
                                + Tensor.describe(runningVar) + ": expected both or neither")
                .require(momentum >= 0 && momentum <= 1, "momentum is " + momentum + ", expected 0 to 1")
                .reads("x, gamma, beta", x, gamma, beta).updates("runningMean, runningVar", runningMean, runningVar)
                .writes("y, mean, rstd", y, mean, rstd).device();
        try (Scope scope = Scope.open(device)) {
            Kernel kernel = device.kernel(FORWARD, "batch_norm_statistics_" + x.dtype().suffix());
            BatchNormPlan plan = BatchNormPlan.summing(x, kernel, x.address());
            Tensor partial = scope.empty(DType.F32, plan.pieces(), 2, channels);
            plan.append(kernel.arguments().pointer("x", x).pointer("partial", partial)).i32("wide", plan.wide())
                    .launch(plan.grid());
            Kernel finish = device.kernel(FORWARD, "batch_norm_finish");
            finish.arguments().pointer("partial", partial).pointer("mean", mean).pointer("rstd", rstd)
                    .pointer("running_mean", runningMean).pointer("running_var", runningVar).i64("rows", plan.rows())
                    .i32("channels", channels).i32("piece_rows", plan.pieceRows()).i64("pieces", plan.pieces())
                    .f32("eps", eps).f32("momentum", momentum)
                    .launch(Grid.covering(channels, finish.geometry().tileN()));
        }
        apply(x, gamma, beta, mean, rstd, y, GIVEN_RSTD, relu);
    }

    /** The forward pass of inference, with running statistics. y may be x. */
    public static void inference(Tensor x, Tensor gamma, Tensor beta, Tensor runningMean, Tensor runningVar, Tensor y,
            float eps, boolean relu) {
        check("batch norm inference", x, gamma, beta, runningMean, runningVar, eps).alike("y", y, "x", x)
                .reads("x, gamma, beta, runningMean, runningVar", x, gamma, beta, runningMean, runningVar)
                .updates("y", y).device();
        apply(x, gamma, beta, runningMean, runningVar, y, eps, relu);
    }

    private static void apply(Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor spread, Tensor y, float eps,
            boolean relu) {
        Kernel kernel = x.device().kernel(FORWARD, "batch_norm_apply_" + x.dtype().suffix());
        BatchNormPlan plan = BatchNormPlan.applying(x, kernel, x.address() | y.address());
        plan.append(kernel.arguments().pointer("x", x).pointer("gamma", gamma).pointer("beta", beta)
                .pointer("mean", mean).pointer("spread", spread).pointer("y", y)).f32("eps", eps)
                .i32("relu", relu ? 1 : 0).i32("wide", plan.wide()).launch(plan.grid());
    }

    /**
     * Gradients of {@link #forward}, through the batch's statistics.
     *
     * @param mean             as forward wrote it, as is {@code rstd}
     * @param dx               written; may be dy
     * @param accumulateParams adds to dgamma and dbeta instead of overwriting them
     */
    public static void backward(Tensor dy, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, Tensor dx,
            Tensor dgamma, Tensor dbeta, boolean relu, boolean accumulateParams) {
        Operands operands = check("batch norm backward", x, gamma, beta, mean, rstd, 0);
        gradients(operands, dy, x, gamma, beta, mean, rstd, GIVEN_RSTD, dx, dgamma, dbeta, relu, accumulateParams,
                true);
    }

    /**
     * Gradients of {@link #inference}: the statistics are constants.
     *
     * @param dgamma null with dbeta: not wanted
     */
    public static void inferenceBackward(Tensor dy, Tensor x, Tensor gamma, Tensor beta, Tensor runningMean,
            Tensor runningVar, float eps, Tensor dx, Tensor dgamma, Tensor dbeta, boolean relu,
            boolean accumulateParams) {
        Operands operands = check("batch norm inference backward", x, gamma, beta, runningMean, runningVar, eps);
        gradients(operands, dy, x, gamma, beta, runningMean, runningVar, eps, dx, dgamma, dbeta, relu, accumulateParams,
                false);
    }

    private static void gradients(Operands operands, Tensor dy, Tensor x, Tensor gamma, Tensor beta, Tensor mean,
            Tensor spread, float eps, Tensor dx, Tensor dgamma, Tensor dbeta, boolean relu, boolean accumulate,
            boolean ofBatch) {
        long channels = x.dim(-1);
        Device device = operands.alike("dy", dy, "x", x).alike("dx", dx, "x", x)
                .sizedIfGiven("dgamma", dgamma, DType.F32, channels).sizedIfGiven("dbeta", dbeta, DType.F32, channels)
                .require((dgamma == null) == (dbeta == null),
                        "dgamma is " + Tensor.describe(dgamma) + ", dbeta is " + Tensor.describe(dbeta)
                                + ": expected both or neither")
                .reads("x, gamma, beta, mean, spread", x, gamma, beta, mean, spread)
                .writes("dx, dgamma, dbeta", dx, dgamma, dbeta).device();
        Operands.of("batch norm backward").reads("dy", dy).updates("dx", dx).writes("dgamma, dbeta", dgamma, dbeta)
                .device();
        String dtype = x.dtype().suffix();
        try (Scope scope = Scope.open(device)) {
            Tensor sums = ofBatch || dgamma != null ? scope.empty(DType.F32, 2, channels) : null;
            if (sums != null) {
                Kernel kernel = device.kernel(BACKWARD, "batch_norm_backward_sums_" + dtype);
                BatchNormPlan plan = BatchNormPlan.summing(x, kernel, x.address() | dy.address());
                Tensor partial = scope.empty(DType.F32, plan.pieces(), 2, channels);
                plan.append(arguments(kernel, dy, x, gamma, beta, mean, spread).pointer("partial", partial))
                        .f32("eps", eps).i32("relu", relu ? 1 : 0).i32("wide", plan.wide()).launch(plan.grid());
                Kernel finish = device.kernel(BACKWARD, "batch_norm_backward_finish");
                finish.arguments().pointer("partial", partial).pointer("sums", sums).pointer("dgamma", dgamma)
                        .pointer("dbeta", dbeta).i64("pieces", plan.pieces()).i32("channels", channels)
                        .i32("accumulate", accumulate ? 1 : 0)
                        .launch(Grid.covering(2 * channels, finish.geometry().tileN()));
            }
            Kernel kernel = device.kernel(BACKWARD, "batch_norm_backward_apply_" + dtype);
            BatchNormPlan plan = BatchNormPlan.applying(x, kernel, x.address() | dy.address() | dx.address());
            plan.append(arguments(kernel, dy, x, gamma, beta, mean, spread).pointer("sums", ofBatch ? sums : null)
                    .pointer("dx", dx)).f32("eps", eps).i32("relu", relu ? 1 : 0).i32("wide", plan.wide())
                    .launch(plan.grid());
        }
    }

    private static Arguments arguments(Kernel kernel, Tensor dy, Tensor x, Tensor gamma, Tensor beta, Tensor mean,
            Tensor spread) {
        return kernel.arguments().pointer("dy", dy).pointer("x", x).pointer("gamma", gamma).pointer("beta", beta)
                .pointer("mean", mean).pointer("spread", spread);
    }

    private static Operands check(String op, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor spread,
            float eps) {
        Operands operands = Operands.of(op).floating("x", x).rankAtLeast("x", x, 1).nonEmpty("x", x);
        long channels = x.dim(-1);
        return operands
                .require(channels <= Integer.MAX_VALUE / 4,
                        "x is " + x.describe() + ": more channels than the kernels can count")
                .sized("gamma", gamma, DType.F32, channels).sized("beta", beta, DType.F32, channels)
                .sized("mean", mean, DType.F32, channels).sized("variance or rstd", spread, DType.F32, channels)
                .require(eps >= 0 && Float.isFinite(eps), "eps is " + eps + ", expected a small positive number");
    }
}
