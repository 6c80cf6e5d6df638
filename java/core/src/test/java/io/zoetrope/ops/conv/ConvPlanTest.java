package io.zoetrope.ops.conv;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.KernelDescription;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.Tiling;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which kernel a convolution gets: a fast one that is passed over in silence is a fault no result shows. */
@SuppressWarnings("try")
class ConvPlanTest {
    private static final Device DEVICE = Devices.shared();

    /** Pictures of 28×28 in a batch of 4, keeping their size. */
    private static ConvExtents same(int channels, int filters, int window, int groups) {
        return new ConvExtents(4, 28, 28, channels, filters, window, window, 28, 28,
                Conv2d.Spec.of(1, window / 2).withGroups(groups));
    }

    private static String[] names(ConvExtents e, DType type, Tier tier, boolean aligned, boolean filters) {
        try (Tiers.Forced forced = Tiers.force(tier)) {
            return new String[] {ConvPlan.fprop(DEVICE, e, type, aligned, filters).kernel().name(),
                    ConvPlan.dgrad(DEVICE, e, type, aligned, filters).kernel().name(),
                    ConvPlan.wgrad(DEVICE, e, type, aligned).kernel().name()};
        }
    }

    @ParameterizedTest
    @CsvSource({
            // The direct kernels of groups of 16, and what serves such groups where these cannot.
            "64, 64, 3, 4, BF16, SM80, grouped3x3_fprop_sm80_bf16, grouped3x3_dgrad_sm80_bf16, grouped3x3_wgrad_sm80_bf16",
            "32, 32, 3, 2, BF16, SM80, grouped3x3_fprop_sm80_bf16, grouped3x3_dgrad_sm80_bf16, grouped3x3_wgrad_sm80_bf16",
            "64, 64, 5, 4, BF16, SM80, conv2d_fprop_grouped_sm80_bf16_128x16, conv2d_dgrad_grouped_sm80_bf16_128x16, "
                    + "conv2d_wgrad_grouped_sm80_bf16_16x128",
            "64, 64, 3, 4, F32, SIMT, conv2d_fprop_grouped_simt_f32_128x16, conv2d_dgrad_grouped_simt_f32_128x16, "
                    + "conv2d_wgrad_grouped_simt_f32_32x64",
            "64, 64, 3, 4, F32, SM80, conv2d_fprop_grouped_sm80_f32_128x16, conv2d_dgrad_grouped_sm80_f32_128x16, "
                    + "conv2d_wgrad_grouped_sm80_f32_32x128",
            "64, 128, 3, 8, BF16, SM80, conv2d_fprop_grouped_sm80_bf16_128x16, conv2d_dgrad_grouped_sm80_bf16_128x8, "
                    + "conv2d_wgrad_grouped_sm80_bf16_16x128",
            "32, 16, 3, 8, F32, SIMT, conv2d_fprop_grouped_simt_f32_256x4, conv2d_dgrad_grouped_simt_f32_256x4, "
                    + "conv2d_wgrad_grouped_simt_f32_32x64",
            // A channel with a filter of its own.
            "32, 32, 3, 32, F32, SIMT, depthwise_fprop_f32, depthwise_dgrad_f32, depthwise_wgrad_f32",
            "32, 32, 7, 32, BF16, SM80, depthwise_fprop_bf16, depthwise_dgrad_bf16, depthwise_wgrad_bf16",
            // Ordinary ones: the first, the last, those between.
            "1, 64, 3, 1, F32, SIMT, conv2d_fprop_simt_f32_128x64, conv2d_dgrad_simt_f32_256x4, conv2d_wgrad_simt_f32_64x64",
            "64, 3, 3, 1, F32, SIMT, conv2d_fprop_simt_f32_256x4, conv2d_dgrad_simt_f32_128x64, conv2d_wgrad_simt_f32_64x64",
            "64, 1, 3, 1, BF16, SM80, conv2d_fprop_sm80_bf16_128x8, conv2d_dgrad_sm80_bf16_(64x64|128x64), "
                    + "conv2d_wgrad_sm80_bf16_32x128",
            "16, 16, 3, 1, BF16, SM80, conv2d_fprop_sm80_bf16_128x16, conv2d_dgrad_sm80_bf16_128x16, conv2d_wgrad_sm80_bf16_32x128",
            "16, 16, 3, 1, F32, SM80, conv2d_fprop_sm80_f32_128x16, conv2d_dgrad_sm80_f32_128x16, conv2d_wgrad_sm80_f32_32x128"})
    void theFastestKernelServes(int channels, int filters, int window, int groups, DType type, Tier tier, String fprop,
            String dgrad, String wgrad) {
        String[] names = names(same(channels, filters, window, groups), type, tier, true, true);
        assertThat(names[0]).matches(fprop);
        assertThat(names[1]).matches(dgrad);
        assertThat(names[2]).matches(wgrad);
    }

    /**
     * The direct kernels fetch 16 bytes at a time: from other addresses the tiles of groups serve, not those of whole
     * channels.
     */
    @ParameterizedTest
    @CsvSource({"false, true", "true, false"})
    void unalignedGroupsGoToTheNextBest(boolean aligned, boolean filters) {
        String[] names = names(same(64, 64, 3, 4), DType.BF16, Tier.SM80, aligned, filters);
        assertThat(names[0]).isEqualTo("conv2d_fprop_grouped_sm80_bf16_128x16");
        assertThat(names[1]).isEqualTo("conv2d_dgrad_grouped_sm80_bf16_128x16");
    }

    /** Depthwise kernels move packs of 16 bytes where the channels are whole packs that begin on 16 bytes. */
    @ParameterizedTest
    @CsvSource({"32, F32, true, 1", "36, F32, true, 1", "34, F32, true, 0", "32, F32, false, 0", "32, BF16, true, 1",
            "36, BF16, true, 0", "32, BF16, false, 0"})
    void depthwiseMovesPacksWhereItCan(int channels, DType type, boolean aligned, int packed) {
        ConvExtents e = same(channels, channels, 3, channels);
        int pack = packed == 1 ? 16 / type.bytes() : 1;
        for (ConvPlan plan : new ConvPlan[] {ConvPlan.fprop(DEVICE, e, type, aligned, true),
                ConvPlan.dgrad(DEVICE, e, type, aligned, true)}) {
            assertThat(plan.packed()).as(plan.kernel().name()).isEqualTo(packed);
            assertThat(plan.grid().x()).isEqualTo((int) Tiling.count(4L * 28 * 28 * channels / pack, 128));
        }
    }

    private static KernelDescription tile(Tier tier, DType type, long rows, long columns, int multiprocessors) {
        return ConvPlan.tile(Candidates.of("conv2d_fprop").with("algorithm", "implicit_gemm").of(tier, type), rows,
                columns, multiprocessors);
    }

    /** Narrow outputs have one tile that suits, whatever the device; of the wide ones the largest that fills it. */
    @ParameterizedTest
    @CsvSource({"SIMT, F32, 100000, 1, 256x4, 256x4, 256x4", "SIMT, F32, 100, 4, 256x4, 256x4, 256x4",
            "SIMT, F32, 100000, 5, 128x8, 128x8, 128x8", "SIMT, F32, 100000, 8, 128x8, 128x8, 128x8",
            "SIMT, F32, 100000, 9, 128x16, 128x16, 128x16", "SIMT, F32, 100, 16, 128x16, 128x16, 128x16",
            "SIMT, F32, 100000, 17, 128x32, 128x32, 128x32", "SIMT, F32, 100000, 256, 128x64, 128x64, 128x64",
            "SIMT, BF16, 100000, 1, 128x8, 128x8, 128x8", "SIMT, BF16, 100000, 16, 128x32, 128x32, 128x32",
            "SM80, F32, 100000, 4, 128x8, 128x8, 128x8", "SM80, F32, 100000, 12, 128x16, 128x16, 128x16",
            "SM80, BF16, 100000, 1, 128x8, 128x8, 128x8", "SM80, BF16, 100000, 16, 128x16, 128x16, 128x16",
            "SM80, BF16, 100000, 17, 256x32, 256x32, 256x32", "SM80, BF16, 2560, 32, 256x32, 128x32, 128x32",
            "SM80, BF16, 2560, 64, 128x64, 128x64, 64x64", "SM80, BF16, 2560, 128, 128x128, 128x128, 64x64"})
    void tilesFollowTheShapeAndTheDevice(Tier tier, DType type, long rows, long columns, String onTwo, String onSixteen,
            String onMany) {
        assertThat(tile(tier, type, rows, columns, 2).traits()).as("2 multiprocessors").containsEntry("tile", onTwo);
        assertThat(tile(tier, type, rows, columns, 16).traits()).as("16").containsEntry("tile", onSixteen);
        assertThat(tile(tier, type, rows, columns, 132).traits()).as("132").containsEntry("tile", onMany);
    }

    /** No tile has more columns than the narrowest that covers them, up to the widths where tiles may be cut short. */
    @ParameterizedTest
    @ValueSource(ints = {2, 16, 132})
    void theNarrowestTileThatCoversServes(int multiprocessors) {
        for (Tier tier : Tier.PORTABLE) {
            for (DType type : new DType[] {DType.F32, DType.BF16}) {
                Candidates all = Candidates.of("conv2d_fprop").with("algorithm", "implicit_gemm").of(tier, type);
                for (int columns = 1; columns <= 64; columns++) {
                    int narrowest = (int) all.leastFrom(columns, Geometry::tileN);
                    assertThat(tile(tier, type, 50_000, columns, multiprocessors).geometry().tileN())
                            .as(tier + " " + type + " " + columns).isEqualTo(narrowest);
                }
            }
        }
    }

    /** How wgrad is shared out decides the order of its sums: it must not follow the device. */
    @Test
    void sharesOfWgradAreFixed() {
        ConvPlan plan = ConvPlan.wgrad(DEVICE, same(32, 32, 3, 1), DType.F32, true);
        assertThat(plan.kernel().name()).isEqualTo("conv2d_wgrad_simt_f32_64x64");
        assertThat(plan.share()).isEqualTo(9);
        assertThat(plan.shares()).isEqualTo(22);
    }
}
