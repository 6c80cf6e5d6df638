package io.zoetrope.ops.rows;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** Moving whole rows of any type: concatenation, splitting and gathering. Outputs must not overlap inputs. */
public final class Rows {
    private static final String MODULE = "pointwise/rows";

    private Rows() {
    }

    /** out[…, 0 … A-1] = a[…], out[…, A … A+B-1] = b[…]: along the innermost dimension, channels in NHWC. */
    public static void concat(Tensor a, Tensor b, Tensor out) {
        joined("concat channels", a, b, "out", out, false);
        joinOrSplit(a, b, out, false);
    }

    /** The inverse of {@link #concat}, and its gradient. */
    public static void split(Tensor in, Tensor a, Tensor b) {
        joined("split channels", a, b, "in", in, true);
        joinOrSplit(a, b, in, true);
    }

    private static void joined(String op, Tensor a, Tensor b, String nameWhole, Tensor whole, boolean splits) {
        Operands operands = Operands.of(op).rankAtLeast("a", a, 1).rankAtLeast("b", b, 1);
        long[] dims = a.shape().dims();
        dims[dims.length - 1] = b.shape().dim(-1);
        operands.exactly("b", b, a.dtype(), dims);
        dims[dims.length - 1] += a.shape().dim(-1);
        operands.exactly(nameWhole, whole, a.dtype(), dims);
        if (splits) {
            operands.reads(nameWhole, whole).writes("a, b", a, b).device();
        } else {
            operands.reads("a, b", a, b).writes(nameWhole, whole).device();
        }
    }

    private static void joinOrSplit(Tensor a, Tensor b, Tensor whole, boolean splits) {
        if (whole.size() == 0) {
            return;
        }
        long bytesA = a.shape().dim(-1) * a.dtype().bytes();
        long bytesB = b.shape().dim(-1) * b.dtype().bytes();
        long rows = whole.bytes() / (bytesA + bytesB);
        Kernel kernel = whole.device().kernel(MODULE, splits ? "split_rows" : "concat_rows");
        long unit = unit(a.address() | b.address() | whole.address() | bytesA | bytesB);
        Arguments arguments = kernel.arguments();
        if (splits) {
            arguments.pointer("in", whole).pointer("a", a).pointer("b", b);
        } else {
            arguments.pointer("a", a).pointer("b", b).pointer("out", whole);
        }
        arguments.i64("rows", rows).i64("bytes_a", bytesA).i64("bytes_b", bytesB)
                .launch(Grid.covering(whole.bytes() / unit, kernel.geometry().tileM()));
    }

    /**
     * out[i] = table[ids[i]] along the outermost dimension; {@code ids}: I32. An id outside the table gives a row of
     * bytes 0xff: NaN in F32 and BF16, -1 in integers.
     */
    public static void gather(Tensor table, Tensor ids, Tensor out) {
        Operands operands = Operands.of("gather rows").rankAtLeast("table", table, 1).type("ids", ids, DType.I32);
        long tableRows = table.dim(0);
        operands.require(tableRows > 0, "table is " + table.describe() + ", expected at least one row");
        long rowSize = table.size() / tableRows;
        operands.sized("out", out, table.dtype(), ids.size() * rowSize).reads("table, ids", table, ids)
                .writes("out", out).device();
        if (out.size() == 0) {
            return;
        }
        long rowBytes = rowSize * table.dtype().bytes();
        Kernel kernel = table.device().kernel(MODULE, "gather_rows");
        long unit = unit(table.address() | out.address() | rowBytes);
        kernel.arguments().pointer("table", table).pointer("ids", ids).pointer("out", out).i64("table_rows", tableRows)
                .i64("rows", ids.size()).i64("row_bytes", rowBytes)
                .launch(Grid.covering(out.bytes() / unit, kernel.geometry().tileM()));
    }

    /** The kernels' choice of unit: the widest of 16, 4, 2 and 1 bytes that divides all addresses and row lengths. */
    public static long unit(long bits) {
        return (bits & 15) == 0 ? 16 : (bits & 3) == 0 ? 4 : (bits & 1) == 0 ? 2 : 1;
    }
}
