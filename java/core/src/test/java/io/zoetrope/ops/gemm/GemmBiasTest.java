package io.zoetrope.ops.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.KernelCatalog;
import io.zoetrope.cuda.KernelDescription;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.reference.ReferenceGemm;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kernel adds every column's bias: the last columns of a tile are written by other code than the whole ones. */
@SuppressWarnings("try")
class GemmBiasTest {
    private static final int DEPTH = 16;

    static Stream<KernelDescription> kernels() {
        return KernelCatalog.of("gemm").stream().filter(kernel -> Tiers.has(Devices.shared(), tier(kernel)));
    }

    static Tier tier(KernelDescription kernel) {
        return Tier.valueOf(kernel.architecture().toUpperCase(Locale.ROOT));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyResidueOfTheColumns(KernelDescription kernel) {
        Map<String, String> traits = kernel.traits();
        Tier tier = tier(kernel);
        DType dtype = traits.get("type").equals("f32") ? DType.F32 : DType.BF16;
        boolean transA = traits.get("layout").charAt(0) == 't';
        boolean transB = traits.get("layout").charAt(1) == 't';
        int rows = tier == Tier.SM90 && transA ? 16 : 9;
        for (int columns = 33; columns <= 40; columns++) {
            if (GemmTiers.taking(tier, new Gemm.Spec(transA, transB), rows, columns, DEPTH, 0) != tier) {
                continue;
            }
            float[] a = Values.stored(dtype, Values.uniform(1, (long) rows * DEPTH));
            float[] b = Values.stored(dtype, Values.uniform(2, (long) columns * DEPTH));
            float[] bias = Values.uniform(3, columns);
            try (Guarded guarded = new Guarded(Devices.shared());
                    Tiers.Forced forced = Tiers.force(tier, traits.get("tile"))) {
                Tensor c = guarded.output("c", dtype, rows, columns);
                Gemm.run(guarded.input("a", dtype, a, transA ? DEPTH : rows, transA ? rows : DEPTH),
                        guarded.input("b", dtype, b, transB ? columns : DEPTH, transB ? DEPTH : columns),
                        guarded.input("bias", DType.F32, bias, columns), c, new Gemm.Spec(transA, transB));
                Tolerance tolerance = tier == Tier.SM80 && dtype == DType.F32 ? Tolerance.tf32Sum(DEPTH, 1)
                        : Tolerance.sum(dtype, DEPTH, 1);
                tolerance.check(columns + " columns", ReferenceGemm.run(rows, columns, DEPTH, transA, transB, 1, 0,
                        x -> x, Values.doubles(a), Values.doubles(b), Values.doubles(bias), null), c.toFloats());
            }
            assertThat(Tiers.lastUsed("gemm")).hasValue(kernel.entry());
        }
    }
}
