package io.zoetrope.ops.batchnorm;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.Tiling;
import io.zoetrope.tensor.Tensor;

/**
 * How batch normalisation deals out the rows of a matrix: see {@code cuda/ops/norm/columns.cuh}. The order of its sums
 * depends on the shape alone.
 *
 * @param lanesLog2    of the threads of a block that share a column, or pack of columns
 * @param pieceRows    rows of a block
 * @param pieces       blocks one after another in a column
 * @param columnBlocks blocks side by side in a row
 * @param wide         1 when packs of 16 bytes may be used
 */
record BatchNormPlan(long rows, int channels, int lanesLog2, int pieceRows, long pieces, int columnBlocks, int wide) {
    private static final int THREADS = 256;
    /** Rows a thread adds up at least before its sums are worth writing. */
    private static final int ROWS_PER_LANE = 16;
    private static final int MOST_PIECES = 512;
    /** Rows a thread of an elementwise pass takes. */
    private static final int ROWS_PER_APPLY = 8;

    /** @param addresses of all tensors like x, or-ed together */
    static BatchNormPlan summing(Tensor x, Kernel kernel, long addresses) {
        return summing(x.size() / x.dim(-1), x.dim(-1), kernel.geometry().tileN(), Operands.wide(x, addresses));
    }

    static BatchNormPlan summing(long rows, long channels, int pack, boolean wide) {
        return of(rows, channels, pack, wide, ROWS_PER_LANE, Tiling.count(rows, MOST_PIECES));
    }

    /** @param addresses of all tensors like x, or-ed together */
    static BatchNormPlan applying(Tensor x, Kernel kernel, long addresses) {
        return applying(x.size() / x.dim(-1), x.dim(-1), kernel.geometry().tileN(), Operands.wide(x, addresses));
    }

    static BatchNormPlan applying(long rows, long channels, int pack, boolean wide) {
        return of(rows, channels, pack, wide, ROWS_PER_APPLY, 1);
    }

    private static BatchNormPlan of(long rows, long channels, int pack, boolean wide, int rowsPerLane, long leastRows) {
        int packs = Math.toIntExact(wide ? channels / pack : channels);
        int groups = 1;
        while (groups < THREADS && groups < packs) {
            groups *= 2;
        }
        int lanes = THREADS / groups;
        long pieceRows = Math.max(leastRows, (long) lanes * rowsPerLane);
        if (pieceRows > Integer.MAX_VALUE / 2) {
            throw new IllegalArgumentException(
                    "batch norm: x has " + rows + " rows of " + channels + ": more than the kernels can count");
        }
        return new BatchNormPlan(rows, (int) channels, Integer.numberOfTrailingZeros(lanes), (int) pieceRows,
                Tiling.count(rows, pieceRows), Math.toIntExact(Tiling.count(packs, groups)), wide ? 1 : 0);
    }

    Grid grid() {
        return Grid.of(pieces * columnBlocks);
    }

    Arguments append(Arguments arguments) {
        return arguments.i64("rows", rows).i32("channels", channels).i32("lanes_log2", lanesLog2).i32("piece_rows",
                pieceRows);
    }
}
