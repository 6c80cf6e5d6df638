package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.data.Images;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CaptionRanksTest {
    private static final int COUNT = 150;
    private static final int STRIDE = 20 * 20 * 3;

    private static Images noise(long seed) {
        byte[] pixels = new byte[COUNT * STRIDE];
        new SplittableRandom(seed).nextBytes(pixels);
        return new Images(COUNT, 20, 20, 3, pixels);
    }

    private static CaptionRanks.Row row(Images made, Images own, Images gallery) {
        CaptionRanks ranks = new CaptionRanks();
        ranks.add("some", made, own, gallery, new double[] {0.25, 0.5}, 3);
        return ranks.rows().get(0);
    }

    @Test
    void onesOwnPictureIsFirstHoweverBlurredAndAnothersIsByChance() {
        Images real = noise(1);
        byte[] faint = new byte[real.pixels().length];
        for (int i = 0; i < faint.length; i++) {
            faint[i] = (byte) (96 + (real.pixels()[i] & 0xff) / 4);
        }
        CaptionRanks.Row right = row(new Images(COUNT, 20, 20, 3, faint), real, real);
        assertThat(right.first()).isEqualTo(1);
        assertThat(right.pictures()).isEqualTo(COUNT);
        CaptionRanks.Row chance = row(noise(2), real, real);
        assertThat(chance.first()).isCloseTo(0.01, within(0.02));
        assertThat(chance.top()).isCloseTo(0.05, within(0.04));
    }

    @Test
    void aPictureLikeAnAnyOtherIsNotFirst() {
        Images real = noise(1);
        byte[] next = real.pixels().clone();
        System.arraycopy(real.pixels(), STRIDE, next, 0, next.length - STRIDE);
        assertThat(row(new Images(COUNT, 20, 20, 3, next), real, real).first())
                .as("the picture of the next caption, which" + " is among those drawn two times in three")
                .isLessThan(0.5);
        Images grey = new Images(COUNT, 20, 20, 3, new byte[COUNT * STRIDE]);
        assertThat(row(grey, grey, real).first()).as("the own one is nearest where it is not in the gallery")
                .isEqualTo(1);
    }

    @Test
    void theTableTellsPartsAndChance() {
        CaptionRanks ranks = new CaptionRanks();
        ranks.add("seen", noise(1), noise(1), noise(1), new double[] {0.25, 0.5}, 3);
        assertThat(ranks.table()).contains("first of 100").contains("seen").contains("0.2500").contains("0.5000")
                .contains("by chance").contains("0.01");
        assertThat(ranks.json().toString()).contains("\"first_of_100\":1.0").contains("\"loss_without_words\":0.5");
        assertThatThrownBy(() -> ranks.add("few", noise(1).slice(0, 5), noise(1).slice(0, 5), noise(1).slice(0, 50),
                new double[2], 3)).hasMessageContaining("at least 100");
        assertThatThrownBy(
                () -> ranks.add("odd", noise(1).slice(0, 5), noise(1).slice(0, 4), noise(1), new double[2], 3))
                .hasMessageContaining("one of each caption");
    }
}
