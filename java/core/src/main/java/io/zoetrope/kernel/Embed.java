package io.zoetrope.kernel;

import io.zoetrope.cuda.Args;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** Embeddings of timesteps and of table indices. */
public final class Embed {
    private Embed() {
    }

    /**
     * Sinusoidal embedding, sines first: with half = D/2 and f_i = exp(-ln(maxPeriod)·i/half),
     * out[n, i] = sin(t_n·f_i) and out[n, half + i] = cos(t_n·f_i) for i < half; for odd D the last column is 0.
     *
     * @param t         F32 or I32 [N]
     * @param out       F32 or BF16 [N, D]
     * @param maxPeriod the longest wave is 2π·maxPeriod; 10 000 by custom
     */
    public static void timestep(Tensor t, Tensor out, float maxPeriod) {
        Operands operands = Operands.of("timestep embedding").floating("out", out)
                .require(out.rank() == 2, "out is " + out + ", expected [N, D]")
                .require(maxPeriod >= 1 && Float.isFinite(maxPeriod), "maxPeriod is " + maxPeriod + ", expected 1 or more");
        boolean integer = t != null && t.dtype() == DType.I32;
        operands.sized("t", t, integer ? DType.I32 : DType.F32, out.dim(0)).device(t, out);
        if (out.size() > 0) {
            Kernel kernel = out.device().kernel("embed/timestep",
                    "timestep_embedding_" + (integer ? "i32_" : "") + out.dtype().suffix());
            kernel.launch(Grid.covering(out.dim(0) * ((out.dim(1) + 1) / 2), kernel.geometry().tileM()),
                    Args.of().address(t.address()).address(out.address()).i32(out.dim(0)).i32(out.dim(1))
                            .f64(Math.log(maxPeriod) / Math.log(2)));
        }
    }

    /**
     * out[i, :] = table[ids[i], :].
     *
     * @param table F32 or BF16 [V, D]
     * @param ids   I32 [N]; one outside 0 … V-1 gives a row of NaN
     * @param out   [N, D] of the table's type
     */
    public static void lookup(Tensor table, Tensor ids, Tensor out) {
        Operands.of("embedding lookup").floating("table", table).rankAtLeast("table", table, 2);
        Rows.gather(table, ids, out);
    }

    /**
     * dtable[v, :] (+)= Σ dout[i, :] over the i with ids[i] = v, in the order of i; ids outside the table are ignored.
     *
     * @param dout   F32 or BF16, ids.size() rows of D
     * @param dtable F32 [V, D]
     */
    public static void lookupBackward(Tensor dout, Tensor ids, Tensor dtable, boolean accumulate) {
        Operands operands = Operands.of("embedding lookup backward").floating("dout", dout).type("ids", ids, DType.I32)
                .type("dtable", dtable, DType.F32)
                .require(dtable.rank() == 2, "dtable is " + dtable + ", expected [V, D]");
        long width = dtable.dim(1);
        operands.sized("dout", dout, dout.dtype(), ids.size() * width).device(dout, ids, dtable);
        if (dtable.size() > 0) {
            Kernel kernel = dtable.device().kernel("embed/lookup_backward", "lookup_backward_" + dout.dtype().suffix());
            long tile = kernel.geometry().tileN();
            kernel.launch(Grid.of(dtable.dim(0), (width + tile - 1) / tile), Args.of().address(dout.address())
                    .address(ids.address()).address(dtable.address()).i64(ids.size()).i32(width)
                    .i32(accumulate ? 1 : 0));
        }
    }
}
