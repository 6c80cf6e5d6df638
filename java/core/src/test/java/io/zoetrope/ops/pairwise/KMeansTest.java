package io.zoetrope.ops.pairwise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.reference.ReferencePairs;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class KMeansTest {
    record Case(int n, int d, int clusters, int offset) {
    }

    static Stream<Case> cases() {
        return Stream.of(new Case(1, 1, 1, 0), new Case(17, 3, 5, 0), new Case(63, 17, 65, 0), new Case(700, 16, 9, 0),
                new Case(130, 300, 3, 0), new Case(300, 65, 17, 1));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void rowsGoToTheNearestCentroid(Case c) {
        float[] x = Values.uniform(1, (long) c.n * c.d);
        float[] centroids = Values.uniform(2, (long) c.clusters * c.d);
        double[] squared = ReferencePairs.squared(x, centroids, c.d);
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor labels = guarded.output("labels", DType.I32, c.n);
            Tensor distances = guarded.output("distances", DType.F32, c.n);
            KMeans.assign(guarded.input("x", DType.F32, x, c.n, c.d),
                    guarded.input("centroids", DType.F32, centroids, c.clusters, c.d), labels, distances);
            int[] found = labels.toInts();
            float[] least = distances.toFloats();
            for (int i = 0; i < c.n; i++) {
                double best = squared[i * c.clusters + ReferencePairs.nearest(squared, c.clusters, i, 1)[0]];
                assertThat(found[i]).isBetween(0, c.clusters - 1);
                assertThat(squared[i * c.clusters + found[i]]).isCloseTo(best, within(1e-5 * best));
                assertThat((double) least[i]).isCloseTo(best, within(1e-5 * best));
            }
        }
    }

    @Test
    void equallyNearCentroidsGiveTheLower() {
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor labels = guarded.output("labels", DType.I32, 3);
            KMeans.assign(guarded.input("x", DType.F32, new float[] {0, 2, Float.NaN}, 3, 1),
                    guarded.input("centroids", DType.F32, new float[] {9, 1, -1, 1, 3}, 5, 1), labels,
                    guarded.output("distances", DType.F32, 3));
            assertThat(labels.toInts()).containsExactly(1, 1, -1);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void centroidsMoveToTheMeanOfTheirRows(Case c) {
        float[] x = Values.uniform(3, (long) c.n * c.d);
        float[] before = Values.uniform(4, (long) c.clusters * c.d);
        int[] labels = new int[c.n];
        double[] expected = new double[c.clusters * c.d];
        int[] counts = new int[c.clusters];
        for (int i = 0; i < c.n; i++) {
            labels[i] = i % 7 == 3 ? -1 : i * i % Math.max(1, c.clusters - 1); // the last cluster stays empty
            if (labels[i] >= 0) {
                counts[labels[i]]++;
                for (int k = 0; k < c.d; k++) {
                    expected[labels[i] * c.d + k] += x[i * c.d + k];
                }
            }
        }
        for (int i = 0; i < expected.length; i++) {
            expected[i] = counts[i / c.d] == 0 ? before[i] : expected[i] / counts[i / c.d];
        }
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor centroids = guarded.input("centroids", DType.F32, before, c.clusters, c.d);
            Tensor found = guarded.output("counts", DType.I32, c.clusters);
            KMeans.update(guarded.input("x", DType.F32, x, c.n, c.d), guarded.input("labels", labels, c.n), centroids,
                    found);
            assertThat(found.toInts()).isEqualTo(counts);
            Tolerance.sum(DType.F32, c.n, 1).check("centroids", expected, centroids.toFloats());
        }
    }

    /** Rows round three far apart points. */
    private static float[] threeHeaps(int n, int d) {
        float[] x = Values.normal(5, (long) n * d, 0.1);
        for (int i = 0; i < n; i++) {
            x[i * d + i % 3 % d] += 10 * (1 + i % 3);
        }
        return x;
    }

    @ParameterizedTest
    @EnumSource(KMeans.Start.class)
    void heapsFarApartAreFound(KMeans.Start start) {
        int n = 201;
        float[] x = threeHeaps(n, 4);
        double[] ideal = new double[1];
        float[] means = new float[12];
        for (int i = 0; i < n * 4; i++) {
            means[i / 4 % 3 * 4 + i % 4] += x[i] * 3 / n;
        }
        for (int i = 0; i < n * 4; i++) {
            ideal[0] += Math.pow(x[i] - means[i / 4 % 3 * 4 + i % 4], 2);
        }
        double best = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 5; seed++) {
            try (Guarded guarded = new Guarded(Devices.shared())) {
                Tensor centroids = guarded.output("centroids", DType.F32, 3, 4);
                Tensor labels = guarded.output("labels", DType.I32, n);
                KMeans.Fit fit = KMeans.fit(guarded.input("x", DType.F32, x, n, 4), centroids, labels, 50, start,
                        RandomKey.of(seed, 0));
                assertThat(fit.converged()).isTrue();
                best = Math.min(best, fit.inertia());
                if (start == KMeans.Start.PLUS_PLUS) {
                    int[] found = labels.toInts();
                    for (int i = 3; i < n; i++) {
                        assertThat(found[i]).isEqualTo(found[i % 3]);
                    }
                }
            }
        }
        assertThat(best).isCloseTo(ideal[0], within(1e-3 * ideal[0]));
    }

    @Test
    void everyIterationBringsTheRowsNearerAndTheSameBits() {
        float[] x = Values.uniform(6, 500 * 8);
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor rows = guarded.input("x", DType.F32, x, 500, 8);
            Tensor centroids = guarded.output("centroids", DType.F32, 12, 8);
            double before = Double.POSITIVE_INFINITY;
            for (int iterations = 0; iterations < 8; iterations++) {
                KMeans.Fit fit = KMeans.fit(rows, centroids, null, iterations, KMeans.Start.PLUS_PLUS,
                        RandomKey.of(3, 1));
                assertThat(fit.iterations()).isEqualTo(iterations);
                assertThat(fit.inertia()).isLessThan(before);
                before = fit.inertia();
            }
            float[] once = centroids.toFloats();
            KMeans.fit(rows, centroids, null, 7, KMeans.Start.PLUS_PLUS, RandomKey.of(3, 1));
            assertThat(centroids.toFloats()).isEqualTo(once);
            KMeans.fit(rows, centroids, null, 7, KMeans.Start.PLUS_PLUS, RandomKey.of(4, 1));
            assertThat(centroids.toFloats()).isNotEqualTo(once);
        }
    }

    /**
     * Nineteen rows alike and one apart: two rows chosen at random are nearly always the same, so one centroid is
     * empty.
     */
    @Test
    void aCentroidWithoutRowsGoesToTheFarthestRow() {
        float[] x = new float[40];
        java.util.Arrays.fill(x, 1);
        x[26] = 5;
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor rows = guarded.input("x", DType.F32, x, 20, 2);
            Tensor centroids = guarded.output("centroids", DType.F32, 2, 2);
            Tensor labels = guarded.output("labels", DType.I32, 20);
            for (int seed = 0; seed < 4; seed++) {
                KMeans.Fit fit = KMeans.fit(rows, centroids, labels, 10, KMeans.Start.ROWS, RandomKey.of(seed, 0));
                assertThat(fit.inertia()).isZero();
                int[] found = labels.toInts();
                assertThat(found[13]).isNotEqualTo(found[0]);
            }
        }
    }

    @Test
    void moreCentroidsThanDifferentRowsAreBorne() {
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor rows = guarded.input("x", DType.F32, new float[] {1, 1, 2, 2, Float.NaN}, 5, 1);
            Tensor centroids = guarded.output("centroids", DType.F32, 4, 1);
            for (int seed = 0; seed < 3; seed++) {
                KMeans.Fit fit = KMeans.fit(rows, centroids, null, 10, KMeans.Start.PLUS_PLUS, RandomKey.of(seed, 0));
                assertThat(fit.converged()).isTrue();
            }
        }
    }

    @Test
    void mismatchesNameTheShapes() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.zeros(DType.F32, 3, 2);
            assertThatIllegalArgumentException().isThrownBy(
                    () -> KMeans.fit(x, scope.zeros(DType.F32, 4, 2), null, 1, KMeans.Start.ROWS, RandomKey.of(1, 0)))
                    .withMessage("k-means: centroids is F32[4, 2], expected at most the 3 rows of x");
            assertThatIllegalArgumentException().isThrownBy(() -> KMeans.update(x, scope.of(new int[2], 2),
                    scope.zeros(DType.F32, 2, 2), scope.of(new int[2], 2)))
                    .withMessageContaining("labels is I32[2], expected I32[3]");
        }
    }
}
