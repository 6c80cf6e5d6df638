package io.zoetrope.model.unet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.loss.Loss;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient of the whole network against central differences of its loss, along one direction for each parameter. */
class UNetGradientTest {
    private static final UNetConfig SMALL = UNetConfig.symmetric(8, 2, List.of(8, 16), 1, List.of(false, true), 4, 3);
    /** Every setting that the usual network has otherwise. */
    private static final UNetConfig UNUSUAL = new UNetConfig(new UNetConfig.Picture(8, 8, 2, 2, true), List.of(8, 16), 1,
            List.of(true, false), List.of(false, true), new UNetConfig.Blocks(4, 1e-3f, Activation.MISH, true, true),
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
        try (ParameterStore bank = new ParameterStore(device, parameters, DType.F32, 5); Scope scope = Scope.open(device)) {
            float[] theta = bank.masters().toFloats();
            float[] shake = Values.normal(11, theta.length, 0.1);
            for (ParameterStore.Segment segment : bank.segments()) {
                for (int i = (int) segment.start(); i < segment.end(); i++) {
                    theta[i] += shake[i];
                }
            }
            Tensor x = scope.of(Values.normal(1, BATCH * 8 * 8 * 2, 1), BATCH, 8, 8, 2);
            Tensor target = scope.of(Values.normal(2, BATCH * 8 * 8 * 2, 1), BATCH, 8, 8, 2);
            Tensor time = scope.of(new float[] {1, 250, 999}, BATCH);
            Tensor labels = scope.of(new int[] {2, 0, 2}, BATCH);

            bank.masters(theta);
            loss(unet, x, target, time, labels, true);
            float[] gradient = bank.gradients().toFloats();
            for (ParameterStore.Segment segment : bank.segments()) {
                check(unet, bank, segment, theta, gradient, x, target, time, labels);
            }
        }
    }

    private void check(UNet unet, ParameterStore bank, ParameterStore.Segment segment, float[] theta, float[] gradient, Tensor x,
            Tensor target, Tensor time, Tensor labels) {
        int start = (int) segment.start();
        int length = (int) segment.length();
        double norm = 0;
        for (int i = start; i < start + length; i++) {
            norm += (double) gradient[i] * gradient[i];
        }
        norm = Math.sqrt(norm);
        assertThat(norm).as("gradient of %s", segment.parameter()).isPositive();
        // Along the gradient itself the slope is its norm; half of it points elsewhere so that a wrong sign shows.
        float[] other = Values.normal(17 + start, length, 1 / Math.sqrt(length));
        float[] direction = new float[length];
        double slope = 0;
        for (int i = 0; i < length; i++) {
            direction[i] = (float) (gradient[start + i] / norm + 0.3 * other[i]);
            slope += (double) direction[i] * gradient[start + i];
        }
        double step = 4e-3;
        double measured = (lossAt(unet, bank, theta, direction, start, step, x, target, time, labels)
                - lossAt(unet, bank, theta, direction, start, -step, x, target, time, labels)) / (2 * step);
        assertThat(measured).as("slope of the loss along %s", segment.parameter())
                .isCloseTo(slope, within(0.02 * Math.abs(slope) + 1e-4));
    }

    private double lossAt(UNet unet, ParameterStore bank, float[] theta, float[] direction, int start, double step, Tensor x,
            Tensor target, Tensor time, Tensor labels) {
        float[] moved = theta.clone();
        for (int i = 0; i < direction.length; i++) {
            moved[start + i] += (float) (step * direction[i]);
        }
        bank.masters(moved);
        return loss(unet, x, target, time, labels, false);
    }

    /** The loss in double, from the network's F32 output. */
    private double loss(UNet unet, Tensor x, Tensor target, Tensor time, Tensor labels, boolean backward) {
        try (Tape tape = backward ? Tape.forTraining(device) : Tape.forInference(device); Scope scope = Scope.open(device)) {
            Variable output = unet.forward(tape, Variable.constant(x), time, labels);
            if (backward) {
                Tensor gradient = scope.emptyLike(x);
                Loss.weightedMse(output.value(), target, null, scope.empty(DType.F32, 1), null, gradient);
                tape.backward(output, gradient);
            }
            float[] o = output.value().toFloats();
            float[] t = target.toFloats();
            double sum = 0;
            for (int i = 0; i < o.length; i++) {
                sum += ((double) o[i] - t[i]) * ((double) o[i] - t[i]);
            }
            return sum / o.length;
        }
    }
}
