package io.zoetrope.ops.attention;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Which kernels attention gets: a fast one that is passed over in silence is a fault no result shows. The choice hangs
 * on the heads' width, the type and the tier alone, not on the device's multiprocessors.
 */
class AttentionPlanTest {
    @ParameterizedTest
    @CsvSource({"BF16, SM80, 1, sm80_bf16_d32, bf16_d32", "BF16, SM80, 32, sm80_bf16_d32, bf16_d32",
            "BF16, SM80, 33, sm80_bf16_d64, bf16_d64", "BF16, SM80, 64, sm80_bf16_d64, bf16_d64",
            "BF16, SM80, 65, sm80_bf16_d128, bf16_d128", "BF16, SM80, 128, sm80_bf16_d128, bf16_d128",
            "BF16, SM80, 129, wide_heads_bf16, wide_heads_bf16", "BF16, SIMT, 64, simt_bf16_d64, bf16_d64",
            "F32, SM80, 64, sm80_f32_d64, f32_d64", "F32, SIMT, 32, simt_f32_d32, f32_d32",
            "F32, SIMT, 128, simt_f32_d128, f32_d128", "F32, SIMT, 129, wide_heads_f32, wide_heads_f32",
            "F32, SM80, 512, wide_heads_f32, wide_heads_f32"})
    void kernelsFollowTheWidthOfHeads(DType type, Tier tier, int dim, String tiled, String decode) {
        try (Scope scope = Scope.open(Devices.shared()); Tiers.Forced forced = Tiers.force(tier)) {
            Tensor q = scope.zeros(type, 1, 1, 1, dim);
            Tensor o = scope.zeros(type, 1, 1, 1, dim);
            Tensor normalizer = scope.zeros(DType.F32, 1, 1, 1, 2);
            Attention.forward(q, q, q, o, normalizer, 1, false);
            assertThat(Tiers.lastUsed("attention_forward")).hasValue("attention_forward_" + tiled);
            Attention.backward(q, q, q, q, o, normalizer, scope.empty(type, q.shape()), scope.empty(type, q.shape()),
                    scope.empty(type, q.shape()), 1, false);
            assertThat(Tiers.lastUsed("attention_backward")).hasValue("attention_backward_keys_" + tiled);
            CachedAttention.decode(Attention.Heads.of(q), q, q, Attention.Heads.of(o), scope.zeros(DType.I32, 1), 1, 1);
            assertThat(Tiers.lastUsed("attention_decode")).hasValue("attention_decode_" + decode);
        }
    }

    /** Of Hopper's kernels the tile that ends first, on devices of 2, 16 and 132 multiprocessors. */
    @ParameterizedTest
    @CsvSource({
            // One block of few rows: the smaller tile, which wastes less; many: the larger, which shares more.
            "FORWARD, 1, 64, 64, 64, false, 64x64, 64x64, 64x64",
            "FORWARD, 8, 256, 256, 64, false, 128x128, 128x128, 64x64",
            "FORWARD, 64, 4096, 4096, 64, true, 128x128, 128x128, 128x128",
            "FORWARD, 1, 49, 77, 72, false, 64x64, 64x64, 64x64",
            "FORWARD, 64, 1024, 1024, 128, true, 128x128, 128x128, 128x128",
            "FORWARD, 1, 64, 64, 160, false, 128x64, 128x64, 128x64", "KEYS, 1, 64, 64, 64, false, 64x64, 64x64, 64x64",
            "KEYS, 64, 4096, 4096, 64, true, 128x128, 128x128, 128x128",
            "KEYS, 1, 64, 64, 128, false, 128x64, 128x64, 128x64",
            "QUERIES, 8, 256, 256, 64, false, 128x128, 128x128, 64x64",
            "QUERIES, 64, 4096, 4096, 40, true, 128x128, 128x128, 128x128",
            "QUERIES, 1, 64, 64, 128, false, 128x64, 128x64, 128x64"})
    void tilesFollowTheShapeAndTheDevice(HopperPlan.Pass pass, long heads, long rows, long columns, long dim,
            boolean causal, String onTwo, String onSixteen, String onMany) {
        HopperPlan.Problem problem = new HopperPlan.Problem(heads, rows, columns, dim, causal);
        assertThat(HopperPlan.kernel(pass, problem, 2).entry()).as("2 multiprocessors").endsWith("_" + onTwo);
        assertThat(HopperPlan.kernel(pass, problem, 16).entry()).as("16").endsWith("_" + onSixteen);
        assertThat(HopperPlan.kernel(pass, problem, 132).entry()).as("132").endsWith("_" + onMany);
    }

    /** Rows are moved 16 bytes at a time where every row of every head begins on 16 bytes and fills whole multiples. */
    @ParameterizedTest
    @CsvSource({"BF16, 8, 0, true", "BF16, 12, 0, false", "BF16, 64, 8, true", "BF16, 64, 4, false", "F32, 4, 0, true",
            "F32, 6, 0, false", "F32, 32, 2, false", "F32, 32, 4, true"})
    void rowsAreMovedWholeWhereTheyCan(DType type, int dim, long start, boolean wide) {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor rows = scope.empty(type, 1024);
            assertThat(new Attention.Heads(rows, start, 1, 3, 2, dim, 2L * dim).wide()).isEqualTo(wide);
        }
    }
}
