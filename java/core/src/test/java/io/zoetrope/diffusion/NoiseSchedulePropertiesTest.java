package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class NoiseSchedulePropertiesTest {
    @Property(tries = 100)
    void noiseRisesFromLittleToNearlyAll(@ForAll NoiseSchedule.Kind kind,
            @ForAll @IntRange(min = 20, max = 4000) int timesteps) {
        Assume.that(kind != NoiseSchedule.Kind.TABLE);
        NoiseSchedule schedule = NoiseSchedule.of(kind, timesteps);
        double before = 1;
        for (int t = 0; t < timesteps; t++) {
            assertThat(schedule.beta(t)).isGreaterThan(0).isLessThan(1);
            assertThat(schedule.alphaBar(t)).isPositive().isLessThan(before);
            assertThat(schedule.alpha(t) * schedule.alpha(t) + schedule.sigma(t) * schedule.sigma(t)).isCloseTo(1,
                    within(1e-12));
            before = schedule.alphaBar(t);
        }
        assertThat(schedule.alphaBar(timesteps - 1)).isLessThan(0.01);
    }

    @Property(tries = 200)
    void spacingsFallStrictlyWithinTheSchedule(@ForAll Spacing spacing, @ForAll NoiseSchedule.Kind kind,
            @ForAll @IntRange(min = 1, max = 2000) int total, @ForAll @DoubleRange(min = 0, max = 1) double share) {
        Assume.that(kind != NoiseSchedule.Kind.TABLE);
        int steps = Math.max(1, (int) Math.round(share * total));
        double[] timesteps = spacing.timesteps(NoiseSchedule.of(kind, total), steps);
        assertThat(timesteps).hasSize(steps);
        double before = total;
        for (double t : timesteps) {
            assertThat(t).isNotNegative().isLessThan(before);
            assertThat(spacing.isWhole() && t != Math.rint(t)).isFalse();
            before = t;
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
        assertThat(from.convert(to, x, output, alpha, sigma)).isCloseTo(to.target(clean, noise, alpha, sigma),
                within(1e-9));
    }
}
