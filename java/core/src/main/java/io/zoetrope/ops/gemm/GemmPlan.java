package io.zoetrope.ops.gemm;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.cuda.KernelDescription;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.PlanKey;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.Tiling;
import io.zoetrope.tensor.DType;

/**
 * Which kernel makes a product, and by how many blocks. Few rows by weights [n, k] that can be fetched 16 bytes at a time go to
 * the skinny kernels: reading the weights is what takes time there, and they stream them.
 */
record GemmPlan(Kernel kernel, long blocks) {
    private static final String OPERATION = "gemm";
    private static final int CHUNK = 8;

    record Problem(DType type, String layout, long m, long n, long k, long batch, boolean aligned, Tier tier,
            String tile) {
        boolean streams() {
            return tier == Tier.SM80 && type == DType.BF16 && batch == 1 && layout.equals("nt") && k % CHUNK == 0
                    && aligned;
        }

        Candidates candidates(String algorithm) {
            Candidates all = Candidates.of(OPERATION).with("algorithm", algorithm).of(tier, type).with("layout",
                    layout);
            return tile == null ? all : all.with("tile", tile);
        }
    }

    /** @param aligned whether a and b begin on 16 bytes */
    static GemmPlan of(Device device, DType type, String layout, long m, long n, long k, long batch, boolean aligned) {
        Tier tier = Tiers.choose(device, type);
        String tile = Tiers.forcedTileOrNull();
        PlanKey probe = PlanKey.of(OPERATION, layout, tier, tile).with(type.ordinal()).with(m).with(n).with(k)
                .with(batch).with(aligned ? 1 : 0);
        GemmPlan plan = device.knownPlan(probe);
        if (plan == null) {
            plan = made(device, probe.copy(), new Problem(type, layout, m, n, k, batch, aligned, tier, tile));
        }
        Tiers.used(OPERATION, plan.kernel.name());
        return plan;
    }

    private static GemmPlan made(Device device, PlanKey key, Problem problem) {
        return device.plan(key, known -> plan(device, problem));
    }

    private static GemmPlan plan(Device device, Problem problem) {
        Kernel kernel = kernel(problem, device.multiprocessors()).on(device);
        return new GemmPlan(kernel, Tiling.blocks(kernel.geometry(), problem.m, problem.n));
    }

    static KernelDescription kernel(Problem problem, int multiprocessors) {
        long m = problem.m;
        long n = problem.n;
        Candidates skinny = problem.candidates("skinny");
        if (problem.streams() && !skinny.isEmpty() && (problem.tile != null || m <= skinny.most(Geometry::tileM))) {
            long rows = skinny.leastFrom(m, Geometry::tileM);
            return skinny.cheapest(tile -> skinnyCost(tile, rows, n, multiprocessors));
        }
        return problem.candidates("tiled")
                .cheapest(tile -> Tiling.productCost(tile, m, n, problem.batch, multiprocessors));
    }

    /**
     * The fewest rows that cover all; wide tiles halve how often the rows are read, narrow ones give narrow weights twice as many
     * blocks to stream them with.
     */
    static double skinnyCost(Geometry tile, long rows, long columns, int multiprocessors) {
        return tile.tileM() != rows ? Tiling.unsuited()
                : Tiling.cost(tile, Tiling.count(columns, tile.tileN()) * 4 >= multiprocessors * 3L);
    }
}
