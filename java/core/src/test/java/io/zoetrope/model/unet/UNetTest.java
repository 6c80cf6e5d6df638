package io.zoetrope.model.unet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
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

    private static UNetConfig conditioned(UNetConfig.Conditioning conditioning, int classes) {
        UNetConfig base = UNetConfig.symmetric(8, 1, List.of(8), 1, List.of(false), 4, 0);
        return new UNetConfig(base.picture(), base.blockChannels(), 1, base.downAttention(), base.upAttention(),
                base.blocks(), base.headDim(), base.middle(), base.time(), conditioning, classes);
    }

    @Test
    void labelsOfAnotherKindAreNamed() {
        Device device = Devices.shared();
        for (UNetConfig.Conditioning conditioning : UNetConfig.Conditioning.values()) {
            Parameters parameters = Parameters.root();
            UNet unet = new UNet(conditioned(conditioning, conditioning == UNetConfig.Conditioning.TABLE ? 3 : 0),
                    parameters);
            try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 1);
                    Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
                Variable x = Variable.constant(scope.zeros(DType.F32, 2, 8, 8, 1));
                Tensor time = scope.zeros(DType.F32, 2);
                Tensor right = switch (conditioning) {
                    case NONE -> null;
                    case TABLE -> scope.zeros(DType.I32, 2);
                    case NUMBER -> scope.zeros(DType.F32, 2);
                    case VECTOR -> scope.zeros(DType.F32, 2, 32);
                };
                assertThat(unet.forward(tape, x, time, right).shape().dims()).containsExactly(2, 8, 8, 1);
                Tensor wrong = conditioning == UNetConfig.Conditioning.NONE ? scope.zeros(DType.I32, 2) : null;
                assertThatThrownBy(() -> unet.forward(tape, x, time, wrong))
                        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("labels are");
                assertThatThrownBy(
                        () -> unet.forward(tape, Variable.constant(scope.zeros(DType.F32, 2, 8, 8, 3)), time, right))
                        .hasMessageContaining("[N, height, width, 1]");
            }
        }
    }
}
