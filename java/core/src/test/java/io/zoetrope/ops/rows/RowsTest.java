package io.zoetrope.ops.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Values;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RowsTest {
    record Case(DType dtype, int rows, int a, int b, int offset) {
    }

    static Stream<Case> cases() {
        return Stream.of(DType.F32, DType.BF16)
                .flatMap(dtype -> Stream.of(new Case(dtype, 1, 1, 1, 0), new Case(dtype, 5, 3, 17, 0),
                        new Case(dtype, 63, 8, 16, 0), new Case(dtype, 65, 8, 16, 1), new Case(dtype, 49, 64, 32, 0),
                        new Case(dtype, 3, 1027, 2048, 0), new Case(dtype, 2, 4096, 512, 0)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void concatenationJoinsChannelsAndSplittingUndoesIt(Case c) {
        float[] left = Values.stored(c.dtype, Values.uniform(1, (long) c.rows * c.a));
        float[] right = Values.stored(c.dtype, Values.uniform(2, (long) c.rows * c.b));
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor out = guarded.output("out", c.dtype, c.rows, c.a + c.b);
            Rows.concat(guarded.input("a", c.dtype, left, c.rows, c.a), guarded.input("b", c.dtype, right, c.rows, c.b),
                    out);
            float[] expected = new float[c.rows * (c.a + c.b)];
            for (int r = 0; r < c.rows; r++) {
                System.arraycopy(left, r * c.a, expected, r * (c.a + c.b), c.a);
                System.arraycopy(right, r * c.b, expected, r * (c.a + c.b) + c.a, c.b);
            }
            assertThat(out.toFloats()).isEqualTo(expected);
            Tensor a = guarded.output("split a", c.dtype, c.rows, c.a);
            Tensor b = guarded.output("split b", c.dtype, c.rows, c.b);
            Rows.split(out, a, b);
            assertThat(a.toFloats()).isEqualTo(left);
            assertThat(b.toFloats()).isEqualTo(right);
        }
    }

    /** 33 million elements. */
    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    @Tag("nothing-to-check")
    void gatheringTakesManyRows(DType dtype) {
        gatheringTakesRowsByIndex(new Case(dtype, 2, 4096, 8192, 0));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gatheringTakesRowsByIndex(Case c) {
        float[] table = Values.stored(c.dtype, Values.uniform(3, (long) c.rows * c.a));
        int[] ids = new int[c.b];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (i * 7 + 3) % c.rows;
        }
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor out = guarded.output("out", c.dtype, c.b, c.a);
            Rows.gather(guarded.input("table", c.dtype, table, c.rows, c.a), guarded.input("ids", ids, c.b), out);
            float[] expected = new float[c.b * c.a];
            for (int i = 0; i < ids.length; i++) {
                System.arraycopy(table, ids[i] * c.a, expected, i * c.a, c.a);
            }
            assertThat(out.toFloats()).isEqualTo(expected);
        }
    }

    @Test
    void bytesAreGatheredToo() {
        byte[] table = new byte[10 * 7];
        new java.util.Random(1).nextBytes(table);
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor out = guarded.output("out", DType.U8, 2, 7);
            Rows.gather(guarded.input("table", table, 10, 7), guarded.input("ids", new int[] {9, 0}, 2), out);
            assertThat(out.toBytes()).startsWith(java.util.Arrays.copyOfRange(table, 63, 70))
                    .endsWith(java.util.Arrays.copyOfRange(table, 0, 7));
        }
    }

    @Test
    void anIndexOutsideTheTableShowsAsNaN() {
        try (Guarded guarded = new Guarded(Devices.shared())) {
            for (DType dtype : List.of(DType.F32, DType.BF16)) {
                Tensor out = guarded.input("out", dtype, new float[12], 3, 4);
                Rows.gather(guarded.input("table", dtype, Values.uniform(1, 8), 2, 4),
                        guarded.input("ids", new int[] {2, 1, -1}, 3), out);
                float[] values = out.toFloats();
                for (int i = 0; i < 12; i++) {
                    assertThat(Float.isNaN(values[i])).as("element %d", i).isEqualTo(i / 4 != 1);
                }
            }
        }
    }

    @Test
    void mismatchesNameBothShapes() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor a = scope.zeros(DType.F32, 2, 3);
            assertThatIllegalArgumentException().isThrownBy(() -> Rows.concat(a, scope.zeros(DType.F32, 3, 3), a))
                    .withMessage("concat channels: b is F32[3, 3], expected F32[2, 3]");
            assertThatIllegalArgumentException().isThrownBy(() -> Rows.split(scope.zeros(DType.F32, 2, 7), a, a))
                    .withMessage("split channels: in is F32[2, 7], expected F32[2, 6]");
            assertThatIllegalArgumentException().isThrownBy(() -> Rows.gather(a, a, a))
                    .withMessage("gather rows: ids is F32[2, 3], expected I32");
        }
    }
}
