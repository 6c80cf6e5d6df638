package io.zoetrope.ops.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zoetrope.cuda.KernelCatalog;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.reference.ReferenceGemm;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hopper's kernels for products: every residue of their tiles, and the bits of the sm80 tier, whose order of sums is
 * theirs.
 */
@SuppressWarnings("try")
class GemmHopperTest {
    private static final int WARM = 500;
    private static final List<Gemm.Spec> SPECS = List.of(Gemm.Spec.NN, Gemm.Spec.NT, Gemm.Spec.TN, Gemm.Spec.TT);

    @BeforeEach
    void onHopper() {
        assumeTrue(Tiers.has(Devices.shared(), Tier.SM90), "compute capability 9.0");
    }

    static Stream<String> tiles() {
        return KernelCatalog.of("gemm").stream()
                .filter(kernel -> kernel.architecture().equals("sm90") && kernel.traits().get("layout").equals("nn"))
                .map(kernel -> kernel.traits().get("tile"));
    }

    static Stream<Arguments> kernels() {
        return tiles().flatMap(tile -> SPECS.stream().map(spec -> Arguments.of(tile, spec)));
    }

    private static long[] dims(boolean transposed, long rows, long columns) {
        return transposed ? new long[] {columns, rows} : new long[] {rows, columns};
    }

    /** A product of a batch with a bias by an entry of that tile and tier. */
    private static float[] run(Tier tier, String tile, Gemm.Spec spec, DType out, long batch, boolean sharedA,
            boolean sharedB, int m, int n, int k) {
        try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(tier, tile)) {
            Tensor a = operand(guarded, "a", 1, sharedA ? 1 : batch, dims(spec.transA(), m, k));
            Tensor b = operand(guarded, "b", 2, sharedB ? 1 : batch, dims(spec.transB(), k, n));
            Tensor c = batch == 1 ? guarded.output("c", out, m, n) : guarded.output("c", out, batch, m, n);
            Gemm.run(a, b, guarded.input("bias", DType.F32, Values.uniform(3, n), n), c, spec);
            assertThat(Tiers.lastUsed("gemm")).hasValueSatisfying(
                    entry -> assertThat(entry).startsWith("gemm_" + tier.suffix() + "_bf16_" + tile));
            return c.toFloats();
        }
    }

    private static Tensor operand(Guarded guarded, String name, int seed, long matrices, long[] dims) {
        float[] values = Values.stored(DType.BF16, Values.uniform(seed, matrices * dims[0] * dims[1]));
        return matrices == 1 ? guarded.input(name, DType.BF16, values, dims)
                : guarded.input(name, DType.BF16, values, matrices, dims[0], dims[1]);
    }

    private static void check(String tile, Gemm.Spec spec, int m, int n, int k) {
        float[] a = Values.stored(DType.BF16, Values.uniform(1, (long) m * k));
        float[] b = Values.stored(DType.BF16, Values.uniform(2, (long) n * k));
        double[] expected = ReferenceGemm.run(m, n, k, spec.transA(), spec.transB(), 1, 0, x -> x, Values.doubles(a),
                Values.doubles(b), Values.doubles(Values.uniform(3, n)), null);
        Tolerance.sum(DType.F32, k, 1).check(m + "x" + n + "x" + k + " by " + tile, expected,
                run(Tier.SM90, tile, spec, DType.F32, 1, false, false, m, n, k));
    }

    /**
     * Where the operand's rows allow any: rows and columns are free in nt, the depth in tn; the others go by eights.
     */
    @ParameterizedTest
    @MethodSource("tiles")
    void everyResidueOfATilesExtents(String tile) {
        String[] extents = tile.split("x");
        int rows = Integer.parseInt(extents[0]);
        int columns = Integer.parseInt(extents[1]);
        for (int m = 1; m <= rows + 1; m++) {
            check(tile, Gemm.Spec.NT, m, 9, 16);
        }
        for (int n = 1; n <= columns + 1; n++) {
            check(tile, Gemm.Spec.NT, 9, n, 16);
        }
        for (int k = 1; k <= 65; k++) {
            check(tile, Gemm.Spec.TN, 8, 16, k);
        }
        for (int extent = 8; extent <= Math.max(rows, columns) + 8; extent += 8) {
            check(tile, Gemm.Spec.TT, extent, 5, 8);
            check(tile, Gemm.Spec.NN, 5, extent, 8);
        }
    }

    /**
     * More tiles than blocks, rows of tiles that no cluster fills, rings that turn, a depth that ends inside a step.
     */
    @ParameterizedTest
    @MethodSource("kernels")
    void hasTheBitsOfTheSm80Tier(String tile, Gemm.Spec spec) {
        DType out = spec.transB() ? DType.BF16 : DType.F32;
        assertThat(run(Tier.SM90, tile, spec, out, 1, false, false, 392, 328, 712)).as("%s to %s", tile, out)
                .isEqualTo(run(Tier.SM80, "64x64", spec, out, 1, false, false, 392, 328, 712));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void multipliesABatchAndMatricesThatServeAll(String tile, Gemm.Spec spec) {
        for (int shared = 0; shared < 3; shared++) {
            if (shared == 2 && !spec.transA()) {
                continue; // one b for all is one product of more rows
            }
            assertThat(run(Tier.SM90, tile, spec, DType.BF16, 5, shared == 1, shared == 2, 72, 136, 72))
                    .as("%s, shared %d", tile, shared)
                    .isEqualTo(run(Tier.SM80, "64x64", spec, DType.BF16, 5, shared == 1, shared == 2, 72, 136, 72));
        }
    }

    /**
     * Nothing forced: a device of compute capability 9.0 has its own kernels make products, and others what TMA cannot
     * fetch.
     */
    @Test
    void areChosen() {
        assertThat(chosen(96, 72, 40)).isEqualTo("gemm_sm90_bf16_128x64_nt");
        assertThat(chosen(96, 72, 41)).startsWith("gemm_sm80_bf16_");
        assertThat(chosen(8, 72, 40)).startsWith("gemm_sm80_bf16_16x");
    }

    /** Maps are found again, for a product like one before allocates nothing. */
    @Test
    @Tag("nothing-to-check")
    void aProductLikeOneBeforeAllocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = 0;
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor a = operand(guarded, "a", 1, 1, new long[] {96, 40});
            Tensor b = operand(guarded, "b", 2, 1, new long[] {72, 40});
            Tensor c = guarded.output("c", DType.BF16, 96, 72);
            for (int i = 0; i < 2 * WARM; i++) {
                before = i == WARM ? threads.getThreadAllocatedBytes(thread) : before;
                Gemm.run(a, b, null, c, Gemm.Spec.NT);
            }
        }
        // What the measurement itself allocates, and an epilogue that is not kept, are far from a map for each product.
        assertThat((threads.getThreadAllocatedBytes(thread) - before) / WARM).isLessThan(64);
    }

    private static String chosen(int m, int n, int k) {
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Gemm.run(operand(guarded, "a", 1, 1, new long[] {m, k}), operand(guarded, "b", 2, 1, new long[] {n, k}),
                    null, guarded.output("c", DType.BF16, m, n), Gemm.Spec.NT);
        }
        return Tiers.lastUsed("gemm").orElseThrow();
    }
}
