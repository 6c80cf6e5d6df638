package io.zoetrope.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.Test;

class TapeTest {
    private final Device device = Devices.shared();

    @Test
    void aValueUsedTwiceGetsTheSumOfBothGradients() {
        try (Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
            Variable x = Variable.input(scope.of(new float[] {1, -2, 3}, 3));
            Variable doubled = PointwiseFunctions.add(tape, x, x);
            tape.backward(PointwiseFunctions.add(tape, doubled, x), scope.of(new float[] {1, 10, 100}, 3));
            assertThat(x.grad().toFloats()).containsExactly(3, 30, 300);
        }
    }

    @Test
    void aValueUsedAlsoInAnotherShapeGetsTheSumOfBothGradients() {
        try (Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
            Variable x = Variable.input(scope.of(new float[] {1, -2, 3, 4}, 4));
            Variable square = tape.reshape(x, 2, 2);
            Variable sum = PointwiseFunctions.add(tape, tape.reshape(PointwiseFunctions.relu(tape, square), 4), x);
            tape.backward(sum, scope.of(new float[] {1, 10, 100, 1000}, 4));
            assertThat(x.grad().toFloats()).containsExactly(2, 10, 200, 2000);
        }
    }

    @Test
    void runsBackwardOnce() {
        try (Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
            Variable x = Variable.input(scope.of(new float[] {1, 2}, 2));
            Variable y = PointwiseFunctions.relu(tape, x);
            Tensor gradient = scope.of(new float[] {1, 1}, 2);
            tape.backward(y, gradient);
            assertThatIllegalStateException().isThrownBy(() -> tape.backward(y, gradient))
                    .withMessageContaining("backward already");
        }
    }

    @Test
    void aTapeThatOnlyComputesRefuses() {
        try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            Variable y = PointwiseFunctions.relu(tape, Variable.input(scope.of(new float[] {1, 2}, 2)));
            assertThatIllegalStateException().isThrownBy(() -> tape.backward(y, y.value()))
                    .withMessageContaining("forTraining");
        }
    }
}
