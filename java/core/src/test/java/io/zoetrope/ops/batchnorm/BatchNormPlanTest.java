package io.zoetrope.ops.batchnorm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How batch norm is cut: too few blocks or a narrow access no result shows. */
class BatchNormPlanTest {
    private static final Device DEVICE = Devices.shared();

    private static String cut(BatchNormPlan plan) {
        long covered = plan.pieces() * plan.pieceRows();
        assertThat(covered).as("rows of %s", plan).isBetween(plan.rows(), plan.rows() + plan.pieceRows() - 1);
        return (1 << plan.lanesLog2()) + " lanes, " + plan.pieces() + "x" + plan.columnBlocks()
                + (plan.wide() == 1 ? " wide" : "");
    }

    /** Threads of a column; blocks down × blocks across. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            // Few channels: many threads a column.
            "1000000 | 3    | 4 | false | 64 lanes, 512x1       | 64 lanes, 1954x1",
            "1000000 | 4    | 4 | true  | 256 lanes, 245x1 wide | 256 lanes, 489x1 wide",
            "50176   | 64   | 4 | true  | 16 lanes, 196x1 wide  | 16 lanes, 392x1 wide",
            "50176   | 64   | 8 | true  | 32 lanes, 98x1 wide   | 32 lanes, 196x1 wide",
            // Off alignment, each thread has a column.
            "50176   | 64   | 8 | false | 4 lanes, 512x1        | 4 lanes, 1568x1",
            // More columns than a block has threads.
            "49      | 2048 | 4 | true  | 1 lanes, 4x2 wide     | 1 lanes, 7x2 wide",
            "49      | 2047 | 4 | false | 1 lanes, 4x8          | 1 lanes, 7x8",
            // At most 512 blocks write sums.
            "4000000 | 512  | 8 | true  | 4 lanes, 512x1 wide   | 4 lanes, 125000x1 wide",
            "1       | 1    | 4 | false | 256 lanes, 1x1        | 256 lanes, 1x1"})
    void rowsAreDealtOutByTheShape(long rows, long channels, int pack, boolean wide, String summing, String applying) {
        assertThat(cut(BatchNormPlan.summing(rows, channels, pack, wide))).as("summing").isEqualTo(summing);
        assertThat(cut(BatchNormPlan.applying(rows, channels, pack, wide))).as("applying").isEqualTo(applying);
    }

    @Test
    void moreRowsThanCanBeCountedAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> BatchNormPlan.summing(1L << 40, 3, 4, false))
                .withMessageContaining("1099511627776 rows of 3");
    }

    @ParameterizedTest
    @CsvSource({"F32, 8, 0, true", "F32, 6, 0, false", "F32, 8, 4, false", "BF16, 8, 0, true", "BF16, 12, 0, false",
            "BF16, 16, 16, true", "BF16, 16, 8, false"})
    void packsNeedAlignedRowsAndAddresses(DType type, long channels, long otherAddress, boolean wide) {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(type, 5, channels);
            Kernel kernel = DEVICE.kernel("norm/batch_norm_forward", "batch_norm_statistics_" + type.suffix());
            assertThat(kernel.geometry().tileN() * type.bytes()).as("bytes of a pack").isEqualTo(16);
            assertThat(BatchNormPlan.summing(x, kernel, otherAddress).wide() == 1).isEqualTo(wide);
            assertThat(BatchNormPlan.applying(x, kernel, otherAddress).wide() == 1).isEqualTo(wide);
        }
    }
}
