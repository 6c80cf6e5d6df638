package io.zoetrope.model.unet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.nn.Parameters;
import java.util.List;
import org.junit.jupiter.api.Test;

class UNetTest {
    @Test
    void theDefaultNetworkHasTheParametersOfThePeersOne() {
        assertThat(new UNet(UNetConfig.fashion(), Parameters.root()).parameters().count()).isEqualTo(1_623_169);
    }

    @Test
    void namesAreThoseOfDiffusers() {
        assertThat(new UNet(UNetConfig.fashion(), Parameters.root()).parameters().all())
                .flatExtracting(parameter -> parameter.names())
                .contains("conv_in.weight", "time_embedding.linear_1.bias", "down_blocks.0.resnets.1.conv2.weight",
                        "down_blocks.1.downsamplers.0.conv.weight", "down_blocks.2.attentions.1.to_q.weight",
                        "mid_block.attentions.0.to_out.0.bias", "up_blocks.0.resnets.2.conv_shortcut.weight",
                        "up_blocks.1.upsamplers.0.conv.bias", "conv_norm_out.weight", "conv_out.weight")
                .doesNotHaveDuplicates();
    }

    @Test
    void impossibleShapesAreNamed() {
        assertThatThrownBy(() -> UNetConfig.symmetric(30, 1, List.of(32, 64, 64), 2, List.of(false, false, true), 8, 0))
                .hasMessageContaining("30").hasMessageContaining("multiple of 4");
        assertThatThrownBy(() -> UNetConfig.symmetric(28, 1, List.of(30), 2, List.of(false), 8, 0))
                .hasMessageContaining("30 channels").hasMessageContaining("8 groups");
    }
}
