package io.zoetrope.ops.pairwise;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** The polynomial kernel k(a, b) = (scale · a·b + coefficient)^degree, summed over the rows of a matrix. */
public final class PolynomialKernel {
    private PolynomialKernel() {
    }

    /**
     * sums[i] = Σ_j k(a[i], b[j]): what the squared mean discrepancy of two sets of rows is made of.
     *
     * @param a        F32 or BF16 [n, d]
     * @param b        of a's type, [m, d]
     * @param distinct leaves out j = i, for b = a
     * @param sums     F32 [n], written
     */
    public static void rowSums(Tensor a, Tensor b, int degree, float scale, float coefficient, boolean distinct,
            Tensor sums) {
        Pairs.check("polynomial kernel", a, b);
        rowSums(a, b, degree, scale, coefficient, distinct, sums, Pairs.Part.of(a.dim(0), b.dim(0)));
    }

    static void rowSums(Tensor a, Tensor b, int degree, float scale, float coefficient, boolean distinct, Tensor sums,
            Pairs.Part part) {
        Device device = Pairs.check("polynomial kernel", a, b)
                .require(degree >= 1, "degree is " + degree + ", expected 1 or more")
                .require(!distinct || a.dim(0) == b.dim(0),
                        "a is " + a.describe() + ", b is " + b.describe()
                                + ": expected as many rows of each to leave out a row with itself")
                .exactly("sums", sums, DType.F32, a.dim(0)).reads("a, b", a, b).writes("sums", sums).device();
        Pairs.each(a, b, part, (rows, columns, values, row, column) -> {
            Gemm.run(rows, columns, null, values, Gemm.Spec.NT.alpha(scale));
            Pairs.launch(device, "pair_polynomial", values.dim(0), arguments -> arguments.pointer("values", values)
                    .pointer("sums", sums.slice(row, row + values.dim(0))).i64("rows", values.dim(0))
                    .i32("columns", values.dim(1)).i32("first", column).i32("degree", degree)
                    .f32("coefficient", coefficient).i64("diagonal", row - column).i32("leave_out", distinct ? 1 : 0));
        });
    }
}
