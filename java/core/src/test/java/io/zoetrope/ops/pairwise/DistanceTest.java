package io.zoetrope.ops.pairwise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.reference.ReferencePairs;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@SuppressWarnings("try")
class DistanceTest {
    record Case(int n, int m, int d, DType dtype, Tier tier, String tile, int offset) {
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            for (Tier tier : Tier.PORTABLE) {
                cases.add(new Case(1, 1, 1, dtype, tier, null, 0));
                cases.add(new Case(3, 17, 63, dtype, tier, null, 0));
                cases.add(new Case(65, 63, 17, dtype, tier, null, 0));
                cases.add(new Case(64, 66, 32, dtype, tier, "64x64", 0));
                cases.add(new Case(130, 67, 40, dtype, tier, "128x64", 0));
                cases.add(new Case(17, 65, 24, dtype, tier, null, 1));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void distancesAreThoseOfTheDefinition(Case c) {
        float[] a = Values.stored(c.dtype, Values.uniform(1, (long) c.n * c.d));
        float[] b = Values.stored(c.dtype, Values.uniform(2, (long) c.m * c.d));
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset);
                Tiers.Forced forced = Tiers.force(c.tier, c.tile)) {
            Tensor out = guarded.output("out", DType.F32, c.n, c.m);
            Distance.squared(guarded.input("a", c.dtype, a, c.n, c.d), guarded.input("b", c.dtype, b, c.m, c.d), out);
            Tolerance tolerance = c.tier == Tier.SM80 && c.dtype == DType.F32 ? Tolerance.tf32Sum(c.d, 4)
                    : Tolerance.sum(DType.F32, c.d, 4);
            tolerance.check(c.toString(), ReferencePairs.squared(a, b, c.d), out.toFloats());
        }
        assertThat(Tiers.lastUsed("squared_distance").orElseThrow()).contains(c.tier.suffix() + "_" + c.dtype.suffix());
    }

    /** The squares lie in scratch memory, where no other test sees a row too many. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void squaresAreWrittenForTheRowsAlone(DType dtype) {
        int d = 33;
        Kernel kernel = Devices.shared().kernel("pairwise/squared_distance_sm80", "row_squares_" + dtype.suffix());
        for (int rows = 1; rows <= 9; rows++) {
            float[] x = new float[rows * d];
            double[] expected = new double[rows];
            for (int i = 0; i < x.length; i++) {
                x[i] = i % 7 - 3;
                expected[i / d] += (double) x[i] * x[i];
            }
            try (Guarded guarded = new Guarded(Devices.shared())) {
                Tensor squares = guarded.output("squares", DType.F32, rows);
                kernel.arguments().pointer("x", guarded.input("x", dtype, x, rows, d)).pointer("norms", squares)
                        .i64("rows", rows).i32("d", d).launch(Grid.covering(rows, kernel.geometry().tileM()));
                new Tolerance(0, 0).check("squares", expected, squares.toFloats());
            }
        }
    }

    /** A row against itself: by differences exactly 0, by products near it and never below. */
    @ParameterizedTest
    @MethodSource("cases")
    void equalRowsAreAtNoDistance(Case c) {
        float[] a = Values.stored(c.dtype, Values.normal(3, (long) c.n * c.d, 30));
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset);
                Tiers.Forced forced = Tiers.force(c.tier, c.tile)) {
            Tensor rows = guarded.input("a", c.dtype, a, c.n, c.d);
            Tensor out = guarded.output("out", DType.F32, c.n, c.n);
            Distance.squared(rows, rows, out);
            float[] distances = out.toFloats();
            for (int i = 0; i < c.n; i++) {
                if (c.tier == Tier.SIMT) {
                    assertThat(distances[i * c.n + i]).isZero();
                } else {
                    assertThat(distances[i * c.n + i]).isBetween(0f, 900f * c.d * 1e-5f);
                }
            }
        }
    }

    /** Whole numbers have exact distances in every tier, many of them equal, so that the order of ties shows. */
    private static float[] integers(long seed, int size) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = random.nextInt(-2, 3);
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void neighboursComeNearestFirstAndTiesByIndex(Case c) {
        float[] a = integers(4, c.n * c.d);
        float[] b = integers(5, c.m * c.d);
        double[] squared = ReferencePairs.squared(a, b, c.d);
        for (int k : new int[] {1, 5, 32}) {
            Pairs.Part part = k == 5 ? new Pairs.Part(27, 13) : Pairs.Part.of(c.n, c.m);
            try (Guarded guarded = new Guarded(Devices.shared(), c.offset);
                    Tiers.Forced forced = Tiers.force(c.tier, c.tile)) {
                Tensor left = guarded.input("a", c.dtype, a, c.n, c.d);
                Tensor right = guarded.input("b", c.dtype, b, c.m, c.d);
                Tensor distances = guarded.output("distances", DType.F32, c.n, k);
                Tensor indices = guarded.output("indices", DType.I32, c.n, k);
                Distance.nearest(left, right, distances, indices, part);
                float[] found = distances.toFloats();
                int[] places = indices.toInts();
                for (int i = 0; i < c.n; i++) {
                    int[] expected = ReferencePairs.nearest(squared, c.m, i, k);
                    for (int e = 0; e < k; e++) {
                        boolean present = e < expected.length;
                        assertThat(places[i * k + e]).as("%s row %d place %d", c, i, e)
                                .isEqualTo(present ? expected[e] : -1);
                        assertThat(found[i * k + e])
                                .isEqualTo(present ? (float) squared[i * c.m + expected[e]] : Float.POSITIVE_INFINITY);
                    }
                }
                Distance.nearest(left, right, distances, null, part);
                assertThat(distances.toFloats()).isEqualTo(found);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void rowsWithinTheirLimitsAreCounted(Case c) {
        float[] a = integers(6, c.n * c.d);
        float[] b = integers(7, c.m * c.d);
        double[] squared = ReferencePairs.squared(a, b, c.d);
        float[] limits = new float[c.m];
        for (int j = 0; j < c.m; j++) {
            limits[j] = (float) squared[(j * 31 % c.n) * c.m + j]; // a distance that occurs: equality counts
        }
        int[] expected = new int[c.n];
        for (int i = 0; i < squared.length; i++) {
            expected[i / c.m] += squared[i] <= limits[i % c.m] ? 1 : 0;
        }
        for (Pairs.Part part : List.of(Pairs.Part.of(c.n, c.m), new Pairs.Part(27, 13))) {
            try (Guarded guarded = new Guarded(Devices.shared(), c.offset);
                    Tiers.Forced forced = Tiers.force(c.tier, c.tile)) {
                Tensor counts = guarded.output("counts", DType.I32, c.n);
                Distance.countWithin(guarded.input("a", c.dtype, a, c.n, c.d), guarded.input("b", c.dtype, b, c.m, c.d),
                        guarded.input("limits", DType.F32, limits, c.m), counts, part);
                assertThat(counts.toInts()).isEqualTo(expected);
            }
        }
    }

    @Test
    void theWholeMatrixIsNeverStored() {
        Pairs.Part part = Pairs.Part.of(60_000, 50_000);
        assertThat(part.rows() * part.columns()).isLessThanOrEqualTo(4 << 20);
        assertThat(Pairs.Part.of(3, 5)).isEqualTo(new Pairs.Part(3, 5));
    }

    @Test
    void rowsWithNaNAreNobodysNeighbours() {
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor a = guarded.input("a", DType.F32, new float[] {0, Float.NaN}, 2, 1);
            Tensor b = guarded.input("b", DType.F32, new float[] {Float.NaN, 3, Float.POSITIVE_INFINITY}, 3, 1);
            Tensor distances = guarded.output("distances", DType.F32, 2, 2);
            Tensor indices = guarded.output("indices", DType.I32, 2, 2);
            Distance.nearest(a, b, distances, indices);
            assertThat(indices.toInts()).containsExactly(1, -1, -1, -1);
            assertThat(distances.toFloats()).startsWith(9f, Float.POSITIVE_INFINITY);
        }
    }

    @Test
    void mismatchesNameTheShapes() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor a = scope.zeros(DType.F32, 4, 3);
            Tensor b = scope.zeros(DType.F32, 5, 2);
            assertThatIllegalArgumentException().isThrownBy(() -> Distance.squared(a, b, scope.zeros(DType.F32, 4, 5)))
                    .withMessage("squared distance: a is F32[4, 3], b is F32[5, 2]: expected rows of one length");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Distance.nearest(a, a, scope.zeros(DType.F32, 4, 33), null))
                    .withMessage("nearest: k is 33, expected 1 to 32");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Distance.countWithin(a, a, scope.zeros(DType.F32, 3), scope.zeros(DType.I32, 4)))
                    .withMessageContaining("limits is F32[3], expected F32[4]");
        }
    }
}
