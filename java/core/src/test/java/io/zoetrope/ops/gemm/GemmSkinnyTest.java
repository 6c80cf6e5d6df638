package io.zoetrope.ops.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.Geometry;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.reference.ReferenceGemm;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Products of few rows whose weights are streamed, against the double-precision reference, and when they are chosen.
 */
@SuppressWarnings("try")
class GemmSkinnyTest {
    private static final List<String> SHAPES = List.of("16x8", "16x16", "32x8", "32x16", "64x8", "64x16");
    private static final String STREAMED = "gemm_sm80_bf16_(16|32|64)x(8|16)_nt";
    private static final String TILED = "gemm_sm80_bf16_(64x64|128x128)_nt";

    record Product(int m, int n, int k) {
        float[] a() {
            return Values.stored(DType.BF16, Values.uniform(1, (long) m * k));
        }

        float[] b() {
            return Values.stored(DType.BF16, Values.uniform(2, (long) n * k));
        }

        double[] expected() {
            return ReferenceGemm.run(m, n, k, false, true, 1, 0, DoubleUnaryOperator.identity(), Values.doubles(a()),
                    Values.doubles(b()), null, null);
        }

        /** The outcome, once by the tile given, or by the one chosen where null. */
        float[] run(String tile) {
            try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(Tier.SM80, tile)) {
                Tensor c = guarded.output("c", DType.BF16, m, n);
                Gemm.run(guarded.input("a", DType.BF16, a(), m, k), guarded.input("b", DType.BF16, b(), n, k), null, c,
                        Gemm.Spec.NT);
                return c.toFloats();
            }
        }

        void check(String tile) {
            Tolerance.sum(DType.BF16, k, 1).check("c by " + tile, expected(), run(tile));
        }
    }

    static Stream<Product> products() {
        List<Product> products = new ArrayList<>();
        for (int m : new int[] {1, 3, 16, 17, 33, 63, 64, 65}) {
            for (int n : new int[] {8, 10, 63, 512}) {
                for (int k : new int[] {8, 24, 40, 64, n == 512 ? 136 : 512}) {
                    products.add(new Product(m, n, k));
                }
            }
        }
        products.add(new Product(1, 512, 512));
        products.add(new Product(16, 4096, 24));
        return products.stream();
    }

    @ParameterizedTest
    @MethodSource("products")
    void multiplies(Product product) {
        product.check(null);
        assertThat(Tiers.lastUsed("gemm"))
                .hasValueSatisfying(entry -> assertThat(entry).matches(product.m <= 64 ? STREAMED : TILED));
    }

    /** Depths over which every shape refills what it has in flight, more than once, and ends within a chunk. */
    @ParameterizedTest
    @ValueSource(ints = {1024, 2048, 2056, 5000})
    void multipliesDeep(int k) {
        for (String shape : SHAPES) {
            new Product(65, 19, k).check(shape); // more rows than a tile: several side by side
            assertThat(Tiers.lastUsed("gemm")).hasValue("gemm_sm80_bf16_" + shape + "_nt");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 2600})
    void everyShapeAndEveryRunGivesTheSameBits(int k) {
        Product product = new Product(20, 35, k);
        float[] first = product.run(SHAPES.get(0));
        for (String shape : SHAPES) {
            assertThat(product.run(shape)).as(shape).containsExactly(first);
        }
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void appliesScaleBiasActivationAndOldOutput(Activation activation) {
        DoubleUnaryOperator function = switch (activation) {
            case NONE -> DoubleUnaryOperator.identity();
            case SILU -> ReferenceGemm::silu;
            case GELU -> ReferenceGemm::gelu;
        };
        for (String shape : SHAPES) {
            for (int n : new int[] {32, 50, 51}) { // whole tiles, pairs, no pairs
                for (DType out : List.of(DType.BF16, DType.F32)) {
                    Product product = new Product(37, n, 56);
                    float[] bias = Values.uniform(5, n);
                    float[] old = Values.stored(out, Values.uniform(6, 37L * n));
                    double[] expected = ReferenceGemm.run(37, n, 56, false, true, 1.5f, -0.75f, function,
                            Values.doubles(product.a()), Values.doubles(product.b()), Values.doubles(bias),
                            Values.doubles(old));
                    try (Guarded guarded = new Guarded(Devices.shared());
                            Tiers.Forced forced = Tiers.force(Tier.SM80, shape)) {
                        Tensor c = guarded.input("c", out, old, 37, n);
                        Gemm.run(guarded.input("a", DType.BF16, product.a(), 37, 56),
                                guarded.input("b", DType.BF16, product.b(), n, 56),
                                guarded.input("bias", DType.F32, bias, n), c,
                                Gemm.Spec.NT.alpha(1.5f).beta(-0.75f).activation(activation));
                        Tolerance.sum(out, 56, 1).times(2).check(activation + " by " + shape + " to " + out, expected,
                                c.toFloats());
                    }
                }
            }
        }
    }

    @Test
    void aBatchOfFewRowsBySharedWeightsIsStreamed() {
        Product rows = new Product(15, 20, 48);
        try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(Tier.SM80)) {
            Tensor c = guarded.output("c", DType.F32, 3, 5, 20);
            Gemm.run(guarded.input("a", DType.BF16, rows.a(), 3, 5, 48),
                    guarded.input("b", DType.BF16, rows.b(), 20, 48), null, c, Gemm.Spec.NT);
            Tolerance.sum(DType.F32, 48, 1).check("c", rows.expected(), c.toFloats());
        }
        assertThat(Tiers.lastUsed("gemm")).hasValueSatisfying(entry -> assertThat(entry).matches(STREAMED));
    }

    /** What cannot be fetched 16 bytes at a time, or is asked for otherwise, runs in tiles as before. */
    @ParameterizedTest
    @CsvSource({"33, 0", "63, 0", "12, 0", "40, 1"})
    void otherAlignmentsRunInTiles(int k, int offset) {
        Product product = new Product(3, 17, k);
        try (Guarded guarded = new Guarded(Devices.shared(), offset); Tiers.Forced forced = Tiers.force(Tier.SM80)) {
            Tensor c = guarded.output("c", DType.BF16, 3, 17);
            Gemm.run(guarded.input("a", DType.BF16, product.a(), 3, k),
                    guarded.input("b", DType.BF16, product.b(), 17, k), null, c, Gemm.Spec.NT);
            Tolerance.sum(DType.BF16, k, 1).check("c", product.expected(), c.toFloats());
        }
        assertThat(Tiers.lastUsed("gemm")).hasValueSatisfying(entry -> assertThat(entry).matches(TILED));
    }

    @Test
    void otherLayoutsTypesAndTilesAreAsTheyWere() {
        Product product = new Product(8, 8, 8);
        product.check("64x64");
        assertThat(Tiers.lastUsed("gemm")).hasValue("gemm_sm80_bf16_64x64_nt");
        for (Gemm.Spec spec : List.of(Gemm.Spec.NN, Gemm.Spec.TN, Gemm.Spec.TT)) {
            assertThat(used(DType.BF16, Tier.SM80, spec)).matches("gemm_sm80_bf16_64x64_(nn|tn|tt)");
        }
        assertThat(used(DType.F32, Tier.SM80, Gemm.Spec.NT)).isEqualTo("gemm_sm80_f32_64x64_nt");
        assertThat(used(DType.BF16, Tier.SIMT, Gemm.Spec.NT)).isEqualTo("gemm_simt_bf16_64x64_nt");
    }

    /** The entry for an 8 x 8 x 8 product. */
    private static String used(DType dtype, Tier tier, Gemm.Spec spec) {
        try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(tier)) {
            Gemm.run(guarded.input("a", dtype, new float[64], 8, 8), guarded.input("b", dtype, new float[64], 8, 8),
                    null, guarded.output("c", dtype, 8, 8), spec);
        }
        return Tiers.lastUsed("gemm").orElseThrow();
    }

    /** Narrow weights get more blocks, wide ones wider blocks; the rows choose the height. */
    @ParameterizedTest
    @CsvSource({"1, 512, 16x8", "16, 1568, 16x8", "16, 1576, 16x16", "17, 2048, 32x16", "32, 64, 32x8",
            "33, 8192, 64x16", "64, 8, 64x8"})
    void tilesFollowTheShape(int m, int n, String tile) {
        Candidates skinny = Candidates.of("gemm").with("algorithm", "skinny");
        long rows = skinny.leastFrom(m, Geometry::tileM);
        assertThat(skinny.cheapest(shape -> GemmPlan.skinnyCost(shape, rows, n, 132)).traits()).containsEntry("tile",
                tile);
    }
}
