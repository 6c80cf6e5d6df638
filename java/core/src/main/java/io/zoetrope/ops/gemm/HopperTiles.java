package io.zoetrope.ops.gemm;

import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.TensorMapCache;
import io.zoetrope.cuda.TensorMapLayout;
import io.zoetrope.cuda.TensorMapLayout.L2Promotion;
import io.zoetrope.cuda.TensorMapLayout.Swizzle;
import io.zoetrope.cuda.TensorMapType;
import io.zoetrope.ops.Tiling;

/**
 * What a tile costs on compute capability 9.0, where blocks stay and make one after the other, and how operands are
 * copied. The costs are estimates from the rates of a multiprocessor; they were not measured.
 */
final class HopperTiles {
    /** Multiplications of bf16 a clock by the tensor cores of a multiprocessor. */
    private static final double MULTIPLICATIONS = 2048;
    /** Bytes a clock from the second-level cache to a multiprocessor, and on the way to memory. */
    private static final double BYTES_IN = 64;
    private static final double BYTES_OUT = 32;
    /** Clocks before the first product of a tile, and for its last to be visible. */
    private static final double LATENCY = 1000;
    private static final int ELEMENT_BYTES = 2;
    /** Rows and columns of the boxes in which operands are copied; the device code's kBox. */
    private static final int BOX = 64;

    private HopperTiles() {
    }

    /**
     * Clocks that the busiest multiprocessor takes: for each of its tiles the k-tiles, each bound by the tensor cores
     * or by what the second-level cache delivers, of which a cluster fetches b once.
     */
    static double clocks(Geometry tile, GemmPlan.Problem problem, int multiprocessors) {
        double area = (double) tile.tileM() * tile.tileN();
        double multiply = area * tile.tileK() / MULTIPLICATIONS;
        double fetch = (tile.tileM() + (double) tile.tileN() / tile.cluster()) * tile.tileK() * ELEMENT_BYTES
                / BYTES_IN;
        double one = Tiling.count(problem.k(), tile.tileK()) * Math.max(multiply, fetch)
                + area * ELEMENT_BYTES / BYTES_OUT + LATENCY;
        return one * Tiling.count(clusterTiles(tile, problem), clusters(tile, multiprocessors));
    }

    /** Blocks of the grid: whole clusters, no more than there is work or room for. */
    static long blocks(Geometry tile, GemmPlan.Problem problem, int multiprocessors) {
        return Math.min(clusterTiles(tile, problem), clusters(tile, multiprocessors)) * tile.cluster();
    }

    private static long clusterTiles(Geometry tile, GemmPlan.Problem problem) {
        return Tiling.count(problem.m(), (long) tile.tileM() * tile.cluster()) * Tiling.count(problem.n(), tile.tileN())
                * problem.batch();
    }

    private static long clusters(Geometry tile, int multiprocessors) {
        return Math.max(1, multiprocessors / tile.cluster());
    }

    /** The maps of matrices of {@code outer} lines of {@code inner} elements that follow one another. */
    static TensorMapCache maps(long inner, long outer, long matrices) {
        return new TensorMapCache(TensorMapLayout.of(TensorMapType.BF16, inner, outer, matrices).swizzle(Swizzle.B128)
                .l2Promotion(L2Promotion.B256).tiled(BOX, BOX, 1));
    }
}
