package io.zoetrope.ops.conv;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.cuda.KernelDescription;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.PlanKey;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.Tiling;
import io.zoetrope.tensor.DType;

/**
 * Which kernel serves a convolution, and how its work is dealt out. Four algorithms serve them: plain implicit GEMMs,
 * such GEMMs a group at a time (also for dilation and for long filters), direct kernels where each channel has a single
 * filter of its own, and direct ones on tensor cores for 3×3 in groups of 16.
 *
 * @param packed 1 where a direct kernel moves packs of 16 bytes, 0 where it moves elements; -1 for kernels that are not
 *               asked
 * @param share  of the inner index that one of {@code shares} blocks adds up (wgrad)
 */
record ConvPlan(Kernel kernel, Grid grid, int packed, long share, long shares) {
    /**
     * wgrad is split until it has about this many threads, 512 for each of 132 multiprocessors: fixed, so that the bits
     * do not depend on the device's size.
     */
    private static final long WGRAD_THREADS = 512 * 132;
    /** A share of wgrad has at least this many k-tiles, so that its sums are worth writing. */
    private static final long WGRAD_SHARE = 8;
    /** The same for depthwise wgrad, in pixels. */
    private static final long DEPTHWISE_SHARE = 256;
    /** The same for the direct kernels of groups, in tiles of pixels. */
    private static final long GROUPED_SHARE = 4;
    private static final int DEPTHWISE_CHANNELS = 32;
    private static final int NOT_ASKED = -1;

    /**
     * @param aligned  whether the pictures that move begin on 16 bytes
     * @param filters  whether the filters do
     * @param tile     the one forced on this thread, or null
     */
    private record Problem(String operation, ConvExtents extents, DType type, boolean aligned, boolean filters,
            Tier tier, String tile) {
        Candidates candidates(String algorithm) {
            return Candidates.of(operation).with("algorithm", algorithm);
        }

        boolean runsGrouped3x3() {
            return extents.isGrouped3x3() && type == DType.BF16 && aligned && filters && tile == null
                    && tier == Tier.SM80;
        }

        Candidates products() {
            return candidates(extents.isGeneral() ? "grouped_implicit_gemm" : "implicit_gemm").of(tier, type);
        }
    }

    /** How a kind of problem is planned where nothing is known of it. */
    @FunctionalInterface
    private interface Maker {
        ConvPlan make(Device device, Problem problem);
    }

    private static ConvPlan of(Device device, String operation, ConvExtents e, DType type, boolean aligned,
            boolean filters, Maker maker) {
        Tier tier = Tiers.choose(device, type);
        String tile = Tiers.forcedTileOrNull();
        PlanKey probe = PlanKey.of(operation, e, tier, tile).with(type.ordinal()).with(aligned ? 1 : 0)
                .with(filters ? 1 : 0);
        ConvPlan plan = device.knownPlan(probe);
        if (plan == null) {
            plan = made(device, probe.copy(), new Problem(operation, e, type, aligned, filters, tier, tile), maker);
        }
        Tiers.used(operation, plan.kernel.name());
        return plan;
    }

    private static ConvPlan made(Device device, PlanKey key, Problem problem, Maker maker) {
        return device.plan(key, known -> maker.make(device, problem));
    }

    static ConvPlan fprop(Device device, ConvExtents e, DType type, boolean aligned, boolean filters) {
        return of(device, "conv2d_fprop", e, type, aligned, filters, ConvPlan::fprop);
    }

    private static ConvPlan fprop(Device device, Problem problem) {
        ConvExtents e = problem.extents;
        long pixels = (long) e.n() * e.p() * e.q();
        return e.isDepthwise() ? depthwise(device, problem, pixels) : problem.runsGrouped3x3()
                ? grouped3x3(device, problem, pixels) : product(device, problem, pixels, e.groupFilters(), 1);
    }

    static ConvPlan dgrad(Device device, ConvExtents e, DType type, boolean aligned, boolean filters) {
        return of(device, "conv2d_dgrad", e, type, aligned, filters, ConvPlan::dgrad);
    }

    private static ConvPlan dgrad(Device device, Problem problem) {
        ConvExtents e = problem.extents;
        long pixels = (long) e.n() * e.h() * e.w();
        int stride = e.spec().stride();
        long rows = e.n() * Tiling.count(e.h(), stride) * Tiling.count(e.w(), stride);
        // Rows of x in the first phases only, as in one-dimensional convolutions, need no blocks for the others.
        long phases = (long) stride * Math.min(stride, e.h() + (long) e.spec().padTop());
        return e.isDepthwise() ? depthwise(device, problem, pixels) : problem.runsGrouped3x3()
                ? grouped3x3(device, problem, pixels) : product(device, problem, rows, e.groupChannels(), phases);
    }

    /** A thread for each pack of channels where they are aligned, else for each element. */
    private static ConvPlan depthwise(Device device, Problem problem, long pixels) {
        Kernel kernel = problem.candidates("depthwise").with("type", problem.type.suffix()).only().on(device);
        int channels = problem.extents.c();
        int pack = kernel.geometry().tileN();
        boolean packed = problem.aligned && channels % pack == 0;
        return new ConvPlan(kernel,
                Grid.covering(pixels * (packed ? channels / pack : channels), kernel.geometry().tileM()),
                packed ? 1 : 0, 0, 1);
    }

    private static ConvPlan grouped3x3(Device device, Problem problem, long pixels) {
        Kernel kernel = problem.candidates("grouped3x3").of(problem.tier, problem.type).only().on(device);
        return new ConvPlan(kernel, Grid.of(Tiling.count(pixels, kernel.geometry().tileM()), problem.extents.groups()),
                NOT_ASKED, 0, 1);
    }

    private static ConvPlan product(Device device, Problem problem, long rows, long columns, long phases) {
        Kernel kernel = tile(problem.products(), rows, columns, device.multiprocessors()).on(device);
        return new ConvPlan(kernel,
                Grid.of(Tiling.blocks(kernel.geometry(), rows, columns), problem.extents.groups(), phases), NOT_ASKED,
                0, 1);
    }

    /** For rows of pixels by columns of filters, or of channels: of the tiles that suit the columns. */
    static KernelDescription tile(Candidates candidates, long rows, long columns, int multiprocessors) {
        long least = candidates.leastFrom(Tiling.bound(columns), Geometry::tileN);
        return candidates.cheapest(tile -> !Tiling.suits(tile.tileN(), columns, least, true) ? Tiling.unsuited()
                : Tiling.cost(tile, Tiling.blocks(tile, rows, columns) >= multiprocessors));
    }

    /**
     * The inner index, all pixels of y, is cut into shares where the outputs alone would leave multiprocessors idle.
     */
    static ConvPlan wgrad(Device device, ConvExtents e, DType type, boolean aligned) {
        return of(device, "conv2d_wgrad", e, type, aligned, true, ConvPlan::wgrad);
    }

    private static ConvPlan wgrad(Device device, Problem problem) {
        ConvExtents e = problem.extents;
        DType type = problem.type;
        long pixels = (long) e.n() * e.p() * e.q();
        if (e.isDepthwise()) {
            Kernel kernel = problem.candidates("depthwise").with("type", type.suffix()).only().on(device);
            long outputs = Tiling.count(e.c(), DEPTHWISE_CHANNELS) * e.r() * e.s();
            return shared(kernel, outputs, 1, pixels, pixels / DEPTHWISE_SHARE);
        }
        if (problem.runsGrouped3x3()) {
            Kernel kernel = problem.candidates("grouped3x3").of(problem.tier, type).only().on(device);
            long tiles = Tiling.count(pixels, kernel.geometry().tileK());
            return shared(kernel, e.groups(), 1, tiles, tiles / GROUPED_SHARE);
        }
        Candidates candidates = problem.products();
        long filters = e.isGeneral() ? e.groupFilters() : e.k();
        long least = candidates.leastFrom(Tiling.bound(filters), Geometry::tileM);
        Kernel kernel = candidates.cheapest(tile -> !Tiling.suits(tile.tileM(), filters, least, false)
                ? Tiling.unsuited() : Tiling.cost(tile, true)).on(device);
        Geometry tile = kernel.geometry();
        long outputs = Tiling.blocks(tile, e.groupFilters(), (long) e.r() * e.s() * e.groupChannels());
        long depth = Tiling.count(pixels, tile.tileK());
        return shared(kernel, outputs, e.groups(), depth, depth / WGRAD_SHARE);
    }

    /** @param most shares of {@code depth} steps */
    private static ConvPlan shared(Kernel kernel, long outputs, long groups, long depth, long most) {
        long wanted = Math.max(1,
                Math.min(Tiling.count(WGRAD_THREADS, outputs * groups * kernel.geometry().threads()), most));
        long share = Tiling.count(depth, wanted);
        long shares = Tiling.count(depth, share);
        return new ConvPlan(kernel, Grid.of(outputs, shares, groups), NOT_ASKED, share, shares);
    }
}
