package io.zoetrope.ops.embed;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;

/** Embeddings of timesteps, of places in a grid and of table indices. */
public final class Embed {
    private static final int MAX_AXES = 4;
    private static final String SORT = "embed/sort_ids";
    private static final int DIGIT_BITS = 8;

    private Embed() {
    }

    /**
     * Sinusoidal embedding, sines first: with half = D/2 and f_i = exp(-ln(maxPeriod)·i/half),
     * out[n, i] = sin(t_n·f_i) and out[n, half + i] = cos(t_n·f_i) for i below half; for odd D the last column is 0.
     *
     * @param t         F32 or I32 [N]
     * @param out       F32 or BF16 [N, D]
     * @param maxPeriod the longest wave is 2π·maxPeriod; 10 000 by custom
     */
    public static void timestep(Tensor t, Tensor out, double maxPeriod) {
        Operands operands = Operands.of("timestep embedding").floating("out", out)
                .require(out.rank() == 2, "out is " + out.describe() + ", expected [N, D]")
                .require(maxPeriod >= 1 && Double.isFinite(maxPeriod),
                        "maxPeriod is " + maxPeriod + ", expected 1 or more");
        boolean integer = t != null && t.dtype() == DType.I32;
        operands.sized("t", t, integer ? DType.I32 : DType.F32, out.dim(0)).reads("t", t).writes("out", out).device();
        if (out.size() > 0) {
            Kernel kernel = out.device().kernel("embed/timestep",
                    "timestep_embedding_" + (integer ? "i32_" : "") + out.dtype().suffix());
            kernel.arguments().pointer("t", t).pointer("out", out).i32("samples", out.dim(0)).i32("width", out.dim(1))
                    .f64("log2_period", Math.log(maxPeriod) / Math.log(2))
                    .launch(Grid.covering(out.dim(0) * ((out.dim(1) + 1) / 2), kernel.geometry().tileM()));
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
     * Sinusoidal embedding of the places of a grid with up to four axes, in row-major order: axis a owns the a-th part
     * of the columns, sines first, as {@link #timestep} with the part's width.
     *
     * @param out       F32 or BF16 [places, D], D a multiple of twice the number of axes
     * @param maxPeriod the longest wave is 2π·maxPeriod; 10 000 by custom
     * @param extents   of the axes; their product is the number of places
     */
    public static void positions(Tensor out, float maxPeriod, int... extents) {
        Operands operands = Operands.of("position embedding").floating("out", out).rank("out", out, 2, "[places, D]")
                .require(extents.length >= 1 && extents.length <= MAX_AXES,
                        extents.length + " axes, expected 1 to " + MAX_AXES)
                .require(maxPeriod >= 1 && Float.isFinite(maxPeriod),
                        "maxPeriod is " + maxPeriod + ", expected 1 or more");
        int[] all = new int[MAX_AXES];
        Arrays.fill(all, 1);
        long places = 1;
        for (int a = 0; a < extents.length; a++) {
            operands.require(extents[a] > 0, "extents " + Arrays.toString(extents) + ", expected 1 or more");
            all[a] = extents[a];
            places *= extents[a];
        }
        operands.require(out.dim(0) == places,
                "out is " + out.describe() + ", expected " + places + " rows for the grid " + Arrays.toString(extents))
                .require(out.dim(1) % (2L * extents.length) == 0,
                        "out is " + out.describe() + ": its columns do not divide into sines"
                                + " and cosines for each of " + extents.length + " axes");
        Kernel kernel = out.device().kernel("embed/positions", "grid_positions_" + out.dtype().suffix());
        kernel.arguments().pointer("out", out).i64("places", places).i32("width", out.dim(1))
                .i32("axes", extents.length).i32("extent0", all[0]).i32("extent1", all[1]).i32("extent2", all[2])
                .i32("extent3", all[3]).f64("log2_period", Math.log(maxPeriod) / Math.log(2))
                .launch(Grid.covering(out.size() / 2, kernel.geometry().tileM()));
    }

    /**
     * dtable[v, :] (+)= Σ dout[i, :] over the i with ids[i] = v; ids outside the table are ignored. The ids are sorted
     * first, so the work is that of moving dout once, and the order of each sum depends on the ids alone.
     *
     * @param dout   F32 or BF16, ids.size() rows of D
     * @param dtable F32 [V, D]
     */
    public static void lookupBackward(Tensor dout, Tensor ids, Tensor dtable, boolean accumulate) {
        Operands operands = Operands.of("embedding lookup backward").floating("dout", dout).type("ids", ids, DType.I32)
                .type("dtable", dtable, DType.F32)
                .require(dtable.rank() == 2, "dtable is " + dtable.describe() + ", expected [V, D]");
        long width = dtable.dim(1);
        Device device = operands.sized("dout", dout, dout.dtype(), ids.size() * width).reads("dout, ids", dout, ids)
                .writes("dtable", dtable).device();
        operands.fits("the number of ids", ids.size());
        if (dtable.size() == 0) {
            return;
        }
        try (Scope scope = Scope.open(device)) {
            Sorted sorted = sort(scope, ids, dtable.dim(0));
            Kernel kernel = device.kernel("embed/lookup_backward", "lookup_backward_" + dout.dtype().suffix());
            long tile = kernel.geometry().tileN();
            kernel.arguments().pointer("dout", dout).pointer("keys", sorted.keys).pointer("order", sorted.order)
                    .pointer("dtable", dtable).i64("rows", ids.size()).i32("channels", width)
                    .i32("accumulate", accumulate ? 1 : 0).launch(Grid.of(dtable.dim(0), (width + tile - 1) / tile));
        }
    }

    /** @param keys the ids in ascending order, those outside the table last; {@code order}: where each was */
    private record Sorted(Tensor keys, Tensor order) {
    }

    private static Sorted sort(Scope scope, Tensor ids, long entries) {
        Device device = scope.device();
        Kernel count = device.kernel(SORT, "sort_count");
        Kernel scan = device.kernel(SORT, "sort_scan");
        Kernel scatter = device.kernel(SORT, "sort_scatter");
        Grid blocks = Grid.covering(ids.size(), count.geometry().tileM());
        Tensor counts = scope.empty(DType.I32, count.geometry().tileN(), blocks.x());
        Tensor keys = ids;
        Tensor order = null;
        Sorted spare = null;
        int bits = 64 - Long.numberOfLeadingZeros(entries);
        for (int shift = 0; shift < bits; shift += DIGIT_BITS) {
            Sorted to = spare != null ? spare
                    : new Sorted(scope.empty(DType.I32, ids.size()), scope.empty(DType.I32, ids.size()));
            count.arguments().pointer("keys", keys).pointer("counts", counts).i64("rows", ids.size())
                    .i32("entries", entries).i32("shift", shift).launch(blocks);
            scan.arguments().pointer("counts", counts).i32("count", counts.size()).launch(Grid.of(1));
            scatter.arguments().pointer("keys", keys).pointer("values", order).pointer("out_keys", to.keys)
                    .pointer("out_values", to.order).pointer("counts", counts).i64("rows", ids.size())
                    .i32("entries", entries).i32("shift", shift).launch(blocks);
            spare = order == null ? null : new Sorted(keys, order);
            keys = to.keys;
            order = to.order;
        }
        return new Sorted(keys, order);
    }
}
