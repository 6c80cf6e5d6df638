package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.Test;

class PrecisionTest {
    private static Tier products(Precision precision) {
        try (Tiers.Tf32 inForce = precision.inForce()) {
            return Tiers.choose(Devices.shared(), precision.compute());
        }
    }

    @Test
    void eachRunsInItsTier() {
        assertThat(products(Precision.F32)).isEqualTo(Tier.SIMT);
        assertThat(products(Precision.TF32)).isEqualTo(Tier.SM80);
        assertThat(products(Precision.BF16)).isEqualTo(Tier.SM80);
        assertThat(Precision.TF32.compute()).isEqualTo(DType.F32);
        assertThat(Tiers.tf32Allowed()).as("outside").isFalse();
    }

    @Test
    void theInnerChoiceCounts() {
        try (Tiers.Tf32 outer = Precision.TF32.inForce()) {
            try (Tiers.Tf32 inner = Precision.F32.inForce()) {
                assertThat(Tiers.tf32Allowed()).isFalse();
            }
            assertThat(Tiers.tf32Allowed()).isTrue();
        }
    }

    @Test
    void halfFloatsAreRefusedByName() {
        assertThatThrownBy(Precision.F16::compute).isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("F16 is not supported").hasMessageContaining("BF16");
    }
}
