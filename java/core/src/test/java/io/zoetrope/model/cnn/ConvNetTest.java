package io.zoetrope.model.cnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.NormStatistics;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConvNetTest {
    private final Device device = Devices.shared();

    @Test
    void theTraceLeadsFromFiltersToFeatures() {
        ConvNetConfig config = ConvNetConfig.small(28, 28, 1, 10);
        Parameters parameters = Parameters.root();
        ConvNet network = new ConvNet(config, parameters);
        assertThat(parameters.count() * DType.BF16.bytes()).as("bytes of weights").isLessThan(3_000_000);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.BF16, 1);
                Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            Variable x = Variable.constant(scope.of(DType.BF16, Values.normal(1, 2 * 784, 1), 2, 28, 28, 1));
            ConvNet.Trace trace = network.forward(tape, x, NormStatistics.RUNNING);
            assertThat(trace.logits().shape().dims()).containsExactly(2, 10);
            assertThat(trace.features().shape().dims()).containsExactly(2, config.features());
            assertThat(trace.maps()).extracting(map -> map.shape().dims()).containsExactly(
                    new long[] {2, 28, 28, config.stemFilters()}, new long[] {2, 14, 14, config.stemFilters()},
                    new long[] {2, 14, 14, config.widths().get(0)}, new long[] {2, 7, 7, config.widths().get(1)});
            assertThat(store.segments()).hasSizeGreaterThan(store.trainable().size());
        }
    }

    @Test
    void runningStatisticsBecomeThoseOfTheBatchesSeen() {
        ConvNetConfig config = new ConvNetConfig(8, 8, 1, 2, 4, 1, List.of(4), List.of(1), 0);
        Parameters parameters = Parameters.root();
        ConvNet network = new ConvNet(config, parameters);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 1);
                Scope scope = Scope.open(device)) {
            float[] first = Values.normal(1, 3 * 64, 1);
            Variable x = Variable.constant(scope.of(first, 3, 8, 8, 1));
            float[] trained;
            float[] settled;
            float[] unsettled;
            try (Tape tape = Tape.forInference(device)) {
                unsettled = network.forward(tape, x, NormStatistics.RUNNING).logits().value().toFloats();
                trained = network.forward(tape, x, NormStatistics.averaging(1)).logits().value().toFloats();
                settled = network.forward(tape, x, NormStatistics.RUNNING).logits().value().toFloats();
            }
            for (int i = 0; i < trained.length; i++) {
                // The running variance is the unbiased one: 192 values against 191.
                assertThat(settled[i]).isCloseTo(trained[i], org.assertj.core.data.Offset.offset(0.02f));
            }
            assertThat(unsettled).isNotEqualTo(settled);
        }
    }

    @Test
    void shapesThatCannotBeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ConvNetConfig(8, 8, 1, 2, 4, 9, List.of(4), List.of(1), 0))
                .withMessageContaining("pooling of 9");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ConvNetConfig(8, 8, 1, 2, 4, 1, List.of(4, 8), List.of(1), 0))
                .withMessageContaining("widths [4, 8] and blocks [1]");
        assertThatIllegalArgumentException().isThrownBy(() -> ConvNetConfig.small(28, 28, 1, 10).withNormGroups(3))
                .withMessageContaining("16 channels with 3 norm groups");
        assertThatIllegalArgumentException().isThrownBy(() -> ConvNetConfig.small(0, 28, 1, 10))
                .withMessageContaining("0×28×1");
    }
}
