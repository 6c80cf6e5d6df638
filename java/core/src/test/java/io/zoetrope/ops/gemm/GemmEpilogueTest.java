package io.zoetrope.ops.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.KernelDescription;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.modulate.Modulate;
import io.zoetrope.reference.ReferenceGemm;
import io.zoetrope.reference.ReferenceSequences;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A gate for each sample and a residual in the product's epilogue, against the double-precision reference. */
@SuppressWarnings("try")
class GemmEpilogueTest {
    private static final int K = 40;

    /** @param places rows that share a gate */
    record Case(Tier tier, DType dtype, DType out, String tile, int samples, int places, int n, int offset) {
        int m() {
            return samples * places;
        }

        double[] expected(float[] a, float[] b, float[] bias, float[] packed, float[] residual) {
            double[] product = ReferenceGemm.run(m(), n, K, false, true, 1, 0, ReferenceGemm::gelu, Values.doubles(a),
                    Values.doubles(b), Values.doubles(bias), null);
            double[] gate = new double[samples * n];
            for (int i = 0; i < gate.length; i++) {
                gate[i] = packed[i / n * 3 * n + n + i % n];
            }
            return ReferenceSequences.affine(product, Values.doubles(residual), gate, null, samples, n, 0);
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (int n : new int[] {64, 50, 51}) { // whole tiles, pairs, no pairs
            if (GemmTiers.of(DType.BF16).contains(Tier.SM90)) {
                cases.add(new Case(Tier.SM90, DType.BF16, DType.BF16, "64x64", 3, 25, n, 0));
                cases.add(new Case(Tier.SM90, DType.BF16, DType.F32, "128x64", 5, 30, n, 0));
                cases.add(new Case(Tier.SM90, DType.BF16, DType.BF16, "128x128", 5, 30, n, 0));
                cases.add(new Case(Tier.SM90, DType.BF16, DType.F32, "128x256", 9, 33, n, 0));
            }
            for (Tier tier : Tier.PORTABLE) {
                cases.add(new Case(tier, DType.F32, DType.F32, null, 3, 25, n, 0));
                cases.add(new Case(tier, DType.BF16, DType.BF16, "64x64", 3, 25, n, 0));
                cases.add(new Case(tier, DType.BF16, DType.F32, "64x64", 2, 3, n, 1));
            }
            cases.add(new Case(Tier.SM80, DType.BF16, DType.BF16, "128x128", 5, 30, n, 0));
            cases.add(new Case(Tier.SM80, DType.BF16, DType.BF16, "16x8", 7, 1, n, 0));
            cases.add(new Case(Tier.SM80, DType.BF16, DType.F32, "16x16", 4, 5, n, 0));
            cases.add(new Case(Tier.SM80, DType.BF16, DType.BF16, "64x16", 1, 33, n, 0));
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gatesAndAddsTheResidual(Case test) {
        int m = test.m();
        int n = test.n;
        float[] a = Values.stored(test.dtype, Values.uniform(1, (long) m * K));
        float[] b = Values.stored(test.dtype, Values.uniform(2, (long) n * K));
        float[] bias = Values.uniform(3, n);
        float[] packed = Values.stored(test.dtype, Values.uniform(4, 3L * test.samples * n));
        float[] residual = Values.stored(test.out, Values.uniform(5, (long) m * n));
        try (Guarded guarded = new Guarded(Devices.shared(), test.offset);
                Tiers.Forced forced = Tiers.force(test.tier, test.tile)) {
            Tensor c = guarded.output("c", test.out, m, n);
            Tensor vectors = guarded.input("vectors", test.dtype, packed, test.samples, 3L * n);
            Tensor rest = guarded.input("residual", test.out, residual, m, n);
            Gemm.fused(guarded.input("a", test.dtype, a, m, K), guarded.input("b", test.dtype, b, n, K),
                    new Gemm.Epilogue(guarded.input("bias", DType.F32, bias, n), Modulate.Vectors.part(vectors, 1, 3),
                            rest),
                    c, Gemm.Spec.NT.activation(Activation.GELU));
            Tolerance tolerance = test.tier == Tier.SM80 && test.dtype == DType.F32 ? Tolerance.tf32Sum(K, 1)
                    : Tolerance.sum(test.out, K, 1);
            tolerance.times(2).check(test.toString(), test.expected(a, b, bias, packed, residual), c.toFloats());
        }
    }

    /**
     * Every kernel cut within every eight columns, at an odd one and at an even one with and without pairs, and within
     * every eight rows: each has its own copy of every term. Products whose a is transposed take no gate.
     */
    @ParameterizedTest
    @MethodSource("io.zoetrope.ops.gemm.GemmBiasTest#kernels")
    void everyTermAtEveryEdge(KernelDescription kernel) {
        int rows = kernel.geometry().tileM();
        int columns = kernel.geometry().tileN();
        for (int i = 0; 8 * i < columns; i++) {
            everyTerm(kernel, rows, 8 * i + 1 + 2 * i % 8, 0);
            everyTerm(kernel, rows, 8 * i + 2 + 2 * i % 8, 0);
            everyTerm(kernel, rows, 8 * i + 2 + 2 * i % 8, 1);
        }
        for (int i = 0; 8 * i < rows; i++) {
            everyTerm(kernel, 8 * i + 1 + 5 * i % 8, columns, 0);
            everyTerm(kernel, 8 * i + 1 + 5 * i % 8, columns, 1);
        }
    }

    private static void everyTerm(KernelDescription kernel, int m, int n, int offset) {
        int depth = 8;
        Tier tier = GemmBiasTest.tier(kernel);
        DType dtype = kernel.traits().get("type").equals("f32") ? DType.F32 : DType.BF16;
        boolean transA = kernel.traits().get("layout").charAt(0) == 't';
        boolean transB = kernel.traits().get("layout").charAt(1) == 't';
        if (GemmTiers.taking(tier, new Gemm.Spec(transA, transB), m, n, depth, 0) != tier) {
            return;
        }
        float[] a = Values.stored(dtype, Values.uniform(1, (long) m * depth));
        float[] b = Values.stored(dtype, Values.uniform(2, (long) n * depth));
        float[] bias = Values.uniform(3, n);
        int samples = 2 - m % 2;
        float[] gate = Values.stored(dtype, Values.uniform(4, (long) samples * n));
        double[] factors = Values.doubles(gate);
        if (transA) {
            Arrays.fill(factors, 1);
        }
        double[] product = ReferenceGemm.run(m, n, depth, transA, transB, 1.5f, 0, ReferenceGemm::silu,
                Values.doubles(a), Values.doubles(b), Values.doubles(bias), null);
        for (DType out : dtype == DType.F32 ? List.of(DType.F32) : List.of(DType.F32, DType.BF16)) {
            float[] residual = Values.stored(out, Values.uniform(5, (long) m * n));
            double[] expected = ReferenceSequences.affine(product, Values.doubles(residual), factors, null, samples, n,
                    0);
            // Skinny products stream whole packs: their operands stay aligned.
            try (Guarded guarded = new Guarded(Devices.shared());
                    Guarded outputs = new Guarded(Devices.shared(), offset);
                    Tiers.Forced forced = Tiers.force(tier, kernel.traits().get("tile"))) {
                Tensor c = outputs.output("c", out, m, n);
                Modulate.Vectors vectors = transA ? null
                        : Modulate.Vectors.of(outputs.input("gate", dtype, gate, samples, n));
                Gemm.fused(guarded.input("a", dtype, a, transA ? depth : m, transA ? m : depth),
                        guarded.input("b", dtype, b, transB ? n : depth, transB ? depth : n),
                        new Gemm.Epilogue(guarded.input("bias", DType.F32, bias, n), vectors,
                                outputs.input("residual", out, residual, m, n)),
                        c, new Gemm.Spec(transA, transB).alpha(1.5f).activation(Activation.SILU));
                assertThat(Tiers.lastUsed("gemm")).hasValue(kernel.entry());
                Tolerance tolerance = tier == Tier.SM80 && dtype == DType.F32 ? Tolerance.tf32Sum(depth, 2)
                        : Tolerance.sum(out, depth, 2);
                tolerance.times(2).check(m + "x" + n + " off by " + offset, expected, c.toFloats());
            }
        }
    }

    /**
     * Each sample of a batch has its gate, whether one b is folded into one product or a residual alone goes with many.
     */
    @Test
    void batchesTakeGatesAndResiduals() {
        float[] a = Values.uniform(1, 3 * 5 * K);
        float[] b = Values.uniform(2, 3 * 7 * K);
        float[] residual = Values.uniform(3, 3 * 5 * 7);
        float[] gate = Values.uniform(4, 3 * 7);
        Tolerance tolerance = Tolerance.sum(DType.F32, K, 1);
        try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(Tier.SIMT)) {
            Tensor as = guarded.input("a", DType.F32, a, 3, 5, K);
            Tensor bs = guarded.input("b", DType.F32, b, 3, 7, K);
            Tensor rest = guarded.input("residual", DType.F32, residual, 3, 5, 7);
            Tensor c = guarded.output("c", DType.F32, 3, 5, 7);
            Gemm.fused(as, bs, new Gemm.Epilogue(null, null, rest), c, Gemm.Spec.NT);
            double[] each = new double[3 * 5 * 7];
            for (int i = 0; i < 3; i++) {
                System.arraycopy(ReferenceGemm.run(5, 7, K, false, true, 1, 0, x -> x, slice(a, i, 5 * K),
                        slice(b, i, 7 * K), null, null), 0, each, i * 35, 35);
            }
            tolerance.check("a b for each", added(each, residual), c.toFloats());

            Modulate.Vectors vectors = Modulate.Vectors.of(guarded.input("gate", DType.F32, gate, 3, 7));
            Gemm.fused(as, bs.slice(0, 1).reshape(7, K), new Gemm.Epilogue(null, vectors, null), c, Gemm.Spec.NT);
            double[] one = ReferenceGemm.run(15, 7, K, false, true, 1, 0, x -> x, Values.doubles(a), slice(b, 0, 7 * K),
                    null, null);
            tolerance.check("one b", ReferenceSequences.affine(one, null, Values.doubles(gate), null, 3, 7, 0),
                    c.toFloats());
        }
    }

    private static double[] slice(float[] values, int index, int size) {
        return Values.doubles(Arrays.copyOfRange(values, index * size, (index + 1) * size));
    }

    private static double[] added(double[] a, float[] b) {
        double[] out = new double[a.length];
        Arrays.setAll(out, i -> a[i] + b[i]);
        return out;
    }

    @Test
    void mismatchesAreNamed() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor a = scope.zeros(DType.F32, 6, 4);
            Tensor b = scope.zeros(DType.F32, 5, 4);
            Tensor c = scope.zeros(DType.F32, 6, 5);
            Tensor other = scope.zeros(DType.F32, 5, 6);
            assertThatThrownBy(() -> Gemm.fused(a, b, new Gemm.Epilogue(null, null, other), c, Gemm.Spec.NT))
                    .hasMessageContainingAll("residual is F32[5, 6]", "[6, 5]");
            assertThatThrownBy(() -> Gemm.fused(a, b, new Gemm.Epilogue(null, null, c), c, Gemm.Spec.NT))
                    .hasMessageContainingAll("residual", "overlap");
            Tensor residual = scope.zeros(DType.F32, 6, 5);
            assertThatThrownBy(() -> Gemm.fused(a, b, new Gemm.Epilogue(null, null, residual), c, Gemm.Spec.NT.beta(2)))
                    .hasMessageContaining("beta is 2.0, expected 0 with a residual");
            Modulate.Vectors four = Modulate.Vectors.of(scope.zeros(DType.F32, 4, 5));
            assertThatThrownBy(() -> Gemm.fused(a, b, new Gemm.Epilogue(null, four, null), c, Gemm.Spec.NT))
                    .hasMessageContainingAll("gate is F32[4, 5]", "divides the rows of c [6, 5]");
            Modulate.Vectors three = Modulate.Vectors.of(scope.zeros(DType.F32, 3, 5));
            assertThatThrownBy(
                    () -> Gemm.fused(a.reshape(4, 6), b, new Gemm.Epilogue(null, three, null), c, Gemm.Spec.TT))
                    .hasMessageContainingAll("not transposed", "layout tt");
            assertThatThrownBy(() -> Gemm.fused(a, b,
                    new Gemm.Epilogue(null, Modulate.Vectors.of(scope.zeros(DType.BF16, 3, 5)), null), c, Gemm.Spec.NT))
                    .hasMessageContaining("gate is BF16");
        }
    }
}
