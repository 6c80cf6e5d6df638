package io.zoetrope.ops.attention;

import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * Rotary position embedding (Su et al. 2021): neighbouring channels of every head turn by angles that grow with the
 * position, so that attention's scores depend on distances. With several axes (rows and columns of a picture's patches)
 * each has its share of the channels.
 */
public final class Rope {
    private static final String MODULE = "attention/rope";

    private Rope() {
    }

    /**
     * Cosines and sines for positions given as a table.
     *
     * @param positions I32 [rows, axes]
     * @param table     F32 [rows, D/2, 2], written; D, the channels of a head, is a multiple of 2·axes
     * @param base      the longest wave is 2π·base positions; 10 000 by custom
     */
    public static void table(Tensor positions, Tensor table, float base) {
        Operands operands = Operands.of("rope table").type("positions", positions, DType.I32).rank("positions",
                positions, 2, "[rows, axes]");
        table(operands, positions, table, positions.dim(1), 0, base);
    }

    /**
     * Cosines and sines for the positions {@code first}, {@code first} + 1, … on one axis.
     *
     * @see #table(Tensor, Tensor, float)
     */
    public static void table(int first, Tensor table, float base) {
        table(Operands.of("rope table"), null, table, 1, first, base);
    }

    private static void table(Operands operands, Tensor positions, Tensor table, long axes, int first, float base) {
        operands.type("table", table, DType.F32).rank("table", table, 3, "[rows, D/2, 2]")
                .require(table.dim(2) == 2, "table is " + table.describe() + ", expected [rows, D/2, 2]")
                .require(positions == null || positions.dim(0) == table.dim(0),
                        "table is " + table.describe() + ", expected as many rows as positions "
                                + Tensor.describe(positions))
                .require(table.dim(1) % axes == 0,
                        "table is " + table.describe() + ": " + 2 * table.dim(1)
                                + " channels a head do not divide into pairs for each of " + axes + " axes")
                .require(base >= 1 && Float.isFinite(base), "base is " + base + ", expected 1 or more")
                .reads("positions", positions).writes("table", table).device();
        Kernel kernel = table.device().kernel(MODULE, "rope_table");
        kernel.arguments().pointer("positions", positions).pointer("table", table).i64("rows", table.dim(0))
                .i32("axes", axes).i32("pairs", table.dim(1)).i32("first", first)
                .f64("log2_base", Math.log(base) / Math.log(2))
                .launch(Grid.covering(table.size() / 2, kernel.geometry().tileM()));
    }

    /**
     * Turns row s of every sequence in {@code x} by row first + start + s of the table; a row the table does not have
     * becomes NaN.
     *
     * @param x       heads of an even number of channels
     * @param y       written; may be x
     * @param table   from {@link #table(Tensor, Tensor, float)}
     * @param start   I32 [1], read when the kernel runs, so that a recorded graph can decode at any place; null: 0
     * @param inverse turns back: the gradient
     */
    public static void rotate(Attention.Heads x, Attention.Heads y, Tensor table, int first, Tensor start,
            boolean inverse) {
        Operands operands = Operands.of("rope").floating("x", x.tensor())
                .require(x.batch() > 0 && x.sequence() > 0 && x.heads() > 0 && x.dim() > 0 && x.dim() % 2 == 0,
                        "x is " + x.text() + ", expected extents of 1 or more and an even number of channels a head")
                .require(y.text().equals(x.text()), "y is " + y.text() + ", expected " + x.text() + " like x")
                .type("table", table, DType.F32)
                .require(table.rank() == 3 && table.dim(0) > 0 && table.dim(1) == x.dim() / 2 && table.dim(2) == 2,
                        "table is " + table.describe() + ", expected [rows, " + x.dim() / 2 + ", 2]")
                .sizedIfGiven("start", start, DType.I32, 1);
        operands.reads("x", x.extent()).reads("table, start", table, start).updates("y", y.extent()).device();
        Kernel kernel = table.device().kernel(MODULE, "rope_rotate_" + x.tensor().dtype().suffix());
        boolean wide = x.wide() && y.wide() && table.address() % 16 == 0;
        long rows = x.batch() * x.sequence();
        kernel.arguments().pointer("x", x).pointer("y", y).pointer("table", table).pointer("start", start)
                .i64("rows", rows).i32("sequence", x.sequence()).i32("heads", x.heads()).i32("dim", x.dim())
                .i64("x_stride", x.stride()).i64("y_stride", y.stride()).i64("table_rows", table.dim(0))
                .i32("first", first).f32("sign", inverse ? -1 : 1).i32("wide", wide ? 1 : 0).launch(Grid.covering(
                        rows * x.heads() * x.dim(), wide ? kernel.geometry().tileM() : kernel.geometry().tileN()));
    }
}
