package io.zoetrope.ops.attention;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.cuda.KernelDescription;
import io.zoetrope.cuda.TensorMapCache;
import io.zoetrope.cuda.TensorMapLayout;
import io.zoetrope.cuda.TensorMapLayout.L2Promotion;
import io.zoetrope.cuda.TensorMapLayout.Swizzle;
import io.zoetrope.cuda.TensorMapType;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.PlanKey;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.Tiling;
import io.zoetrope.tensor.DType;

/**
 * Which of Hopper's kernels makes a pass, by how many blocks, and how its operands are copied: {@code a} and {@code b}
 * have the rows that a block owns, {@code x} and {@code y} those that stream by, its columns. The costs are estimates
 * from the rates of a multiprocessor; they were not measured.
 *
 * @param b null where there is one of them
 */
record HopperPlan(Kernel kernel, long blocks, TensorMapCache a, TensorMapCache b, TensorMapCache x, TensorMapCache y) {
    /** Heads of up to here have a kernel of their width in the sm80 tier; Hopper's would pad them to twice it. */
    private static final int NARROW = 32;
    /** Columns of the boxes in which operands are copied; the device code's kBox. */
    private static final int BOX = 64;
    /** Rows of the blocks that fit a multiprocessor together: one of two consumers, or two of one. */
    private static final int RESIDENT_ROWS = 128;
    /** Of a multiprocessor in a clock: products of bf16, exponentials, bytes from the second-level cache. */
    private static final double MULTIPLICATIONS = 2048;
    private static final double EXPONENTIALS = 16;
    private static final double BYTES_IN = 64;
    /** Clocks for a tile of rows before its first product and behind its last. */
    private static final double LATENCY = 2000;

    /** What attention is made in: each has its operation's kernels, and makes so many products for a score. */
    enum Pass {
        FORWARD("attention_forward", 2), KEYS("attention_backward_keys", 4), QUERIES("attention_backward_queries", 3);

        private final String operation;
        private final int products;
        private final long widest;

        Pass(String operation, int products) {
            this.operation = operation;
            this.products = products;
            widest = candidates().most(Geometry::tileK);
        }

        private Candidates candidates() {
            return Candidates.of(operation).of(Tier.SM90, DType.BF16);
        }
    }

    /** @param heads of all sequences together */
    record Problem(long heads, long rows, long columns, long dim, boolean causal) {
    }

    /**
     * @param b like a, or null
     * @return null where others must do it: another device, type or tier, or operands that TMA cannot fetch
     */
    static HopperPlan orNull(Pass pass, Attention.Heads a, Attention.Heads b, Attention.Heads x, Attention.Heads y,
            boolean causal) {
        Device device = a.tensor().device();
        DType type = a.tensor().dtype();
        boolean suited = type == DType.BF16 && a.dim() > NARROW && a.dim() <= pass.widest && a.wide()
                && (b == null || b.wide()) && x.wide() && y.wide();
        if (!suited || Tiers.newest(device, type) != Tier.SM90) {
            return null;
        }
        PlanKey probe = PlanKey.of(pass.operation, causal, Tier.SM90, Tiers.forcedTileOrNull()).with(a.batch())
                .with(a.heads()).with(a.sequence()).with(x.sequence()).with(a.dim()).with(a.stride())
                .with(b == null ? 0 : b.stride()).with(x.stride()).with(y.stride());
        HopperPlan known = device.knownPlan(probe);
        return known != null ? known : device.plan(probe.copy(), key -> made(device, pass, a, b, x, y, causal));
    }

    private static HopperPlan made(Device device, Pass pass, Attention.Heads a, Attention.Heads b, Attention.Heads x,
            Attention.Heads y, boolean causal) {
        Problem problem = new Problem(a.batch() * a.heads(), a.sequence(), x.sequence(), a.dim(), causal);
        KernelDescription chosen = kernel(pass, problem, device.multiprocessors());
        Geometry tile = chosen.geometry();
        return new HopperPlan(chosen.on(device),
                Math.min(items(tile, problem), device.multiprocessors() * resident(tile)), maps(a, tile.tileM()),
                b == null ? null : maps(b, tile.tileM()), maps(x, tile.tileN()), maps(y, tile.tileN()));
    }

    static KernelDescription kernel(Pass pass, Problem problem, int multiprocessors) {
        long width = pass.candidates().leastFrom(problem.dim, Geometry::tileK);
        return pass.candidates().fitting(tile -> tile.tileK() == width)
                .cheapest(tile -> clocks(tile, pass, problem, multiprocessors));
    }

    /**
     * Clocks of the busiest multiprocessor: for each of its blocks' items the tiles of columns, each bound by the
     * tensor cores, the exponentials or what the second-level cache delivers, since one warpgroup's or block's
     * exponentials are made during the products of another.
     */
    private static double clocks(Geometry tile, Pass pass, Problem problem, int multiprocessors) {
        double scores = (double) tile.tileM() * tile.tileN();
        double multiply = pass.products * scores * tile.tileK() / MULTIPLICATIONS;
        double fetch = 2.0 * tile.tileN() * tile.tileK() * DType.BF16.bytes() / BYTES_IN;
        double one = Math.max(Math.max(multiply, scores / EXPONENTIALS), fetch);
        double visited = Tiling.count(problem.columns, tile.tileN()) * (problem.causal ? 0.5 : 1);
        long items = items(tile, problem);
        long sharing = Math.min(resident(tile), Tiling.count(items, multiprocessors));
        return Tiling.count(items, multiprocessors * sharing) * (visited * one * sharing + LATENCY);
    }

    private static long items(Geometry tile, Problem problem) {
        return problem.heads * Tiling.count(problem.rows, tile.tileM());
    }

    /** Blocks that a multiprocessor holds at a time. */
    private static long resident(Geometry tile) {
        return RESIDENT_ROWS / tile.tileM();
    }

    /** Boxes of some rows of one head: what is beyond the head's columns, or the last row, comes as zeros. */
    private static TensorMapCache maps(Attention.Heads of, int rows) {
        long bytes = DType.BF16.bytes();
        return new TensorMapCache(
                TensorMapLayout.of(TensorMapType.BF16, of.dim(), of.heads(), of.sequence(), of.batch())
                        .strides(of.dim() * bytes, of.stride() * bytes, of.sequence() * of.stride() * bytes)
                        .swizzle(Swizzle.B128).l2Promotion(L2Promotion.B256).tiled(BOX, 1, rows, 1));
    }
}
