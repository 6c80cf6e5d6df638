package io.zoetrope.ops.conv;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StemConvolutionTest {
    private final Device device = Devices.shared();

    /** The same convolution with and without widening: output, both gradients, and the weight used twice. */
    @ParameterizedTest
    @CsvSource({"F32, 1", "F32, 3", "F32, 4", "BF16, 1", "BF16, 3", "BF16, 17"})
    void wideningChangesNothing(DType dtype, int channels) {
        Conv2d.Spec spec = Conv2d.Spec.of(1, 1);
        float[] pixels = Values.normal(1, 2 * 5 * 7 * channels, 1);
        float[] weights = Values.normal(2, 9 * 9 * channels, 0.3);
        float[] dy = Values.stored(dtype, Values.uniform(3, 2 * 5 * 7 * 9));
        float[][][] results = new float[2][][];
        for (int widened = 0; widened < 2; widened++) {
            try (Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
                Tensor gradient = scope.zeros(DType.F32, 9, 3, 3, channels);
                Variable w = Variable.parameter(scope.of(dtype, weights, 9, 3, 3, channels), gradient);
                Variable x = Variable.input(scope.of(dtype, pixels, 2, 5, 7, channels));
                Variable once = widened == 1 ? StemConvolution.conv2d(tape, x, w, spec)
                        : ConvFunctions.conv2d(tape, x, w, null, null, null, spec);
                Variable twice = widened == 1 ? StemConvolution.conv2d(tape, x, w, spec)
                        : ConvFunctions.conv2d(tape, x, w, null, null, null, spec);
                tape.backward(PointwiseFunctions.add(tape, once, twice), scope.of(dtype, dy, 2, 5, 7, 9));
                results[widened] = new float[][] {once.value().toFloats(), gradient.toFloats(), x.grad().toFloats()};
            }
        }
        Tolerance tolerance = Tolerance.sum(dtype, 9L * channels, 2);
        tolerance.check("y", Values.doubles(results[0][0]), results[1][0]);
        Tolerance.sum(DType.F32, 70, 4).check("dw", Values.doubles(results[0][1]), results[1][1]);
        assertThat(results[1][2]).isEqualTo(results[0][2]);
        assertThat(results[1][1]).isNotEqualTo(new float[results[1][1].length]);
    }
}
