package io.zoetrope.ops.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.modulate.Modulate;
import io.zoetrope.reference.ReferenceGemm;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link GemmTest}'s table by cuBLAS, or by what stands in for it on softcuda. */
class CublasTest {
    private static Device device;

    @BeforeAll
    static void open() {
        device = Device.open(DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto")), "cublas");
    }

    @AfterAll
    static void close() {
        device.close();
    }

    @AfterEach
    void exactAgain() {
        Tiers.allowTf32(false);
    }

    /** Tiles are our kernels' concern; their tiers are here whether f32 may be rounded to TF32. */
    static Stream<GemmTest.Case> cases() {
        return GemmTest.cases().filter(test -> test.tile() == null);
    }

    private static void assertRan(String name) {
        assertThat(Tiers.lastUsed("gemm")).hasValueSatisfying(entry -> assertThat(entry).startsWith(name));
    }

    private static long[] dims(boolean transposed, long rows, long columns) {
        return transposed ? new long[] {columns, rows} : new long[] {rows, columns};
    }

    @ParameterizedTest
    @MethodSource("cases")
    void multiplies(GemmTest.Case test) {
        float[] a = Values.stored(test.dtype(), Values.uniform(1, (long) test.m() * test.k()));
        float[] b = Values.stored(test.dtype(), Values.uniform(2, (long) test.k() * test.n()));
        double[] expected = ReferenceGemm.run(test.m(), test.n(), test.k(), test.transA(), test.transB(), 1, 0,
                DoubleUnaryOperator.identity(), Values.doubles(a), Values.doubles(b), null, null);
        Tiers.allowTf32(test.tier() == Tier.SM80);
        try (Guarded guarded = new Guarded(device, test.offset())) {
            Tensor c = guarded.output("c", test.dtype(), test.m(), test.n());
            Gemm.run(guarded.input("a", test.dtype(), a, dims(test.transA(), test.m(), test.k())),
                    guarded.input("b", test.dtype(), b, dims(test.transB(), test.k(), test.n())), null, c, test.spec());
            test.tolerance(test.dtype()).check("c", expected, c.toFloats());
        }
        assertRan("cublas");
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void scaleBiasActivationAndOldOutputFollow(Activation activation) {
        DoubleUnaryOperator function = switch (activation) {
            case NONE -> DoubleUnaryOperator.identity();
            case SILU -> ReferenceGemm::silu;
            case GELU -> ReferenceGemm::gelu;
        };
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            for (DType out : dtype == DType.F32 ? List.of(DType.F32) : List.of(DType.BF16, DType.F32)) {
                for (boolean biased : new boolean[] {false, true}) {
                    float[] a = Values.stored(dtype, Values.uniform(3, 37 * 24));
                    float[] b = Values.stored(dtype, Values.uniform(4, 24 * 50));
                    float[] bias = biased ? Values.uniform(5, 50) : new float[50];
                    float[] old = Values.stored(out, Values.uniform(6, 37 * 50));
                    double[] expected = ReferenceGemm.run(37, 50, 24, false, true, 1.5f, -0.75f, function,
                            Values.doubles(a), Values.doubles(b), Values.doubles(bias), Values.doubles(old));
                    try (Guarded guarded = new Guarded(device)) {
                        Tensor c = guarded.input("c", out, old, 37, 50);
                        Gemm.run(guarded.input("a", dtype, a, 37, 24), guarded.input("b", dtype, b, 50, 24),
                                biased ? guarded.input("bias", DType.F32, bias, 50) : null, c,
                                Gemm.Spec.NT.alpha(1.5f).beta(-0.75f).activation(activation));
                        Tolerance.sum(out, 24, 1).times(2).check(activation + " " + dtype + " to " + out, expected,
                                c.toFloats());
                    }
                    assertRan("cublas");
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void multipliesABatch(boolean transA, boolean transB) {
        int batch = 6;
        for (int shared = 0; shared < 3; shared++) {
            float[] a = Values.stored(DType.BF16, Values.uniform(7, (shared == 1 ? 1 : batch) * 19 * 40));
            float[] b = Values.stored(DType.BF16, Values.uniform(8, (shared == 2 ? 1 : batch) * 40 * 23));
            double[] expected = new double[batch * 19 * 23];
            for (int i = 0; i < batch; i++) {
                double[] one = ReferenceGemm.run(19, 23, 40, transA, transB, 1, 0, DoubleUnaryOperator.identity(),
                        matrix(a, shared == 1 ? 0 : i, 19 * 40), matrix(b, shared == 2 ? 0 : i, 40 * 23), null, null);
                System.arraycopy(one, 0, expected, i * one.length, one.length);
            }
            try (Guarded guarded = new Guarded(device)) {
                Tensor c = guarded.output("c", DType.BF16, 2, 3, 19, 23);
                Gemm.run(guarded.input("a", DType.BF16, a, batched(shared == 1, dims(transA, 19, 40))),
                        guarded.input("b", DType.BF16, b, batched(shared == 2, dims(transB, 40, 23))), null, c,
                        new Gemm.Spec(transA, transB));
                Tolerance.sum(DType.BF16, 40, 1).check("c", expected, c.toFloats());
            }
            assertRan("cublas");
        }
    }

    private static double[] matrix(float[] values, int index, int size) {
        return Values.doubles(Arrays.copyOfRange(values, index * size, (index + 1) * size));
    }

    private static long[] batched(boolean shared, long[] dims) {
        return shared ? dims : new long[] {2, 3, dims[0], dims[1]};
    }

    @Test
    void aRecordedProductRunsAgainOnWhatItsOperandsHoldThen() {
        try (Scope scope = Scope.open(device)) {
            Tensor a = scope.of(Values.uniform(1, 6 * 4), 6, 4);
            Tensor b = scope.of(Values.uniform(2, 4 * 5), 4, 5);
            Tensor c = scope.zeros(DType.F32, 6, 5);
            Tensor bias = scope.of(Values.uniform(3, 5), 5);
            try (CapturedGraph graph = CapturedGraph.record(device, () -> Gemm.run(a, b, bias, c, Gemm.Spec.NN))) {
                assertThat(c.toFloats()).containsOnly(0);
                for (long seed = 4; seed < 7; seed++) {
                    float[] values = Values.uniform(seed, 6 * 4);
                    a.copyFrom(values);
                    graph.launch();
                    Tolerance.sum(DType.F32, 4, 1)
                            .check("c",
                                    ReferenceGemm.run(6, 5, 4, false, false, 1, 0, x -> x, Values.doubles(values),
                                            Values.doubles(b.toFloats()), Values.doubles(bias.toFloats()), null),
                                    c.toFloats());
                }
            }
        }
    }

    @Test
    void whatItCannotTakeRunsByOurKernels() {
        try (Scope scope = Scope.open(device); Tiers.Forced forced = Tiers.force(Tier.SIMT)) {
            assertThat(forced).isNotNull();
            Gemm.run(scope.zeros(DType.F32, 2, 3), scope.zeros(DType.F32, 3, 4), null, scope.zeros(DType.F32, 2, 4),
                    Gemm.Spec.NN);
        }
        assertRan("gemm_simt_f32");
        try (Scope scope = Scope.open(device)) {
            Modulate.Vectors gate = Modulate.Vectors.of(scope.zeros(DType.BF16, 1, 4));
            Gemm.fused(scope.zeros(DType.BF16, 2, 3), scope.zeros(DType.BF16, 3, 4),
                    new Gemm.Epilogue(null, gate, null), scope.zeros(DType.BF16, 2, 4), Gemm.Spec.NN);
        }
        assertRan("gemm_sm80_bf16");
    }

    @Test
    void aDeviceOpenedWithoutItRunsOurKernels() {
        try (Device plain = Device.open(DeviceChoice.AUTO); Scope scope = Scope.open(plain)) {
            Gemm.run(scope.zeros(DType.F32, 2, 3), scope.zeros(DType.F32, 3, 4), null, scope.zeros(DType.F32, 2, 4),
                    Gemm.Spec.NN);
        }
        assertRan("gemm_simt_f32");
        assertThatThrownBy(() -> Device.open(DeviceChoice.AUTO, "cublas,other"))
                .hasMessageContainingAll("provider 'other' was asked for", "cublas", "zoetrope-other");
    }
}
