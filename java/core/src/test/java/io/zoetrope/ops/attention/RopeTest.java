package io.zoetrope.ops.attention;

import static io.zoetrope.reference.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.reference.ReferenceSequences;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RopeTest {
    private static final Device DEVICE = Devices.shared();

    private static int[][] repeated(int[][] positions, int batch) {
        int[][] all = new int[batch * positions.length][];
        for (int r = 0; r < all.length; r++) {
            all[r] = positions[r % positions.length];
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 1, 1, 2, 1, 0", "F32, 2, 3, 17, 6, 1, 0", "BF16, 2, 3, 17, 6, 1, 1", "F32, 2, 4, 63, 32, 2, 0",
            "BF16, 2, 4, 65, 32, 2, 0", "BF16, 1, 2, 49, 64, 2, 3", "F32, 3, 1, 3, 12, 3, 1"})
    void headsTurnByTheirPositions(DType dtype, int batch, int heads, int length, int dim, int axes, int offset) {
        int[][] positions = new int[length][axes];
        int[] flat = new int[length * axes];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = (i * 37) % 1000 - 5;
            positions[i / axes][i % axes] = flat[i];
        }
        float[] x = Values.stored(dtype, Values.uniform(4, (long) batch * length * heads * dim));
        double[] expected = ReferenceSequences.rope(Values.doubles(x), heads, dim, repeated(positions, batch), 10_000,
                1);
        Tolerance tolerance = dtype == DType.F32 ? new Tolerance(1e-5, 1e-6) : new Tolerance(1.0 / 256, 1e-5);
        try (Guarded guarded = new Guarded(DEVICE, offset)) {
            Tensor table = guarded.output("table", DType.F32, length, dim / 2, 2);
            Rope.table(guarded.input("positions", flat, length, axes), table, 10_000);
            Tensor in = guarded.input("x", dtype, x, batch, length, heads, dim);
            Tensor out = guarded.output("y", dtype, batch, length, heads, dim);
            Rope.rotate(Attention.Heads.of(in), Attention.Heads.of(out), table, 0, null, false);
            tolerance.check("turned", expected, out.toFloats());
            double[] back = ReferenceSequences.rope(Values.doubles(out.toFloats()), heads, dim,
                    repeated(positions, batch), 10_000, -1);
            Rope.rotate(Attention.Heads.of(out), Attention.Heads.of(out), table, 0, null, true);
            tolerance.check("turned back, in place", back, out.toFloats());
        }
    }

    /** A score depends on how far query and key are apart, not on where they are. */
    @Test
    void scoresDependOnDistances() {
        float[] q = Values.uniform(1, 16);
        float[] k = Values.uniform(2, 16);
        double[] scores = new double[2];
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor table = scope.empty(DType.F32, 50, 8, 2);
            Rope.table(0, table, 10_000);
            for (int i = 0; i < 2; i++) {
                Tensor turnedQ = scope.of(q, 1, 1, 1, 16);
                Tensor turnedK = scope.of(k, 1, 1, 1, 16);
                Rope.rotate(Attention.Heads.of(turnedQ), Attention.Heads.of(turnedQ), table, 3 + 30 * i, null, false);
                Rope.rotate(Attention.Heads.of(turnedK), Attention.Heads.of(turnedK), table, 11 + 30 * i, null, false);
                scores[i] = dot(Values.doubles(turnedQ.toFloats()), Values.doubles(turnedK.toFloats()));
            }
        }
        assertThat(scores[1]).isCloseTo(scores[0], within(1e-5));
        assertThat(scores[0]).isNotCloseTo(dot(Values.doubles(q), Values.doubles(k)), within(1e-2));
    }

    /** ⟨R x, y⟩ = ⟨x, R⁻¹ y⟩: the inverse rotation is the gradient. */
    @Test
    void theInverseIsTheAdjoint() {
        float[] x = Values.uniform(1, 2 * 5 * 3 * 8);
        float[] y = Values.uniform(2, x.length);
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor table = scope.empty(DType.F32, 9, 4, 2);
            Rope.table(3, table, 100);
            Tensor rx = scope.of(x, 2, 5, 3, 8);
            Tensor ry = scope.of(y, 2, 5, 3, 8);
            Rope.rotate(Attention.Heads.of(rx), Attention.Heads.of(rx), table, 2, null, false);
            Rope.rotate(Attention.Heads.of(ry), Attention.Heads.of(ry), table, 2, null, true);
            assertThat(dot(Values.doubles(rx.toFloats()), Values.doubles(y)))
                    .isCloseTo(dot(Values.doubles(x), Values.doubles(ry.toFloats())), within(1e-4));
        }
    }

    /** A part of a packed tensor turns by first + start + s, and its neighbours stay as they are. */
    @ParameterizedTest
    @CsvSource({"F32, 8", "BF16, 32"})
    void onePartOfAPackedTensorTurnsFromAPlaceTheDeviceKnows(DType dtype, int dim) {
        float[] x = Values.stored(dtype, Values.uniform(6, 2L * 3 * 3 * 2 * dim));
        int[][] positions = {{9}, {10}, {11}};
        double[] expected = Values.doubles(x);
        double[] keys = new double[2 * 3 * 2 * dim];
        int part = 2 * dim;
        for (int r = 0; r < 6; r++) {
            System.arraycopy(expected, (r * 3 + 1) * part, keys, r * part, part);
        }
        keys = ReferenceSequences.rope(keys, 2, dim, repeated(positions, 2), 10_000, 1);
        for (int r = 0; r < 6; r++) {
            System.arraycopy(keys, r * part, expected, (r * 3 + 1) * part, part);
        }
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor table = guarded.output("table", DType.F32, 12, dim / 2, 2);
            Rope.table(2, table, 10_000);
            Tensor packed = guarded.input("packed", dtype, x, 2, 3, 3, 2, dim);
            Attention.Heads part1 = Attention.Heads.part(packed, 1);
            Rope.rotate(part1, part1, table, 2, guarded.input("start", new int[] {5}, 1), false);
            (dtype == DType.F32 ? new Tolerance(1e-5, 1e-6) : new Tolerance(1.0 / 256, 1e-5)).check("packed", expected,
                    packed.toFloats());
        }
    }

    @Test
    void neighbouringPartsTurnTogetherAsTheyDoAlone() {
        float[] x = Values.uniform(7, 2 * 3 * 3 * 2 * 8);
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor table = guarded.output("table", DType.F32, 3, 4, 2);
            Rope.table(0, table, 100);
            Tensor alone = guarded.input("alone", DType.F32, x, 2, 3, 3, 2, 8);
            for (int part = 0; part < 2; part++) {
                Rope.rotate(Attention.Heads.part(alone, part), Attention.Heads.part(alone, part), table, 0, null,
                        false);
            }
            Tensor together = guarded.input("together", DType.F32, x, 2, 3, 3, 2, 8);
            Attention.Heads both = Attention.Heads.parts(together, 0, 2);
            Rope.rotate(both, both, table, 0, null, false);
            assertThat(together.toFloats()).containsExactly(alone.toFloats());
            assertThatThrownBy(() -> Attention.Heads.parts(together, 2, 2)).hasMessageContainingAll("part 2 to 3",
                    "0 to 2");
        }
    }

    /** Positions -1 to 2 of a table of two, turned by packs and by pairs. */
    @ParameterizedTest
    @CsvSource({"F32, 8", "F32, 6", "BF16, 8", "BF16, 6"})
    void aPositionTheTableLacksIsNotANumber(DType dtype, int dim) {
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor longer = guarded.output("table", DType.F32, 4, dim / 2, 2);
            Rope.table(0, longer, 100);
            Tensor table = longer.slice(1, 3); // with numbers on either side
            Tensor x = guarded.input("x", dtype, Values.stored(dtype, Values.uniform(1, 4L * dim)), 1, 4, 1, dim);
            Rope.rotate(Attention.Heads.of(x), Attention.Heads.of(x), table, 0,
                    guarded.input("start", new int[] {-1}, 1), false);
            float[] y = x.toFloats();
            assertThat(Arrays.copyOf(y, dim)).containsOnly(Float.NaN);
            assertThat(Arrays.copyOfRange(y, dim, 3 * dim)).doesNotContain(Float.NaN);
            assertThat(Arrays.copyOfRange(y, 3 * dim, 4 * dim)).containsOnly(Float.NaN);
        }
    }

    @Test
    void mismatchesAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(DType.F32, 1, 3, 1, 6);
            Tensor table = scope.zeros(DType.F32, 3, 2, 2);
            assertThatThrownBy(() -> Rope.rotate(Attention.Heads.of(x), Attention.Heads.of(x), table, 0, null, false))
                    .hasMessageContainingAll("rope", "table is F32[3, 2, 2]", "[rows, 3, 2]");
            assertThatThrownBy(() -> Rope.table(scope.zeros(DType.I32, 3, 4), table, 100))
                    .hasMessageContainingAll("4 channels", "4 axes");
            Tensor odd = scope.zeros(DType.F32, 1, 3, 1, 5);
            assertThatThrownBy(
                    () -> Rope.rotate(Attention.Heads.of(odd), Attention.Heads.of(odd), table, 0, null, false))
                    .hasMessageContaining("even number of channels");
        }
    }
}
