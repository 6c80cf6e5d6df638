package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import org.junit.jupiter.api.Test;

class NoiseScheduleTest {
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

    @Test
    void spacingsStartAndEndWhereTheyShould() {
        NoiseSchedule schedule = NoiseSchedule.linear(1000);
        assertThat(Spacing.LEADING.timesteps(schedule, 4)).containsExactly(750, 500, 250, 0);
        assertThat(Spacing.TRAILING.timesteps(schedule, 4)).containsExactly(999, 749, 499, 249);
        assertThat(Spacing.LINSPACE.timesteps(schedule, 4)).containsExactly(999, 666, 333, 0);
        for (Spacing spacing : Spacing.values()) {
            assertThat(spacing.timesteps(schedule, 1)[0]).isEqualTo(spacing == Spacing.LEADING ? 0 : 999);
            double[] all = spacing.timesteps(schedule, 1000);
            assertThat(all[0]).isEqualTo(999);
            assertThat(all[999]).isZero();
        }
    }

    @Test
    void spacingsByLevelAreEvenInTheirMeasureOfNoise() {
        NoiseSchedule schedule = NoiseSchedule.linear(1000);
        for (int steps : new int[] {2, 10, 37}) {
            Trajectory karras = Trajectory.of(schedule, Spacing.KARRAS, steps);
            Trajectory exponential = Trajectory.of(schedule, Spacing.EXPONENTIAL, steps);
            double high = Math.sqrt(1 / schedule.alphaBar(999) - 1);
            double low = Math.sqrt(1 / schedule.alphaBar(0) - 1);
            for (int i = 0; i < steps; i++) {
                double share = (double) i / (steps - 1);
                double root = (1 - share) * Math.pow(high, 1 / 7.0) + share * Math.pow(low, 1 / 7.0);
                assertThat(karras.sigma(i) / karras.alpha(i)).isCloseTo(Math.pow(root, 7), withinPercentage(1e-9));
                assertThat(exponential.sigma(i) / exponential.alpha(i))
                        .isCloseTo(Math.pow(high, 1 - share) * Math.pow(low, share), withinPercentage(1e-9));
                assertThat(Math.hypot(karras.alpha(i), karras.sigma(i))).isCloseTo(1, within(1e-15));
            }
        }
        assertThatIllegalArgumentException().isThrownBy(() -> Spacing.KARRAS.timesteps(schedule.endingInNoise(), 4))
                .withMessageContaining("karras").withMessageContaining("trailing");
        assertThatIllegalArgumentException().isThrownBy(() -> Spacing.EXPONENTIAL.timesteps(schedule, 1001));
        assertThatIllegalArgumentException().isThrownBy(() -> Spacing.named("even")).withMessageContaining("even")
                .withMessageContaining("exponential");
        assertThat(Spacing.named("Karras")).isEqualTo(Spacing.KARRAS);
    }

    @Test
    void endingInNoiseKeepsTheBeginning() {
        NoiseSchedule plain = NoiseSchedule.linear(1000);
        NoiseSchedule schedule = plain.endingInNoise();
        assertThat(schedule.alphaBar(999)).isZero();
        assertThat(schedule.sigma(999)).isEqualTo(1);
        assertThat(schedule.alphaBar(0)).isCloseTo(plain.alphaBar(0), within(1e-15));
        assertThat(schedule.firstBeta()).isEqualTo(1e-4);
        assertThat(schedule).isNotEqualTo(plain);
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.linear(1).endingInNoise());
    }

    @Test
    void refusesNonsense() {
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.linear(0)).withMessageContaining("0");
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.cosine(-5)).withMessageContaining("-5");
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.linear(Integer.MAX_VALUE));
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.linear(10, 0.5, 0.1));
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.ofBetas(new double[] {0.1, 1.5}))
                .withMessageContaining("timestep 1").withMessageContaining("1.5");
        assertThatIllegalArgumentException().isThrownBy(() -> NoiseSchedule.of(NoiseSchedule.Kind.TABLE, 10));
    }
}
