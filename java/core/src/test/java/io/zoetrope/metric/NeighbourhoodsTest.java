package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.reference.ReferencePairs;
import io.zoetrope.tensor.Scope;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NeighbourhoodsTest {
    private static Neighbourhoods measure(float[] real, float[] generated, int d, int k) {
        try (Scope scope = Scope.open(Devices.shared())) {
            return Neighbourhoods.of(scope.of(real, real.length / d, d), scope.of(generated, generated.length / d, d),
                    k);
        }
    }

    private static double[] radii(float[] samples, int d, int k) {
        int n = samples.length / d;
        double[] squared = ReferencePairs.squared(samples, samples, d);
        double[] radii = new double[n];
        for (int i = 0; i < n; i++) {
            double[] row = Arrays.copyOfRange(squared, i * n, (i + 1) * n);
            row[i] = Double.POSITIVE_INFINITY; // the definition leaves out the sample itself
            Arrays.sort(row);
            radii[i] = row[k - 1];
        }
        return radii;
    }

    private static Neighbourhoods reference(float[] real, float[] generated, int d, int k) {
        int n = real.length / d;
        int m = generated.length / d;
        double[] squared = ReferencePairs.squared(real, generated, d);
        double[] ofReal = radii(real, d, k);
        double[] ofGenerated = radii(generated, d, k);
        int[] balls = new int[m];
        int recalled = 0;
        int covered = 0;
        for (int i = 0; i < n; i++) {
            boolean inGenerated = false;
            boolean within = false;
            for (int j = 0; j < m; j++) {
                balls[j] += squared[i * m + j] <= ofReal[i] ? 1 : 0;
                within |= squared[i * m + j] <= ofReal[i];
                inGenerated |= squared[i * m + j] <= ofGenerated[j];
            }
            recalled += inGenerated ? 1 : 0;
            covered += within ? 1 : 0;
        }
        return new Neighbourhoods((double) Arrays.stream(balls).filter(b -> b > 0).count() / m, (double) recalled / n,
                Arrays.stream(balls).sum() / ((double) k * m), (double) covered / n);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5})
    void figuresAreThoseOfTheDefinition(int k) {
        for (int d : new int[] {2, 17}) {
            float[] real = Values.normal(1, 150L * d, 1);
            float[] generated = Values.normal(2, 90L * d, 0.8);
            for (int i = 0; i < generated.length; i++) {
                generated[i] += i % d == 0 ? 0.7f : 0;
            }
            assertThat(measure(real, generated, d, k)).isEqualTo(reference(real, generated, d, k));
        }
    }

    /** Samples of one distribution: density is 1 on average, coverage 1 − Π (n − i)/(2n − i). */
    @Test
    void oneDistributionGivesTheExpectedDensityAndCoverage() {
        int n = 400;
        int d = 24;
        int k = 5;
        int runs = 8;
        double density = 0;
        double coverage = 0;
        for (int run = 0; run < runs; run++) {
            Neighbourhoods figures = measure(Values.normal(10 + run, (long) n * d, 1),
                    Values.normal(50 + run, (long) n * d, 1), d, k);
            density += figures.density() / runs;
            coverage += figures.coverage() / runs;
        }
        assertThat(Neighbourhoods.expectedCoverage(n, n, k)).isCloseTo(0.9695, within(1e-3));
        assertThat(coverage).isCloseTo(Neighbourhoods.expectedCoverage(n, n, k), within(0.01));
        assertThat(density).isCloseTo(1, within(0.1));
    }

    /** The published calibration: two sets of 10,000 standard normal samples of 1000 dimensions, k = 5. */
    @Test
    @EnabledIfSystemProperty(named = "zoetrope.calibration", matches = "full")
    void tenThousandNormalSamplesGiveThePublishedFigures() {
        Neighbourhoods figures = measure(Values.normal(1, 10_000_000, 1), Values.normal(2, 10_000_000, 1), 1000, 5);
        assertThat(figures.precision()).isCloseTo(0.477, within(0.03));
        assertThat(figures.recall()).isCloseTo(0.471, within(0.03));
        assertThat(figures.density()).isCloseTo(1.056, within(0.1));
        assertThat(figures.coverage()).isCloseTo(0.974, within(0.01));
    }

    @Test
    void aSetAgainstItselfIsWholeAndOneFarAwayIsNothing() {
        float[] real = Values.normal(3, 100 * 4, 1);
        float[] far = real.clone();
        for (int i = 0; i < far.length; i++) {
            far[i] += 1000;
        }
        Neighbourhoods same = measure(real, real, 4, 3);
        assertThat(same.precision()).isEqualTo(1);
        assertThat(same.recall()).isEqualTo(1);
        assertThat(same.coverage()).isEqualTo(1);
        assertThat(measure(real, far, 4, 3)).isEqualTo(new Neighbourhoods(0, 0, 0, 0));
    }

    /** Real samples in two heaps, generated ones in the first only: faithful, but half is missing. */
    @Test
    void aLostModeShowsInRecallAndCoverage() {
        float[] real = Values.normal(4, 200 * 2, 1);
        float[] generated = Values.normal(5, 200 * 2, 1);
        for (int i = 0; i < real.length; i++) {
            real[i] += i / 2 % 2 == 0 ? 0 : 100;
        }
        Neighbourhoods figures = measure(real, generated, 2, 3);
        assertThat(figures.precision()).isGreaterThan(0.8);
        assertThat(figures.recall()).isLessThanOrEqualTo(0.5);
        assertThat(figures.coverage()).isLessThanOrEqualTo(0.5);
    }

    @Test
    void tooManyNeighboursAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> measure(new float[10], new float[6], 2, 3))
                .withMessageContaining("k is 3").withMessageContaining("5 real and 3 generated");
        assertThatIllegalArgumentException().isThrownBy(() -> measure(new float[200], new float[200], 2, 32));
    }
}
