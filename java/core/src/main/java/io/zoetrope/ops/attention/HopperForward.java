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
import io.zoetrope.tensor.Tensor;

/**
 * Forward attention by Hopper's kernels, where the device has them and tensor maps can describe q, k and v: which tile
 * of queries and keys, by how many blocks, and how the operands are copied. The costs are estimates from the rates of a
 * multiprocessor; they were not measured.
 */
record HopperForward(Kernel kernel, long blocks, TensorMapCache q, TensorMapCache k, TensorMapCache v) {
    private static final String OPERATION = "attention_forward";
    /** Heads of up to here have a kernel of their width in the sm80 tier; Hopper's would pad them to twice it. */
    private static final int NARROW = 32;
    private static final long WIDEST = candidates().most(Geometry::tileK);
    /** Columns of the boxes in which operands are copied; the device code's kBox. */
    private static final int BOX = 64;
    /** Queries of the blocks that fit a multiprocessor together: one of two consumers, or two of one. */
    private static final int RESIDENT_QUERIES = 128;
    /** Of a multiprocessor in a clock: products of bf16, exponentials, bytes from the second-level cache. */
    private static final double MULTIPLICATIONS = 2048;
    private static final double EXPONENTIALS = 16;
    private static final double BYTES_IN = 64;
    /** Clocks for a tile of queries before its first product and behind its last. */
    private static final double LATENCY = 2000;

    record Problem(long heads, long queries, long keys, long dim, boolean causal) {
    }

    /** @return null where others must do it: another device, type or tier, or operands that TMA cannot fetch */
    static HopperForward orNull(Attention.Heads q, Attention.Heads k, Attention.Heads v, boolean causal) {
        Device device = q.tensor().device();
        DType type = q.tensor().dtype();
        boolean suited = type == DType.BF16 && q.dim() > NARROW && q.dim() <= WIDEST && q.wide() && k.wide()
                && v.wide();
        if (!suited || Tiers.newest(device, type) != Tier.SM90) {
            return null;
        }
        String tile = Tiers.forcedTileOrNull();
        PlanKey probe = PlanKey.of(OPERATION, causal, Tier.SM90, tile).with(q.batch()).with(q.heads())
                .with(q.sequence()).with(k.sequence()).with(q.dim()).with(q.stride()).with(k.stride()).with(v.stride());
        HopperForward known = device.knownPlan(probe);
        return known != null ? known : device.plan(probe.copy(), key -> plan(device, q, k, v, causal));
    }

    private static HopperForward plan(Device device, Attention.Heads q, Attention.Heads k, Attention.Heads v,
            boolean causal) {
        Problem problem = new Problem(q.batch() * q.heads(), q.sequence(), k.sequence(), q.dim(), causal);
        KernelDescription chosen = kernel(problem, device.multiprocessors());
        Geometry tile = chosen.geometry();
        return new HopperForward(chosen.on(device),
                Math.min(items(tile, problem), (long) device.multiprocessors() * resident(tile)), maps(q, tile.tileM()),
                maps(k, tile.tileN()), maps(v, tile.tileN()));
    }

    private static Candidates candidates() {
        return Candidates.of(OPERATION).of(Tier.SM90, DType.BF16);
    }

    static KernelDescription kernel(Problem problem, int multiprocessors) {
        long width = candidates().leastFrom(problem.dim, Geometry::tileK);
        return candidates().fitting(tile -> tile.tileK() == width)
                .cheapest(tile -> clocks(tile, problem, multiprocessors));
    }

    /**
     * Clocks of the busiest multiprocessor: for each of its blocks' items the tiles of keys, each bound by the tensor
     * cores, the exponentials or what the second-level cache delivers, since one warpgroup's or block's exponentials
     * are made during the products of another.
     */
    private static double clocks(Geometry tile, Problem problem, int multiprocessors) {
        double scores = (double) tile.tileM() * tile.tileN();
        double multiply = 2 * scores * tile.tileK() / MULTIPLICATIONS;
        double fetch = 2.0 * tile.tileN() * tile.tileK() * DType.BF16.bytes() / BYTES_IN;
        double one = Math.max(Math.max(multiply, scores / EXPONENTIALS), fetch);
        double visited = Tiling.count(problem.keys, tile.tileN()) * (problem.causal ? 0.5 : 1);
        long items = items(tile, problem);
        long sharing = Math.min(resident(tile), Tiling.count(items, multiprocessors));
        return Tiling.count(items, multiprocessors * sharing) * (visited * one * sharing + LATENCY);
    }

    private static long items(Geometry tile, Problem problem) {
        return problem.heads * Tiling.count(problem.queries, tile.tileM());
    }

    /** Blocks that a multiprocessor holds at a time. */
    private static long resident(Geometry tile) {
        return RESIDENT_QUERIES / tile.tileM();
    }

    /** Boxes of some rows of one head: what is beyond the head's columns, or the last row, comes as zeros. */
    private static TensorMapCache maps(Attention.Heads of, int rows) {
        long bytes = DType.BF16.bytes();
        return new TensorMapCache(
                TensorMapLayout.of(TensorMapType.BF16, of.dim(), of.heads(), of.sequence(), of.batch())
                        .strides(of.dim() * bytes, of.stride() * bytes, of.sequence() * of.stride() * bytes)
                        .swizzle(Swizzle.B128).l2Promotion(L2Promotion.B256).tiled(BOX, 1, rows, 1));
    }

    void launch(Attention.Heads q, Attention.Heads k, Attention.Heads v, Attention.Heads o, Tensor normalizer,
            float scale, boolean causal) {
        Tiers.used(OPERATION, kernel.name());
        kernel.arguments().tensorMap("q", this.q.at(q.address())).tensorMap("k", this.k.at(k.address()))
                .tensorMap("v", this.v.at(v.address())).pointer("o", o).pointer("normalizer", normalizer)
                .structure("shape").i32("batch", q.batch()).i32("heads", q.heads()).i32("queries", q.sequence())
                .i32("keys", k.sequence()).i32("dim", q.dim()).f32("scale", scale).i32("causal", causal ? 1 : 0)
                .i32("wide", o.wide() ? 1 : 0).i64("o_stride", o.stride()).launch(blocks, 1, 1);
    }
}
