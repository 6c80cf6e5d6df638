package io.zoetrope.kernel;

import io.zoetrope.cuda.Args;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.List;

/**
 * Squared Euclidean distances between the rows of a [n, d] and b [m, d], both F32 or both BF16.
 *
 * <p>F32 runs by differences, Σ(a − b)²: exact to rounding, and a row is at distance 0 from its equal. BF16, and F32 where
 * {@link Tiers#allowTf32} allows it, run on tensor cores as ‖a‖² + ‖b‖² − 2a·b, never negative. There the error is about
 * 1e-7·√d·(‖a‖² + ‖b‖²) however small the distance is (with TF32 the rows are rounded to 10 bits of mantissa beforehand):
 * distances far below the squared lengths of the rows are then noise. Subtract a common mean first, or use F32, where near
 * neighbours must be told apart.
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
        Pairs.check("squared distance", a, b).exactly("out", out, DType.F32, a.dim(0), b.dim(0))
                .apart("out", out, "a", a).apart("out", out, "b", b).device(a, b, out);
        Tier tier = Tiers.choose(a.device(), a.dtype());
        try (Scope scope = Scope.open(a.device())) {
            launch(tier, a, b, squares(scope, tier, a), squares(scope, tier, b), out);
        }
    }

    /**
     * For each row of a the k nearest rows of b, nearest first, of equal distances the lower index first.
     *
     * @param distances F32 [n, k], 1 ≤ k ≤ {@value #MAX_NEIGHBOURS}: written, squared distances; +∞ where b has fewer than k
     *                  rows at finite distance
     * @param indices   I32 [n, k]: written, rows of b, -1 at the distance +∞; null: not wanted
     */
    public static void nearest(Tensor a, Tensor b, Tensor distances, Tensor indices) {
        Pairs.check("nearest", a, b);
        nearest(a, b, distances, indices, Pairs.Part.of(a.dim(0), b.dim(0)));
    }

    static void nearest(Tensor a, Tensor b, Tensor distances, Tensor indices, Pairs.Part part) {
        Operands operands = Pairs.check("nearest", a, b).rank("distances", distances, 2, "[rows of a, k]");
        long k = distances.dim(1);
        operands.require(k <= MAX_NEIGHBOURS, "k is " + k + ", expected 1 to " + MAX_NEIGHBOURS)
                .exactly("distances", distances, DType.F32, a.dim(0), k);
        if (indices != null) {
            operands.exactly("indices", indices, DType.I32, a.dim(0), k);
        }
        Device device = operands.device(a, b, distances, indices);
        each(a, b, part, (values, row, column) -> Pairs.launch(device, "pair_nearest", values.dim(0),
                Args.of().address(values.address()).address(distances.address() + row * k * Float.BYTES)
                        .address(indices == null ? 0 : indices.address() + row * k * Integer.BYTES)
                        .i64(values.dim(0)).i32(values.dim(1)).i32(column).i32(k)));
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
                .exactly("counts", counts, DType.I32, a.dim(0)).device(a, b, limits, counts);
        each(a, b, part, (values, row, column) -> Pairs.launch(device, "pair_within", values.dim(0),
                Args.of().address(values.address()).address(limits.address() + column * Float.BYTES)
                        .address(counts.address() + row * Integer.BYTES).i64(values.dim(0)).i32(values.dim(1)).i32(column)));
    }

    private static void each(Tensor a, Tensor b, Pairs.Part part, Pairs.User user) {
        Tier tier = Tiers.choose(a.device(), a.dtype());
        try (Scope scope = Scope.open(a.device())) {
            Tensor squaresA = squares(scope, tier, a);
            Tensor squaresB = squares(scope, tier, b);
            Pairs.each(a, b, part, (rows, columns, values, row, column) -> {
                launch(tier, rows, columns, part(squaresA, row, values.dim(0)), part(squaresB, column, values.dim(1)), values);
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
        Kernel kernel = x.device().kernel(module(tier), "row_squares_" + x.dtype().suffix());
        kernel.launch(Grid.covering(x.dim(0), kernel.geometry().tileM()),
                Args.of().address(x.address()).address(squares.address()).i64(x.dim(0)).i32(x.dim(1)));
        return squares;
    }

    private static String module(Tier tier) {
        return "pairwise/squared_distance_" + tier.suffix();
    }

    private static void launch(Tier tier, Tensor a, Tensor b, Tensor squaresA, Tensor squaresB, Tensor out) {
        long n = a.dim(0);
        long m = b.dim(0);
        String tile = Tiers.forcedTile().orElseGet(
                () -> Tiles.gemm(List.of("128x64", "64x64"), n, m, 1, a.device().multiprocessors()));
        String entry = OPERATION + "_" + tier.suffix() + "_" + a.dtype().suffix() + "_" + tile;
        Kernel kernel = a.device().kernel(module(tier), entry);
        Tiers.used(OPERATION, entry);
        Geometry geometry = kernel.geometry();
        Args args = Args.of().address(a.address()).address(b.address());
        if (tier == Tier.SM80) {
            args.address(squaresA.address()).address(squaresB.address());
        }
        kernel.launch(Grid.of(Tiles.count(n, geometry.tileM()) * Tiles.count(m, geometry.tileN())),
                args.address(out.address()).i32(n).i32(m).i32(a.dim(1)));
    }
}
