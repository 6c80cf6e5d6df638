package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

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
