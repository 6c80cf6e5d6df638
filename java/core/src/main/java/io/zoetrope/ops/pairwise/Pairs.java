package io.zoetrope.ops.pairwise;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * Works through a matrix of values, one for each pair of a row of a and a row of b, in parts that are made, used and
 * overwritten: the whole matrix is never stored.
 */
final class Pairs {
    static final String ROWS = "pairwise/pair_rows";
    /** Keeps a part at 16 MiB, within a GPU's L2 cache. */
    private static final long VALUES = 4 << 20;
    private static final long COLUMNS = 4096;

    /**
     * The extents of a part.
     *
     * @param rows    of a at most
     * @param columns rows of b at most
     */
    record Part(long rows, long columns) {
        static Part of(long rows, long columns) {
            long wide = Math.min(columns, COLUMNS);
            return new Part(Math.min(rows, VALUES / wide), wide);
        }
    }

    /**
     * Makes and uses the values F32 [rows, columns] of these rows of a, from {@code row} on, and of b, from
     * {@code column} on.
     */
    interface Work {
        void run(Tensor a, Tensor b, Tensor values, long row, long column);
    }

    /** Uses the values of the rows from {@code row} on and the columns from {@code column} on. */
    interface User {
        void use(Tensor values, long row, long column);
    }

    private Pairs() {
    }

    /** Goes through the parts row by row, the columns of a row in ascending order. */
    static void each(Tensor a, Tensor b, Part part, Work work) {
        try (Scope scope = Scope.open(a.device())) {
            Tensor space = scope.empty(DType.F32, part.rows * part.columns);
            for (long row = 0; row < a.dim(0); row += part.rows) {
                long rows = Math.min(part.rows, a.dim(0) - row);
                for (long column = 0; column < b.dim(0); column += part.columns) {
                    long columns = Math.min(part.columns, b.dim(0) - column);
                    Tensor values = space.view(0, rows, columns);
                    work.run(a.slice(row, row + rows), b.slice(column, column + columns), values, row, column);
                }
            }
        }
    }

    /** Launches an entry of {@link #ROWS} over the rows of a part. */
    static void launch(Device device, String entry, long rows, UnaryOperator<Arguments> arguments) {
        Kernel kernel = device.kernel(ROWS, entry);
        arguments.apply(kernel.arguments()).launch(Grid.covering(rows, kernel.geometry().tileM()));
    }

    /** Checks two sets of rows: F32 or BF16, of one type and one length. */
    static Operands check(String op, Tensor a, Tensor b) {
        Operands operands = Operands.of(op).floating("a", a).rank("a", a, 2, "[rows, length]")
                .rank("b", b, 2, "[rows, length]").type("b", b, a.dtype());
        operands.require(a.dim(1) == b.dim(1),
                "a is " + a.describe() + ", b is " + b.describe() + ": expected rows of one length");
        operands.fits("rows of a", a.dim(0));
        operands.fits("rows of b", b.dim(0));
        operands.fits("length of a row", a.dim(1));
        return operands;
    }
}
