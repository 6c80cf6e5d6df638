package io.zoetrope.ops.reduce;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/** Sums in F32 with an order fixed by the shape alone, so that the same input gives the same bits on every device. */
public final class Reduce {
    private static final String SUM_ROWS = "reduce/sum_rows";
    private static final String TOTAL = "reduce/total";
    private static final int MAX_PARTS = 256;
    private static final int ROWS_PER_LANE = 8;
    private static final int ENOUGH_BLOCKS = 1024;
    private static final int MAX_TOTAL_BLOCKS = 512;

    private Reduce() {
    }

    /** out[c] (+)= Σ x[…, c] over all places; out: F32[C]: the gradient of a bias. */
    public static void sumRows(Tensor x, Tensor out, boolean accumulate) {
        Operands operands = Operands.of("sum rows").floating("x", x).rankAtLeast("x", x, 1);
        long channels = x.shape().dim(-1);
        operands.exactly("out", out, DType.F32, channels).reads("x", x).writes("out", out).device();
        if (channels > 0) {
            sum(x, out, 1, x.size() / channels, Math.toIntExact(channels), 1, accumulate);
        }
    }

    /** out[c] = the mean of x[…, c] over all places, of which there must be some; out: F32[C]. */
    public static void meanRows(Tensor x, Tensor out) {
        Operands operands = Operands.of("mean of rows").floating("x", x).rankAtLeast("x", x, 1).nonEmpty("x", x);
        long channels = x.shape().dim(-1);
        operands.exactly("out", out, DType.F32, channels).reads("x", x).writes("out", out).device();
        long rows = x.size() / channels;
        sum(x, out, 1, rows, Math.toIntExact(channels), (float) (1.0 / rows), false);
    }

    /** out[n, c] = factor·Σ x[n, …, c] over the places of each sample; out has x's type; factor 1/HW gives the mean. */
    public static void sumSpatial(Tensor x, Tensor out, float factor) {
        Operands operands = Operands.of("sum spatial").floating("x", x).rankAtLeast("x", x, 2);
        long samples = x.dim(0);
        long channels = x.shape().dim(-1);
        operands.exactly("out", out, x.dtype(), samples, channels).reads("x", x).writes("out", out).device();
        if (out.size() > 0) {
            sum(x, out, Math.toIntExact(samples), x.size() / out.size(), Math.toIntExact(channels), factor, false);
        }
    }

    private static void sum(Tensor x, Tensor out, int slabs, long rows, int channels, float factor,
            boolean accumulate) {
        Device device = x.device();
        Kernel first = device.kernel(SUM_ROWS, "sum_rows_" + x.dtype().suffix());
        int threads = first.geometry().threads();
        // As in the kernel: four channels a thread where they divide and the address is aligned.
        int width = channels % 4 == 0 && x.address() % (4L * x.dtype().bytes()) == 0 ? 4 : 1;
        int groups = Math.min(threads, ceilingPowerOfTwo(channels / width));
        int lanes = threads / groups;
        int columnBlocks = (channels / width + groups - 1) / groups;
        long parts = Math.min(MAX_PARTS, (rows + (long) lanes * ROWS_PER_LANE - 1) / ((long) lanes * ROWS_PER_LANE));
        parts = Math.max(1, Math.min(parts, ENOUGH_BLOCKS / ((long) slabs * columnBlocks)));
        long columns = (long) slabs * channels;
        boolean direct = parts == 1 && out.dtype() == DType.F32 && factor == 1 && !accumulate;
        try (Scope scope = Scope.open(device)) {
            Tensor partial = direct ? out : scope.empty(DType.F32, parts, columns);
            first.arguments().pointer("x", x).pointer("partial", partial).i32("slabs", slabs).i64("rows", rows)
                    .i32("channels", channels).i32("lanes_log2", Integer.numberOfTrailingZeros(lanes))
                    .launch(Grid.of((long) slabs * columnBlocks, parts));
            if (!direct) {
                Kernel finish = device.kernel(SUM_ROWS, "sum_rows_finish_" + out.dtype().suffix());
                finish.arguments().pointer("partial", partial).pointer("out", out).i64("columns", columns)
                        .i32("parts", parts).f32("scale", factor).i32("accumulate", accumulate ? 1 : 0)
                        .launch(Grid.covering(columns, finish.geometry().tileM()));
            }
        }
    }

    private static int ceilingPowerOfTwo(int value) {
        return value <= 1 ? 1 : Integer.highestOneBit(value - 1) << 1;
    }

    /** out[0] = Σ x; out: F32[1]. */
    public static void sum(Tensor x, Tensor out) {
        total("sum", "sum_", x, out, 1, false);
    }

    /** out[0] = Σ x / size. */
    public static void mean(Tensor x, Tensor out) {
        Operands.of("mean").floating("x", x).require(x.size() > 0,
                "x is " + x.describe() + ", expected at least one element");
        total("mean", "sum_", x, out, (float) (1.0 / x.size()), false);
    }

    /** out[0] = Σ x². */
    public static void sumSquares(Tensor x, Tensor out) {
        total("sum of squares", "sum_squares_", x, out, 1, false);
    }

    /** out[0] = √(Σ x²). */
    public static void norm(Tensor x, Tensor out) {
        total("norm", "sum_squares_", x, out, 1, true);
    }

    private static void total(String op, String entry, Tensor x, Tensor out, float factor, boolean root) {
        Operands.of(op).floating("x", x).sized("out", out, DType.F32, 1).reads("x", x).writes("out", out).device();
        try (Scope scope = Scope.open(x.device())) {
            Tensor partial = partials(scope, entry, x);
            Kernel finish = x.device().kernel(TOTAL, "total_sum");
            finish.arguments().pointer("partial", partial).i32("blocks", partial.size()).pointer("out", out)
                    .f32("scale", factor).i32("root", root ? 1 : 0).launch(Grid.of(1));
        }
    }

    /** out[0] = max |x|, NaN when there is one. */
    public static void maxAbs(Tensor x, Tensor out) {
        Operands.of("max abs").floating("x", x).sized("out", out, DType.F32, 1).reads("x", x).writes("out", out)
                .device();
        try (Scope scope = Scope.open(x.device())) {
            Tensor partial = partials(scope, "max_abs_", x);
            x.device().kernel(TOTAL, "total_max").arguments().pointer("partial", partial).i32("blocks", partial.size())
                    .pointer("out", out).launch(Grid.of(1));
        }
    }

    private static Tensor partials(Scope scope, String entry, Tensor x) {
        Kernel kernel = x.device().kernel(TOTAL, entry + x.dtype().suffix());
        long tiles = Grid.covering(x.size(), kernel.geometry().tileM()).x();
        Tensor partial = scope.empty(DType.F32, Math.min(tiles, MAX_TOTAL_BLOCKS));
        kernel.arguments().pointer("x", x).pointer("partial", partial).i64("n", x.size())
                .launch(Grid.of(partial.size()));
        return partial;
    }
}
