package io.zoetrope.ops.pointwise;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Slopes;
import org.junit.jupiter.api.Test;

class PointwiseFunctionsTest {
    /** No value within a step of 0, where ReLU has its kink. */
    private static final float[] X = {-2.5f, -1.1f, -0.4f, -0.1f, 0.1f, 0.3f, 0.9f, 1.6f, 2.4f, -0.7f, 0.5f, 3};

    @Test
    void backwardRulesMatchFiniteDifferences() {
        Slopes.check(PointwiseFunctions::relu, X, 0.01, 3, 4);
        Slopes.check((tape, x) -> PointwiseFunctions.leakyRelu(tape, x, 0.2f), X, 0.01, 3, 4);
        Slopes.check(PointwiseFunctions::tanh, X, 0.01, 3, 4);
        Slopes.check(PointwiseFunctions::sigmoid, X, 0.01, 3, 4);
        Slopes.check(PointwiseFunctions::geluErf, X, 0.01, 3, 4);
        Slopes.check(PointwiseFunctions::mish, X, 0.01, 3, 4);
        Slopes.check((tape, x) -> PointwiseFunctions.affine(tape, x, -1.5f, 0.25f), X, 0.01, 3, 4);
        // Twice the same input: contributions add up.
        Slopes.check((tape, x) -> PointwiseFunctions.add(tape, PointwiseFunctions.tanh(tape, x),
                PointwiseFunctions.relu(tape, x)), X, 0.01, 3, 4);
    }

    @Test
    void theTangentIsTheDerivativeAndItsTransposeTheGradient() {
        Device device = Devices.shared();
        float[] direction = {1, -2, 3, -4, 5, -6};
        float[] dy = {1, 10, 100, 1000, 1e4f, 1e5f};
        try (Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
            Tensor x = scope.of(new float[] {-1, 2, -3, 4, 0, -0.5f}, 6);
            Variable tangent = Variable.input(scope.of(direction, 6));
            Variable out = PointwiseFunctions.leakyReluTangent(tape, tangent, x, 0.5f);
            assertThat(out.value().toFloats()).containsExactly(0.5f, -2, 1.5f, -4, 2.5f, -3);
            tape.backward(out, scope.of(dy, 6));
            assertThat(tangent.grad().toFloats()).containsExactly(0.5f, 10, 50, 1000, 5e3f, 5e4f);
        }
    }
}
