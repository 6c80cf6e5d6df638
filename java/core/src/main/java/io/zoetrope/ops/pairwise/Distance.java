package io.zoetrope.ops.pairwise;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.Tiling;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Squared Euclidean distances between the rows of a [n, d] and b [m, d], both F32 or both BF16.
 *
 * <p>F32 runs by differences, Σ(a − b)²: exact to rounding, and a row is at distance 0 from its equal. BF16, and F32
 * where {@link Tiers#allowTf32} allows it, run on tensor cores as ‖a‖² + ‖b‖² − 2a·b, never negative. There the error
 * is about 1e-7·√d·(‖a‖² + ‖b‖²) however small the distance is (with TF32 the rows are rounded to 10 bits of mantissa
 * beforehand): distances far below the squared lengths of the rows are then noise. Subtract a common mean first, or use
 * F32, where near neighbours must be told apart.
 */
public final class Distance {
    private static final String OPERATION = "squared_distance";
    /** The most neighbours that {@link #nearest} finds. */
    public static final int MAX_NEIGHBOURS = 32;

    private Distance() {
    }

    /**
     * All distances.
     *
     * @param out F32 [n, m], written; for large n and m prefer the operations below, which never store that matrix
     */
    public static void squared(Tensor a, Tensor b, Tensor out) {
        Pairs.check("squared distance", a, b).exactly("out", out, DType.F32, a.dim(0), b.dim(0)).reads("a, b", a, b)
                .writes("out", out).device();
        Tier tier = Tiers.choose(a.device(), a.dtype());
        try (Scope scope = Scope.open(a.device())) {
            launch(tier, a, b, squares(scope, tier, a), squares(scope, tier, b), out);
        }
    }

    /**
     * For each row of a the k nearest rows of b, nearest first, of equal distances the lower index first.
     *
     * @param distances F32 [n, k], 1 ≤ k ≤ {@value #MAX_NEIGHBOURS}: written, squared distances; +∞ where b has fewer
     *                  than k rows at finite distance
     * @param indices   I32 [n, k]: written, rows of b, -1 at the distance +∞; null: not wanted
     */
    public static void nearest(Tensor a, Tensor b, Tensor distances, Tensor indices) {
        Pairs.check("nearest", a, b);
        nearest(a, b, distances, indices, Pairs.Part.of(a.dim(0), b.dim(0)));
    }

    static void nearest(Tensor a, Tensor b, Tensor distances, Tensor indices, Pairs.Part part) {
        Operands operands = Pairs.check("nearest", a, b).rank("distances", distances, 2, "[rows of a, k]");
        long k = distances.dim(1);
        operands.require(k <= MAX_NEIGHBOURS, "k is " + k + ", expected 1 to " + MAX_NEIGHBOURS).exactly("distances",
                distances, DType.F32, a.dim(0), k);
        if (indices != null) {
            operands.exactly("indices", indices, DType.I32, a.dim(0), k);
        }
        Device device = operands.reads("a, b", a, b).writes("distances, indices", distances, indices).device();
        each(a, b, part,
                (values, row, column) -> Pairs.launch(device, "pair_nearest", values.dim(0), arguments -> arguments
                        .pointer("values", values).pointer("best", distances.slice(row, row + values.dim(0)))
                        .pointer("index", indices == null ? null : indices.slice(row, row + values.dim(0)))
                        .i64("rows", values.dim(0)).i32("columns", values.dim(1)).i32("first", column).i32("k", k)));
    }

    /**
     * For each row of a the number of rows j of b no farther than that row's own limit: squared distance ≤ limits[j].
     *
     * @param limits F32 [m], squared radii round the rows of b
     * @param counts I32 [n], written
     */
    public static void countWithin(Tensor a, Tensor b, Tensor limits, Tensor counts) {
        Pairs.check("count within", a, b);
        countWithin(a, b, limits, counts, Pairs.Part.of(a.dim(0), b.dim(0)));
    }

    static void countWithin(Tensor a, Tensor b, Tensor limits, Tensor counts, Pairs.Part part) {
        Device device = Pairs.check("count within", a, b).exactly("limits", limits, DType.F32, b.dim(0))
                .exactly("counts", counts, DType.I32, a.dim(0)).reads("a, b, limits", a, b, limits)
                .writes("counts", counts).device();
        each(a, b, part,
                (values, row, column) -> Pairs.launch(device, "pair_within", values.dim(0),
                        arguments -> arguments.pointer("values", values)
                                .pointer("limits", limits.slice(column, column + values.dim(1)))
                                .pointer("counts", counts.slice(row, row + values.dim(0))).i64("rows", values.dim(0))
                                .i32("columns", values.dim(1)).i32("first", column)));
    }

    private static void each(Tensor a, Tensor b, Pairs.Part part, Pairs.User user) {
        Tier tier = Tiers.choose(a.device(), a.dtype());
        try (Scope scope = Scope.open(a.device())) {
            Tensor squaresA = squares(scope, tier, a);
            Tensor squaresB = squares(scope, tier, b);
            Pairs.each(a, b, part, (rows, columns, values, row, column) -> {
                launch(tier, rows, columns, part(squaresA, row, values.dim(0)), part(squaresB, column, values.dim(1)),
                        values);
                user.use(values, row, column);
            });
        }
    }

    private static Tensor part(Tensor squares, long from, long count) {
        return squares == null ? null : squares.slice(from, from + count);
    }

    /** The squared lengths of the rows, which only the sm80 tier needs. */
    private static Tensor squares(Scope scope, Tier tier, Tensor x) {
        if (tier == Tier.SIMT) {
            return null;
        }
        Tensor squares = scope.empty(DType.F32, x.dim(0));
        Kernel kernel = Candidates.of("row_squares").with("type", x.dtype().suffix()).only().on(x.device());
        kernel.arguments().pointer("x", x).pointer("norms", squares).i64("rows", x.dim(0)).i32("d", x.dim(1))
                .launch(Grid.covering(x.dim(0), kernel.geometry().tileM()));
        return squares;
    }

    private static void launch(Tier tier, Tensor a, Tensor b, Tensor squaresA, Tensor squaresB, Tensor out) {
        long n = a.dim(0);
        long m = b.dim(0);
        int multiprocessors = a.device().multiprocessors();
        Kernel kernel = Candidates.of(OPERATION).of(tier, a.dtype())
                .cheapest(tile -> Tiling.productCost(tile, n, m, 1, multiprocessors)).on(a.device());
        Tiers.used(OPERATION, kernel.name());
        Arguments arguments = kernel.arguments().pointer("a", a).pointer("b", b);
        if (tier == Tier.SM80) {
            arguments.pointer("norms_a", squaresA).pointer("norms_b", squaresB);
        }
        arguments.pointer("out", out).structure("shape").i32("n", n).i32("m", m).i32("d", a.dim(1))
                .launch(Grid.of(Tiling.blocks(kernel.geometry(), n, m)));
    }
}
