package io.zoetrope.model.unet;

import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Gradients;
import io.zoetrope.testkit.Values;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The gradient of the whole network against central differences of its loss, along one direction for each parameter.
 */
class UNetGradientTest {
    private static final UNetConfig SMALL = UNetConfig.symmetric(8, 2, List.of(8, 16), 1, List.of(false, true), 4, 3);
    /** Every setting that the usual network has otherwise. */
    private static final UNetConfig UNUSUAL = new UNetConfig(new UNetConfig.Picture(8, 8, 2, 2, true), List.of(8, 16),
            1, List.of(true, false), List.of(false, true), new UNetConfig.Blocks(4, 1e-3f, Activation.MISH, true, true),
            OptionalInt.of(3), new UNetConfig.Middle(true, OptionalInt.empty(), 1.5f), new UNetConfig.Time(1, true),
            UNetConfig.Conditioning.NUMBER, 0);
    private static final int BATCH = 3;
    private final Device device = Devices.shared();

    static Stream<UNetConfig> networks() {
        return Stream.of(SMALL, UNUSUAL);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void everyParametersGradientMatchesFiniteDifferences(UNetConfig config) {
        Parameters parameters = Parameters.root();
        UNet unet = new UNet(config, parameters);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 5);
                Scope scope = Scope.open(device)) {
            float[] theta = Gradients.shaken(store, 0.1);
            Tensor x = scope.of(Values.normal(1, BATCH * 8 * 8 * 2, 1), BATCH, 8, 8, 2);
            Tensor target = scope.of(Values.normal(2, BATCH * 8 * 8 * 2, 1), BATCH, 8, 8, 2);
            Tensor time = scope.of(new float[] {1, 250, 999}, BATCH);
            Tensor labels = scope.of(new int[] {2, 0, 2}, BATCH);
            loss(unet, x, target, time, labels, true);
            Gradients.check(store, theta, () -> loss(unet, x, target, time, labels, false));
        }
    }

    private double loss(UNet unet, Tensor x, Tensor target, Tensor time, Tensor labels, boolean backward) {
        return Gradients.meanSquare(device, tape -> unet.forward(tape, Variable.constant(x), time, labels), target,
                backward);
    }
}
