package io.zoetrope.ops.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.ops.Tier;
import io.zoetrope.tensor.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which kernel a product gets, on devices of 2, 16 and 132 multiprocessors. */
class GemmPlanTest {
    private static String kernel(DType type, Tier tier, String layout, long m, long n, long k, boolean aligned,
            int multiprocessors) {
        return GemmPlan.kernel(new GemmPlan.Problem(type, layout, m, n, k, 1, false, false, aligned, tier, null),
                multiprocessors).entry();
    }

    @ParameterizedTest
    @CsvSource({
            // Few rows by weights that can be streamed; other layouts, types, depths and addresses cannot.
            "BF16, SM80, nt, 1, 512, 512, true, gemm_sm80_bf16_16x16_nt, gemm_sm80_bf16_16x16_nt, gemm_sm80_bf16_16x8_nt",
            "BF16, SM80, nt, 64, 4096, 512, true, gemm_sm80_bf16_64x16_nt, gemm_sm80_bf16_64x16_nt, gemm_sm80_bf16_64x16_nt",
            "BF16, SM80, nt, 1, 512, 512, false, gemm_sm80_bf16_64x64_nt, gemm_sm80_bf16_64x64_nt, gemm_sm80_bf16_64x64_nt",
            "BF16, SM80, nt, 1, 512, 511, true, gemm_sm80_bf16_64x64_nt, gemm_sm80_bf16_64x64_nt, gemm_sm80_bf16_64x64_nt",
            "BF16, SM80, nn, 1, 512, 512, true, gemm_sm80_bf16_64x64_nn, gemm_sm80_bf16_64x64_nn, gemm_sm80_bf16_64x64_nn",
            // More rows: the largest tile that gives every multiprocessor a block.
            "BF16, SM80, nt, 65, 512, 512, true, gemm_sm80_bf16_128x128_nt, gemm_sm80_bf16_64x64_nt, gemm_sm80_bf16_64x64_nt",
            "BF16, SM80, nt, 512, 512, 512, true, gemm_sm80_bf16_128x128_nt, gemm_sm80_bf16_128x128_nt, gemm_sm80_bf16_64x64_nt",
            "BF16, SM80, tn, 4096, 4096, 64, true, gemm_sm80_bf16_128x128_tn, gemm_sm80_bf16_128x128_tn, gemm_sm80_bf16_128x128_tn",
            "F32, SIMT, nt, 512, 10, 512, true, gemm_simt_f32_64x64_nt, gemm_simt_f32_64x64_nt, gemm_simt_f32_64x64_nt",
            // Hopper: what TMA cannot fetch, and few rows by weights that are streamed, are made as on other devices.
            "BF16, SM90, nt, 1, 512, 512, true, gemm_sm80_bf16_16x16_nt, gemm_sm80_bf16_16x16_nt, gemm_sm80_bf16_16x8_nt",
            "BF16, SM90, nt, 512, 512, 511, true, gemm_sm80_bf16_128x128_nt, gemm_sm80_bf16_128x128_nt, gemm_sm80_bf16_64x64_nt",
            "BF16, SM90, nt, 512, 512, 512, false, gemm_sm80_bf16_128x128_nt, gemm_sm80_bf16_128x128_nt, gemm_sm80_bf16_64x64_nt",
            "BF16, SM90, nn, 512, 511, 512, true, gemm_sm80_bf16_128x128_nn, gemm_sm80_bf16_128x128_nn, gemm_sm80_bf16_64x64_nn",
            "BF16, SM90, tn, 511, 512, 512, true, gemm_sm80_bf16_128x128_tn, gemm_sm80_bf16_128x128_tn, gemm_sm80_bf16_64x64_tn",
            "F32, SIMT, nt, 512, 512, 512, true, gemm_simt_f32_128x64_nt, gemm_simt_f32_128x64_nt, gemm_simt_f32_64x64_nt",
            // The rest: the tiles that end first.
            "BF16, SM90, nn, 1, 512, 512, true, gemm_sm90_bf16_128x128_nn, gemm_sm90_bf16_64x64_nn, gemm_sm90_bf16_64x64_nn",
            "BF16, SM90, nt, 65, 511, 512, true, gemm_sm90_bf16_128x128_nt, gemm_sm90_bf16_64x64_nt, gemm_sm90_bf16_64x64_nt",
            "BF16, SM90, nt, 256, 256, 256, true, gemm_sm90_bf16_128x256_nt, gemm_sm90_bf16_64x64_nt, gemm_sm90_bf16_64x64_nt",
            "BF16, SM90, nt, 512, 512, 512, true, gemm_sm90_bf16_128x256_nt, gemm_sm90_bf16_128x128_nt, gemm_sm90_bf16_64x64_nt",
            "BF16, SM90, tn, 1024, 1024, 1024, true, gemm_sm90_bf16_128x256_tn, gemm_sm90_bf16_128x256_tn, gemm_sm90_bf16_128x64_tn",
            "BF16, SM90, tt, 2048, 768, 3072, true, gemm_sm90_bf16_128x256_tt, gemm_sm90_bf16_128x256_tt, gemm_sm90_bf16_128x128_tt",
            "BF16, SM90, nt, 16384, 64, 512, true, gemm_sm90_bf16_128x64_nt, gemm_sm90_bf16_128x64_nt, gemm_sm90_bf16_128x64_nt",
            "BF16, SM90, tn, 4096, 4096, 4096, true, gemm_sm90_bf16_128x256_tn, gemm_sm90_bf16_128x256_tn, gemm_sm90_bf16_128x256_tn"})
    void kernelsFollowTheShapeAndTheDevice(DType type, Tier tier, String layout, long m, long n, long k,
            boolean aligned, String onTwo, String onSixteen, String onMany) {
        assertThat(kernel(type, tier, layout, m, n, k, aligned, 2)).as("2 multiprocessors").isEqualTo(onTwo);
        assertThat(kernel(type, tier, layout, m, n, k, aligned, 16)).as("16").isEqualTo(onSixteen);
        assertThat(kernel(type, tier, layout, m, n, k, aligned, 132)).as("132").isEqualTo(onMany);
    }
}
