package io.zoetrope.ops.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.reference.ReferenceSequences;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EmbedTest {
    private static double[] timesteps(float[] t, int width, double period) {
        double[] expected = new double[t.length * width];
        int half = width / 2;
        for (int n = 0; n < t.length; n++) {
            for (int i = 0; i < half; i++) {
                double angle = t[n] * Math.exp(-Math.log(period) * i / half);
                expected[n * width + i] = Math.sin(angle);
                expected[n * width + half + i] = Math.cos(angle);
            }
        }
        return expected;
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 2, 0", "F32, 5, 32, 0", "BF16, 5, 32, 0", "F32, 3, 17, 1", "BF16, 64, 128, 0", "F32, 2, 1, 0",
            "BF16, 7, 63, 1"})
    void timestepsBecomeSinesAndCosines(DType dtype, int samples, int width, int offset) {
        float[] t = new float[samples];
        int[] whole = new int[samples];
        for (int i = 0; i < samples; i++) {
            whole[i] = (i * 389) % 1000;
            t[i] = whole[i] + (i % 3 == 2 ? 0.25f : 0);
        }
        Tolerance tolerance = dtype == DType.F32 ? new Tolerance(1e-6, 1e-6) : new Tolerance(1.0 / 256, 1e-4);
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor out = guarded.output("out", dtype, samples, width);
            Embed.timestep(guarded.input("t", DType.F32, t, samples), out, 10_000);
            tolerance.check("real timesteps", timesteps(t, width, 10_000), out.toFloats());
            for (int i = 0; i < samples; i++) {
                t[i] = whole[i];
            }
            Embed.timestep(guarded.input("t", whole, samples), out, 100);
            tolerance.check("whole timesteps", timesteps(t, width, 100), out.toFloats());
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void lookupTakesRows(DType dtype) {
        float[] table = Values.stored(dtype, Values.uniform(1, 11 * 24));
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor out = guarded.output("out", dtype, 3, 24);
            Embed.lookup(guarded.input("table", dtype, table, 11, 24), guarded.input("ids", new int[] {10, 0, 10}, 3),
                    out);
            float[] expected = new float[3 * 24];
            System.arraycopy(table, 240, expected, 0, 24);
            System.arraycopy(table, 0, expected, 24, 24);
            System.arraycopy(table, 240, expected, 48, 24);
            assertThat(out.toFloats()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 1, 1", "F32, 5, 17, 3", "BF16, 10, 64, 32", "BF16, 3, 300, 129", "F32, 130, 257, 17",
            "F32, 1000, 5000, 3"})
    void lookupBackwardAddsTheRowsOfEachId(DType dtype, int entries, int rows, int width) {
        checkLookupBackward(dtype, entries, rows, width, false, true);
    }

    /** Ids of three digits of 8 bits take three passes of the sort; one way of storing, as each entry costs a block. */
    @Test
    @Tag("nothing-to-check")
    void lookupBackwardSortsIdsOfThreeDigits() {
        checkLookupBackward(DType.BF16, 66_000, 2049, 2, false);
    }

    private static void checkLookupBackward(DType dtype, int entries, int rows, int width, boolean... ways) {
        float[] dout = Values.stored(dtype, Values.uniform(2, (long) rows * width));
        int[] ids = new int[rows];
        for (int i = 0; i < rows; i++) {
            ids[i] = (int) (((long) i * i * 31 + i / 3) % entries);
        }
        if (rows > 10) {
            ids[1] = entries - 1;
            ids[4] = -1;
            ids[7] = entries;
        }
        float[] before = Values.uniform(3, (long) entries * width);
        double[] expected = new double[entries * width];
        for (int i = 0; i < rows; i++) {
            if (ids[i] >= 0 && ids[i] < entries) {
                for (int c = 0; c < width; c++) {
                    expected[ids[i] * width + c] += dout[i * width + c];
                }
            }
        }
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor in = guarded.input("dout", dtype, dout, rows, width);
            Tensor id = guarded.input("ids", ids, rows);
            Tolerance tolerance = Tolerance.sum(DType.F32, rows, 1);
            for (boolean accumulate : ways) {
                Tensor gradient = accumulate ? guarded.input("added", DType.F32, before, entries, width)
                        : guarded.output("fresh", DType.F32, entries, width);
                Embed.lookupBackward(in, id, gradient, accumulate);
                double[] sum = expected.clone();
                for (int i = 0; accumulate && i < sum.length; i++) {
                    sum[i] += before[i];
                }
                tolerance.check(accumulate ? "accumulated gradient" : "gradient", sum, gradient.toFloats());
            }
        }
    }

    /** ⟨lookup(T), y⟩ = ⟨T, lookupBackward(y)⟩. */
    @Test
    void lookupBackwardIsTheAdjointOfLookup() {
        int[] ids = {3, 1, 3, 0, 3};
        float[] table = Values.uniform(5, 4 * 9);
        float[] y = Values.uniform(6, 5 * 9);
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor index = scope.of(ids, 5);
            Tensor out = scope.empty(DType.F32, 5, 9);
            Tensor back = scope.empty(DType.F32, 4, 9);
            Embed.lookup(scope.of(table, 4, 9), index, out);
            Embed.lookupBackward(scope.of(y, 5, 9), index, back, false);
            assertThat(dot(out.toFloats(), y)).isCloseTo(dot(table, back.toFloats()),
                    org.assertj.core.data.Offset.offset(1e-5));
        }
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    @Test
    void theSameIdsGiveTheSameBits() {
        int[] ids = new int[3000];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = i % 7 == 0 ? 5 : i * 13 % 40;
        }
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor index = scope.of(ids, ids.length);
            Tensor dout = scope.of(Values.uniform(8, ids.length * 5L), ids.length, 5);
            Tensor once = scope.empty(DType.F32, 40, 5);
            Tensor again = scope.empty(DType.F32, 40, 5);
            Embed.lookupBackward(dout, index, once, false);
            Embed.lookupBackward(dout, index, again, false);
            assertThat(again.toBytes()).isEqualTo(once.toBytes());
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 6, 1, 1, 0", "F32, 32, 7, 7, 0", "BF16, 128, 7, 7, 1", "BF16, 20, 17, 3, 0", "F32, 4, 65, 1, 1"})
    void placesOfAGridBecomeSinesAndCosines(DType dtype, int width, int rows, int columns, int offset) {
        int[] extents = columns == 1 ? new int[] {rows} : new int[] {rows, columns};
        Tolerance tolerance = dtype == DType.F32 ? new Tolerance(1e-6, 1e-6) : new Tolerance(1.0 / 256, 1e-4);
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor out = guarded.output("out", dtype, (long) rows * columns, width);
            Embed.positions(out, 10_000, extents);
            tolerance.check("positions", ReferenceSequences.positions(width, 10_000, extents), out.toFloats());
        }
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor out = guarded.output("out", dtype, 24, 8 * 6);
            Embed.positions(out, 100, 2, 1, 3, 4);
            tolerance.check("four axes", ReferenceSequences.positions(48, 100, 2, 1, 3, 4), out.toFloats());
        }
    }

    @Test
    void mismatchesNameTheShapes() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor out = scope.zeros(DType.F32, 4, 8);
            List.of(1, 2)
                    .forEach(n -> assertThatIllegalArgumentException()
                            .isThrownBy(() -> Embed.timestep(scope.zeros(DType.F32, n), out, 10_000))
                            .withMessage("timestep embedding: t is F32[" + n + "], expected F32 of 4 elements"));
            assertThatIllegalArgumentException().isThrownBy(() -> Embed.timestep(scope.zeros(DType.F32, 4), out, 0))
                    .withMessage("timestep embedding: maxPeriod is 0.0, expected 1 or more");
            assertThatIllegalArgumentException().isThrownBy(() -> Embed.positions(out, 100, 3))
                    .withMessage("position embedding: out is F32[4, 8], expected 3 rows for the grid [3]");
            assertThatIllegalArgumentException().isThrownBy(() -> Embed.positions(out, 100, 2, 2, 1))
                    .withMessageContaining("do not divide into sines and cosines for each of 3 axes");
        }
    }
}
