package io.zoetrope.ops.groupnorm;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.Tiers;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which kernels group norm gets, and how it is cut: a second read or a narrow access no result shows. */
class GroupNormPlanTest {
    private static final Device DEVICE = Devices.shared();
    private static final int THREADS = 256;
    private static final int WIDEST_SLICE = 256;
    /** Shared memory for tiles where nothing but the plan's own bound limits it. */
    private static final int BUDGET = 88 * 1024;

    private static String cut(int multiprocessors, DType type, long samples, long positions, long channels, int groups,
            int tiles, boolean aligned) {
        GroupNormPlan plan = GroupNormPlan.of(THREADS, WIDEST_SLICE, multiprocessors, BUDGET, samples, positions,
                channels, groups, type.bytes(), tiles, aligned);
        assertThat(plan.fused()).isEqualTo(plan.parts() == 1 && plan.chunks() == 1);
        return plan.slice() + "x" + plan.parts() + "x" + plan.chunks() + (plan.wide() == 1 ? " wide" : "");
    }

    /** Channels of a block × blocks a group × blocks one after another; with one of each, x is read once. */
    @ParameterizedTest
    @CsvSource({
            // Wide slices where enough blocks are left to fill the device.
            "F32, 2, 49, 64, 8, 1, true, 32x1x1 wide, 8x1x1 wide, 8x1x1 wide",
            "BF16, 2, 49, 64, 8, 1, true, 32x1x1 wide, 16x1x1 wide, 16x1x1 wide",
            "BF16, 64, 64, 512, 32, 1, true, 256x1x1 wide, 256x1x1 wide, 64x1x1 wide",
            // Two tiles fit where half as many channels do.
            "F32, 64, 64, 512, 32, 1, true, 256x1x1 wide, 256x1x1 wide, 64x1x1 wide",
            "F32, 64, 64, 512, 32, 2, true, 128x1x1 wide, 128x1x1 wide, 64x1x1 wide",
            // Packs of 16 bytes that straddle groups of 3; element by element off alignment.
            "F32, 2, 25, 24, 8, 1, true, 12x1x1 wide, 12x1x1 wide, 12x1x1 wide",
            "F32, 2, 25, 24, 8, 1, false, 12x1x1, 12x1x1, 12x1x1", "F32, 2, 49, 64, 8, 1, false, 32x1x1, 8x1x1, 8x1x1",
            // Too many positions for shared memory: several blocks, whole sectors.
            "F32, 1, 4096, 64, 2, 1, true, 32x1x32 wide, 32x1x32 wide, 32x1x32 wide",
            "BF16, 1, 4096, 64, 2, 2, true, 64x1x32 wide, 64x1x32 wide, 64x1x32 wide",
            // A group wider than a block.
            "F32, 2, 15, 1024, 1, 1, true, 256x4x1 wide, 256x4x1 wide, 256x4x1 wide",
            "BF16, 2, 15, 600, 2, 1, true, 256x2x1, 256x2x1, 256x2x1"})
    void slicesFollowTheShapeAndTheDevice(DType type, long samples, long positions, long channels, int groups,
            int tiles, boolean aligned, String onTwo, String onSixteen, String onMany) {
        assertThat(cut(2, type, samples, positions, channels, groups, tiles, aligned)).as("2 multiprocessors")
                .isEqualTo(onTwo);
        assertThat(cut(16, type, samples, positions, channels, groups, tiles, aligned)).as("16").isEqualTo(onSixteen);
        assertThat(cut(132, type, samples, positions, channels, groups, tiles, aligned)).as("132").isEqualTo(onMany);
    }

    @ParameterizedTest
    @CsvSource({"F32, 5, 32, 8, group_norm_forward_f32, group_norm_backward_f32",
            "BF16, 5, 32, 8, group_norm_forward_bf16, group_norm_backward_bf16",
            "F32, 8, 3, 3, group_norm_forward_f32, group_norm_backward_f32",
            "F32, 5, 257, 1, group_norm_apply_f32, group_norm_backward_apply_f32",
            "BF16, 5, 1024, 1, group_norm_apply_bf16, group_norm_backward_apply_bf16"})
    void aGroupThatFitsABlockIsReadOnce(DType type, int positions, int channels, int groups, String forward,
            String backward) {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(type, 1, positions, channels);
            Tensor gamma = scope.zeros(DType.F32, channels);
            Tensor beta = scope.zeros(DType.F32, channels);
            Tensor mean = scope.zeros(DType.F32, 1, groups);
            Tensor rstd = scope.zeros(DType.F32, 1, groups);
            GroupNorm.forward(x, gamma, beta, scope.empty(type, x.shape()), mean, rstd, groups, 1e-5f, true);
            assertThat(Tiers.lastUsed("group_norm_forward")).hasValue(forward);
            GroupNorm.backward(x, x, gamma, beta, mean, rstd, scope.empty(type, x.shape()),
                    scope.empty(DType.F32, channels), scope.empty(DType.F32, channels), groups, true, false);
            assertThat(Tiers.lastUsed("group_norm_backward")).hasValue(backward);
        }
    }
}
