package io.zoetrope.ops.gemm;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.cuda.KernelDescription;
import io.zoetrope.cuda.TensorMapCache;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.PlanKey;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.Tiling;
import io.zoetrope.tensor.DType;

/**
 * Which kernel makes a product, and by how many blocks. Few rows by weights [n, k] that can be fetched 16 bytes at a
 * time go to the skinny kernels: reading the weights is what takes time there, and they stream them. What is left goes
 * to Hopper's kernels where the device has them and tensor maps can describe the operands.
 *
 * @param a the maps of the operands for kernels that copy by them; null: they take addresses, and a grid dimension for
 *          the batch
 */
record GemmPlan(Kernel kernel, long blocks, TensorMapCache a, TensorMapCache b) {
    private static final String OPERATION = "gemm";
    /** Elements of bf16 that are fetched at once; addresses and strides are multiples of it. */
    private static final int CHUNK = 8;

    /**
     * @param sharedA whether one a serves the batch; likewise b
     * @param aligned whether a and b begin on 16 bytes
     */
    record Problem(DType type, String layout, long m, long n, long k, long batch, boolean sharedA, boolean sharedB,
            boolean aligned, Tier tier, String tile) {
        boolean transA() {
            return layout.charAt(0) == 't';
        }

        boolean transB() {
            return layout.charAt(1) == 't';
        }

        boolean streams() {
            return tier != Tier.SIMT && type == DType.BF16 && batch == 1 && layout.equals("nt") && k % CHUNK == 0
                    && aligned;
        }

        boolean mapped() {
            long lda = transA() ? m : k;
            long ldb = transB() ? k : n;
            return tier == Tier.SM90 && type == DType.BF16 && lda % CHUNK == 0 && ldb % CHUNK == 0 && aligned;
        }

        Candidates candidates(String algorithm, Tier of) {
            Candidates all = Candidates.of(OPERATION).with("algorithm", algorithm).of(of, type).with("layout", layout);
            return tile == null ? all : all.with("tile", tile);
        }
    }

    /** @param aligned whether a and b begin on 16 bytes */
    static GemmPlan of(Device device, DType type, Gemm.Spec spec, long m, long n, long k, long batch, boolean sharedA,
            boolean sharedB, boolean aligned) {
        Tier tier = Tiers.newest(device, type);
        String tile = Tiers.forcedTileOrNull();
        PlanKey probe = PlanKey.of(OPERATION, spec.layout(), tier, tile).with(type.ordinal()).with(m).with(n).with(k)
                .with(batch).with((aligned ? 1 : 0) | (sharedA ? 2 : 0) | (sharedB ? 4 : 0));
        GemmPlan plan = device.knownPlan(probe);
        if (plan == null) {
            plan = made(device, probe.copy(),
                    new Problem(type, spec.layout(), m, n, k, batch, sharedA, sharedB, aligned, tier, tile));
        }
        Tiers.used(OPERATION, plan.kernel.name());
        return plan;
    }

    private static GemmPlan made(Device device, PlanKey key, Problem problem) {
        return device.plan(key, known -> plan(device, problem));
    }

    boolean isMapped() {
        return a != null;
    }

    private static GemmPlan plan(Device device, Problem problem) {
        KernelDescription chosen = kernel(problem, device.multiprocessors());
        Geometry tile = chosen.geometry();
        if (!chosen.architecture().equals(Tier.SM90.suffix())) {
            return new GemmPlan(chosen.on(device), Tiling.blocks(tile, problem.m, problem.n), null, null);
        }
        return new GemmPlan(chosen.on(device), HopperTiles.blocks(tile, problem, device.multiprocessors()),
                HopperTiles.maps(problem.transA() ? problem.m : problem.k, problem.transA() ? problem.k : problem.m,
                        problem.sharedA ? 1 : problem.batch),
                HopperTiles.maps(problem.transB() ? problem.k : problem.n, problem.transB() ? problem.n : problem.k,
                        problem.sharedB ? 1 : problem.batch));
    }

    static KernelDescription kernel(Problem problem, int multiprocessors) {
        long m = problem.m;
        long n = problem.n;
        Tier portable = problem.tier == Tier.SM90 ? Tier.SM80 : problem.tier;
        Candidates skinny = problem.candidates("skinny", portable);
        if (problem.streams() && !skinny.isEmpty() && (problem.tile != null || m <= skinny.most(Geometry::tileM))) {
            long rows = skinny.leastFrom(m, Geometry::tileM);
            return skinny.cheapest(tile -> skinnyCost(tile, rows, n, multiprocessors));
        }
        Candidates hopper = problem.candidates("tiled", Tier.SM90);
        if (problem.mapped() && !hopper.isEmpty()) {
            return hopper.cheapest(tile -> HopperTiles.clocks(tile, problem, multiprocessors));
        }
        return problem.candidates("tiled", portable)
                .cheapest(tile -> Tiling.productCost(tile, m, n, problem.batch, multiprocessors));
    }

    /**
     * The fewest rows that cover all; wide tiles halve how often the rows are read, narrow ones give narrow weights
     * twice as many blocks to stream them with.
     */
    static double skinnyCost(Geometry tile, long rows, long columns, int multiprocessors) {
        return tile.tileM() != rows ? Tiling.unsuited()
                : Tiling.cost(tile, Tiling.count(columns, tile.tileN()) * 4 >= multiprocessors * 3L);
    }
}
