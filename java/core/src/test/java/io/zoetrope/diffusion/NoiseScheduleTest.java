package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class NoiseScheduleTest {
    @Property(tries = 100)
    void noiseRisesFromLittleToNearlyAll(@ForAll NoiseSchedule.Kind kind,
            @ForAll @IntRange(min = 20, max = 4000) int timesteps) {
        NoiseSchedule schedule = NoiseSchedule.of(kind, timesteps);
        double before = 1;
        for (int t = 0; t < timesteps; t++) {
            assertThat(schedule.beta(t)).isGreaterThan(0).isLessThan(1);
            assertThat(schedule.alphaBar(t)).isPositive().isLessThan(before);
            assertThat(schedule.alpha(t) * schedule.alpha(t) + schedule.sigma(t) * schedule.sigma(t))
                    .isCloseTo(1, within(1e-12));
            before = schedule.alphaBar(t);
        }
        assertThat(schedule.alphaBar(timesteps - 1)).isLessThan(0.01);
    }

    @Test
    void linearIsThePublishedOne() {
        NoiseSchedule schedule = NoiseSchedule.linear(1000);
        assertThat(schedule.beta(0)).isCloseTo(1e-4, within(1e-18));
        assertThat(schedule.beta(999)).isCloseTo(0.02, within(1e-15));
        assertThat(schedule.alphaBar(0)).isCloseTo(0.9999, within(1e-12));
        // Π (1 − β_t) ≈ exp(−Σ β_t − Σ β_t²/2) = exp(−10.05 − 0.0675…) = 4.04e-5.
        assertThat(schedule.alphaBar(999)).isCloseTo(4.04e-5, within(2e-7));
    }

    @Test
    void cosineIsThePublishedOne() {
        NoiseSchedule schedule = NoiseSchedule.cosine(1000);
        double s = 0.008;
        double start = Math.pow(Math.cos(s / (1 + s) * Math.PI / 2), 2);
        for (int t : new int[] {0, 250, 499, 900}) {
            double u = (t + 1) / 1000.0;
            double expected = Math.pow(Math.cos((u + s) / (1 + s) * Math.PI / 2), 2) / start;
            assertThat(schedule.alphaBar(t)).isCloseTo(expected, within(1e-12));
        }
        assertThat(schedule.beta(999)).isEqualTo(0.999);
    }

    @Property(tries = 200)
    void spacingsFallStrictlyWithinTheSchedule(@ForAll Spacing spacing,
            @ForAll @IntRange(min = 1, max = 2000) int total, @ForAll @DoubleRange(min = 0, max = 1) double share) {
        int steps = Math.max(1, (int) Math.round(share * total));
        int[] timesteps = spacing.timesteps(total, steps);
        assertThat(timesteps).hasSize(steps);
        int before = total;
        for (int t : timesteps) {
            assertThat(t).isNotNegative().isLessThan(before);
            before = t;
        }
    }

    @Test
    void spacingsStartAndEndWhereTheyShould() {
        assertThat(Spacing.LEADING.timesteps(1000, 4)).containsExactly(750, 500, 250, 0);
        assertThat(Spacing.TRAILING.timesteps(1000, 4)).containsExactly(999, 749, 499, 249);
        assertThat(Spacing.LINSPACE.timesteps(1000, 4)).containsExactly(999, 666, 333, 0);
        assertThat(Spacing.LINSPACE.timesteps(1000, 1)).containsExactly(999);
        for (Spacing spacing : Spacing.values()) {
            int[] all = spacing.timesteps(1000, 1000);
            assertThat(all[0]).isEqualTo(999);
            assertThat(all[999]).isZero();
        }
    }

    @Property(tries = 200)
    void conversionsOfPredictionsRoundTrip(@ForAll Prediction from, @ForAll Prediction to,
            @ForAll @IntRange(min = 0, max = 999) int t, @ForAll @DoubleRange(min = -1, max = 1) double clean,
            @ForAll @DoubleRange(min = -3, max = 3) double noise) {
        NoiseSchedule schedule = NoiseSchedule.linear(1000);
        double alpha = schedule.alpha(t);
        double sigma = schedule.sigma(t);
        double x = alpha * clean + sigma * noise;
        double output = from.target(clean, noise, alpha, sigma);
        assertThat(from.clean(x, output, alpha, sigma)).isCloseTo(clean, within(1e-9));
        assertThat(from.noise(x, output, alpha, sigma)).isCloseTo(noise, within(1e-9));
        assertThat(from.convert(to, x, output, alpha, sigma))
                .isCloseTo(to.target(clean, noise, alpha, sigma), within(1e-9));
    }

    @Test
    void namesRoundTrip() {
        for (NoiseSchedule.Kind kind : NoiseSchedule.Kind.values()) {
            assertThat(NoiseSchedule.Kind.named(kind.diffusersName())).isEqualTo(kind);
        }
        for (Prediction prediction : Prediction.values()) {
            assertThat(Prediction.named(prediction.diffusersName())).isEqualTo(prediction);
        }
    }

    @Test
    void refusesNonsense() {
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.linear(0)).withMessageContaining("0");
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.cosine(-5)).withMessageContaining("-5");
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.linear(Integer.MAX_VALUE));
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.linear(10, 0.5, 0.1));
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.Kind.named("sigmoidal"))
                .withMessageContaining("sigmoidal");
        assertThatIllegalArgumentException().isThrownBy(() -> Prediction.named("flow"));
    }
}
