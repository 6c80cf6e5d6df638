package io.zoetrope.ops.covariance;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/** Mean and covariance of rows. */
public final class Covariance {
    private static final String MODULE = "reduce/covariance";
    private static final long ROWS_PER_PART = 512;
    private static final long SPACE = 8 << 20;

    private Covariance() {
    }

    /**
     * Mean and unbiased covariance of the n rows of x, in two passes: covariance = Σ (x − mean)(x − mean)ᵀ / (n − 1).
     *
     * <p>Products are summed in F32 over {@value #ROWS_PER_PART} rows at a time and those sums with compensation, so
     * that the error does not grow with n. The result is symmetric to the last bit, and the same bits every time.
     *
     * @param x          F32 or BF16 [n, d], n ≥ 2
     * @param mean       F32 [d], written
     * @param covariance F32 [d, d], written
     */
    @SuppressWarnings("try")
    public static void of(Tensor x, Tensor mean, Tensor covariance) {
        Operands operands = Operands.of("covariance").floating("x", x).rank("x", x, 2, "[rows, length]");
        long n = x.dim(0);
        long d = x.dim(1);
        Device device = operands.require(n >= 2, "x is " + x.describe() + ", expected two rows or more")
                .exactly("mean", mean, DType.F32, d).exactly("covariance", covariance, DType.F32, d, d).reads("x", x)
                .writes("mean, covariance", mean, covariance).device();
        operands.fits("length of a row", d);
        Reduce.meanRows(x, mean);
        long batch = Math.max(1, Math.min(n / ROWS_PER_PART, SPACE / (d * Math.max(d, ROWS_PER_PART))));
        try (Scope scope = Scope.open(device); Tiers.Forced exact = Tiers.force(Tier.SIMT)) {
            Tensor centred = scope.empty(DType.F32, Math.min(n, batch * ROWS_PER_PART), d);
            Tensor partial = scope.empty(DType.F32, batch, d, d);
            Tensor high = scope.empty(DType.F32, d, d);
            Tensor low = scope.empty(DType.F32, d, d);
            long row = 0;
            while (row < n) {
                long parts = Math.max(1, Math.min(batch, (n - row) / ROWS_PER_PART));
                long rows = Math.min(n - row, ROWS_PER_PART);
                Tensor some = centred.slice(0, parts * rows);
                centre(x.slice(row, row + parts * rows), mean, some);
                Tensor products = partial.slice(0, parts);
                some = some.reshape(parts, rows, d);
                Gemm.run(some, some, null, products, Gemm.Spec.TN);
                Kernel add = device.kernel(MODULE, "covariance_add");
                add.arguments().pointer("partial", products).pointer("high", high).pointer("low", low).i64("n", d * d)
                        .i32("parts", parts).i32("first", row == 0 ? 1 : 0)
                        .launch(Grid.covering(d * d, add.geometry().tileM()));
                row += parts * rows;
            }
            Kernel finish = device.kernel(MODULE, "covariance_finish");
            finish.arguments().pointer("high", high).pointer("low", low).pointer("out", covariance).i32("d", d)
                    .f32("scale", (float) (1.0 / (n - 1))).launch(Grid.covering(d * d, finish.geometry().tileM()));
        }
    }

    private static void centre(Tensor x, Tensor mean, Tensor out) {
        Kernel kernel = x.device().kernel(MODULE, "covariance_centre_" + x.dtype().suffix());
        kernel.arguments().pointer("x", x).pointer("mean", mean).pointer("out", out).i64("n", x.size())
                .i32("d", x.dim(1)).launch(Grid.covering(x.size(), kernel.geometry().tileM()));
    }
}
