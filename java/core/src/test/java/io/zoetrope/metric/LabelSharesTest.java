package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LabelSharesTest {
    @Test
    void evenSharesHaveTheHighestEntropyAndOneClassHasNone() {
        int[] even = new int[1000];
        for (int i = 0; i < even.length; i++) {
            even[i] = i % 10;
        }
        assertThat(LabelShares.of(even, 10).entropy()).isCloseTo(Math.log(10), within(1e-12));
        assertThat(LabelShares.of(even, 10).effectiveClasses()).isCloseTo(10, within(1e-9));
        assertThat(LabelShares.of(even, 10).covered(1)).isEqualTo(10);
        assertThat(LabelShares.of(new int[7], 10).entropy()).isZero();
        assertThat(LabelShares.of(new int[7], 10).covered(0.1)).isEqualTo(1);
    }

    @Test
    void rareClassesCountAsLost() {
        LabelShares shares = new LabelShares(new int[] {970, 10, 9, 1, 10}); // a tenth of an even share is 20
        assertThat(shares.covered(0.1)).isEqualTo(1);
        assertThat(shares.covered(0.05)).isEqualTo(3);
        assertThat(shares.covered(0)).isEqualTo(5);
        assertThat(shares.samples()).isEqualTo(1000);
    }

    @Test
    void labelsOutsideTheClassesAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> LabelShares.of(new int[] {10}, 10))
                .withMessageContaining("10");
        assertThatIllegalArgumentException().isThrownBy(() -> LabelShares.of(new int[0], 10));
    }
}
