package io.zoetrope.ops.gemm;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrix products against the double-precision reference. */
@SuppressWarnings("try")
class GemmTest {
    private static final int[][] SIZES = {{1, 1, 1}, {3, 17, 63}, {17, 3, 1}, {65, 63, 33}, {64, 64, 64}, {1, 65, 128},
            {130, 8, 40}, {72, 200, 48}};

    record Case(int m, int n, int k, boolean transA, boolean transB, DType dtype, Tier tier, String tile, int offset) {
        @Override
        public String toString() {
            return m + "x" + n + "x" + k + " " + (transA ? "t" : "n") + (transB ? "t" : "n") + " " + dtype + " " + tier
                    + (tile == null ? "" : " " + tile) + (offset == 0 ? "" : " off by " + offset);
        }

        Gemm.Spec spec() {
            return new Gemm.Spec(transA, transB);
        }

        Tolerance tolerance(DType out) {
            return tier == Tier.SM80 && dtype == DType.F32 ? Tolerance.tf32Sum(k, 1) : Tolerance.sum(out, k, 1);
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            for (Tier tier : GemmTiers.of(dtype)) {
                String wide = dtype == DType.BF16 && tier == Tier.SM80 ? "128x128" : "128x64";
                for (int layout = 0; layout < 4; layout++) {
                    boolean transA = (layout & 1) != 0;
                    boolean transB = (layout & 2) != 0;
                    for (int[] size : SIZES) {
                        cases.add(new Case(size[0], size[1], size[2], transA, transB, dtype, tier, null, 0));
                    }
                    if (tier == Tier.SM90) {
                        cases.add(new Case(152, 264, 72, transA, transB, dtype, tier, "128x256", 0));
                        cases.add(new Case(264, 136, 200, transA, transB, dtype, tier, "128x128", 0));
                        cases.add(new Case(136, 72, 128, transA, transB, dtype, tier, "128x64", 0));
                        cases.add(new Case(72, 72, 520, transA, transB, dtype, tier, "64x64", 0));
                        cases.add(new Case(64, 72, 32, transA, transB, dtype, tier, null, 1));
                        continue;
                    }
                    cases.add(new Case(150, 133, 70, transA, transB, dtype, tier, wide, 0));
                    cases.add(new Case(128, 128, 96, transA, transB, dtype, tier, wide, 0));
                    cases.add(new Case(70, 90, 200, transA, transB, dtype, tier, "64x64", 0));
                    cases.add(new Case(64, 72, 32, transA, transB, dtype, tier, null, 1));
                }
            }
        }
        return cases.stream();
    }

    private static long[] dims(boolean transposed, long rows, long columns) {
        return transposed ? new long[] {columns, rows} : new long[] {rows, columns};
    }

    @ParameterizedTest
    @MethodSource("cases")
    void multiplies(Case test) {
        float[] a = Values.stored(test.dtype, Values.uniform(1, (long) test.m * test.k));
        float[] b = Values.stored(test.dtype, Values.uniform(2, (long) test.k * test.n));
        double[] expected = ReferenceGemm.run(test.m, test.n, test.k, test.transA, test.transB, 1, 0,
                DoubleUnaryOperator.identity(), Values.doubles(a), Values.doubles(b), null, null);
        try (Guarded guarded = new Guarded(Devices.shared(), test.offset);
                Tiers.Forced forced = Tiers.force(test.tier, test.tile)) {
            Tensor c = guarded.output("c", test.dtype, test.m, test.n);
            Gemm.run(guarded.input("a", test.dtype, a, dims(test.transA, test.m, test.k)),
                    guarded.input("b", test.dtype, b, dims(test.transB, test.k, test.n)), null, c, test.spec());
            test.tolerance(test.dtype).check("c", expected, c.toFloats());
        }
        Tier taking = test.m <= 64 && test.spec().equals(Gemm.Spec.NT) && test.tier == Tier.SM90 && test.tile == null
                ? Tier.SM80 : GemmTiers.taking(test.tier, test.spec(), test.m, test.n, test.k, test.offset);
        assertThat(Tiers.lastUsed("gemm"))
                .hasValueSatisfying(entry -> assertThat(entry).contains(taking.suffix() + "_" + test.dtype.suffix()));
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void appliesScaleBiasActivationAndOldOutput(Activation activation) {
        DoubleUnaryOperator function = switch (activation) {
            case NONE -> DoubleUnaryOperator.identity();
            case SILU -> ReferenceGemm::silu;
            case GELU -> ReferenceGemm::gelu;
        };
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            for (Tier tier : GemmTiers.of(dtype)) {
                for (DType out : dtype == DType.F32 ? List.of(DType.F32) : List.of(DType.BF16, DType.F32)) {
                    Case test = new Case(37, 50, 24, false, true, dtype, tier, null, 0);
                    float[] a = Values.stored(dtype, Values.uniform(3, 37 * 24));
                    float[] b = Values.stored(dtype, Values.uniform(4, 24 * 50));
                    float[] bias = Values.uniform(5, 50);
                    float[] old = Values.stored(out, Values.uniform(6, 37 * 50));
                    double[] expected = ReferenceGemm.run(37, 50, 24, false, true, 1.5f, -0.75f, function,
                            Values.doubles(a), Values.doubles(b), Values.doubles(bias), Values.doubles(old));
                    try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(tier)) {
                        Tensor c = guarded.input("c", out, old, 37, 50);
                        Gemm.run(guarded.input("a", dtype, a, 37, 24), guarded.input("b", dtype, b, 50, 24),
                                guarded.input("bias", DType.F32, bias, 50), c,
                                Gemm.Spec.NT.alpha(1.5f).beta(-0.75f).activation(activation));
                        test.tolerance(out).times(2).check(activation + " " + dtype + " " + tier + " to " + out,
                                expected, c.toFloats());
                    }
                }
            }
        }
    }

    static List<Tier> bf16Tiers() {
        return GemmTiers.of(DType.BF16);
    }

    /** beta 0 must not read c: the NaN that poisons it would show. */
    @ParameterizedTest
    @MethodSource("bf16Tiers")
    void multipliesABatch(Tier tier) {
        int batch = 6;
        for (boolean transA : new boolean[] {false, true}) {
            for (boolean shared : new boolean[] {false, true}) {
                float[] a = Values.stored(DType.BF16, Values.uniform(7, batch * 19 * 40));
                float[] b = Values.stored(DType.BF16, Values.uniform(8, (shared ? 1 : batch) * 40 * 23));
                double[] expected = new double[batch * 19 * 23];
                for (int i = 0; i < batch; i++) {
                    int from = shared ? 0 : i * 40 * 23;
                    double[] one = ReferenceGemm.run(19, 23, 40, transA, false, 1, 0, DoubleUnaryOperator.identity(),
                            Values.doubles(Arrays.copyOfRange(a, i * 19 * 40, (i + 1) * 19 * 40)),
                            Values.doubles(Arrays.copyOfRange(b, from, from + 40 * 23)), null, null);
                    System.arraycopy(one, 0, expected, i * one.length, one.length);
                }
                try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(tier)) {
                    Tensor c = guarded.output("c", DType.BF16, 2, 3, 19, 23);
                    long[] bDims = shared ? new long[] {40, 23} : new long[] {2, 3, 40, 23};
                    Gemm.run(guarded.input("a", DType.BF16, a, 2, 3, transA ? 40 : 19, transA ? 19 : 40),
                            guarded.input("b", DType.BF16, b, bDims), null, c, new Gemm.Spec(transA, false));
                    Tolerance.sum(DType.BF16, 40, 1).check("c", expected, c.toFloats());
                }
            }
        }
    }

    static List<Tier> portableTiers() {
        return Tier.PORTABLE;
    }

    @ParameterizedTest
    @MethodSource("portableTiers")
    void oneLeftMatrixServesTheBatch(Tier tier) {
        float[] a = Values.uniform(9, 5 * 12);
        float[] b = Values.uniform(10, 3 * 12 * 7);
        double[] expected = new double[3 * 5 * 7];
        for (int i = 0; i < 3; i++) {
            double[] one = ReferenceGemm.run(5, 7, 12, false, false, 1, 0, DoubleUnaryOperator.identity(),
                    Values.doubles(a), Values.doubles(Arrays.copyOfRange(b, i * 84, (i + 1) * 84)), null, null);
            System.arraycopy(one, 0, expected, i * 35, 35);
        }
        try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(tier)) {
            Tensor c = guarded.output("c", DType.F32, 3, 5, 7);
            Gemm.run(guarded.input("a", DType.F32, a, 5, 12), guarded.input("b", DType.F32, b, 3, 12, 7), null, c,
                    Gemm.Spec.NN);
            Tolerance tolerance = tier == Tier.SM80 ? Tolerance.tf32Sum(12, 1) : Tolerance.sum(DType.F32, 12, 1);
            tolerance.check("c", expected, c.toFloats());
        }
    }

    /** Rows, columns and inner extents through every residue of the tiles' sizes, with a bias for each column. */
    @ParameterizedTest
    @MethodSource("tiers")
    void everyResidueOfATilesExtents(DType dtype, Tier tier) {
        for (int extent = 1; extent <= 72; extent++) {
            biased(dtype, tier, extent, 9, 16);
            biased(dtype, tier, 9, extent, 16);
            biased(dtype, tier, 5, 11, extent);
        }
    }

    static Stream<Arguments> tiers() {
        return Stream.of(DType.F32, DType.BF16)
                .flatMap(dtype -> GemmTiers.of(dtype).stream().map(tier -> Arguments.of(dtype, tier)));
    }

    private static void biased(DType dtype, Tier tier, int m, int n, int k) {
        float[] a = Values.stored(dtype, Values.uniform(1, (long) m * k));
        float[] b = Values.stored(dtype, Values.uniform(2, (long) n * k));
        float[] bias = Values.uniform(3, n);
        for (String tile : new String[] {null, "64x64"}) {
            try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(tier, tile)) {
                Tensor c = guarded.output("c", dtype, m, n);
                Gemm.run(guarded.input("a", dtype, a, m, k), guarded.input("b", dtype, b, n, k),
                        guarded.input("bias", DType.F32, bias, n), c, Gemm.Spec.NT);
                Tolerance tolerance = tier == Tier.SM80 && dtype == DType.F32 ? Tolerance.tf32Sum(k, 1)
                        : Tolerance.sum(dtype, k, 1);
                tolerance.check(m + "x" + n + "x" + k + " " + tile, ReferenceGemm.run(m, n, k, false, true, 1, 0,
                        x -> x, Values.doubles(a), Values.doubles(b), Values.doubles(bias), null), c.toFloats());
            }
        }
    }
}
