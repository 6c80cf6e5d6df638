package io.zoetrope.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.function.BiFunction;

/** Checks the backward rule of an operation of one F32 input against central differences of Σ weight·op(x). */
public final class Slopes {
    private Slopes() {
    }

    /**
     * At every element of x.
     *
     * @param step of the differences: large enough for f32, small enough that no kink of the operation lies within
     */
    public static void check(BiFunction<Tape, Variable, Variable> op, float[] x, double step, long... dims) {
        Device device = Devices.shared();
        float[] weights = null;
        float[] gradient;
        try (Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
            Variable input = Variable.input(scope.of(x, dims));
            Variable output = op.apply(tape, input);
            weights = Values.uniform(99, output.value().size());
            Tensor dy = scope.of(weights, output.shape().dims());
            tape.backward(output, dy);
            gradient = input.grad().toFloats();
        }
        for (int i = 0; i < x.length; i++) {
            double above = dot(op, x, i, step, weights, dims);
            double below = dot(op, x, i, -step, weights, dims);
            assertThat((double) gradient[i]).as("slope at %d", i).isCloseTo((above - below) / (2 * step), within(2e-3));
        }
    }

    private static double dot(BiFunction<Tape, Variable, Variable> op, float[] x, int at, double step, float[] weights,
            long... dims) {
        float[] moved = x.clone();
        moved[at] += (float) step;
        try (Scope scope = Scope.open(Devices.shared()); Tape tape = Tape.forInference(Devices.shared())) {
            float[] y = op.apply(tape, Variable.constant(scope.of(DType.F32, moved, dims))).value().toFloats();
            double sum = 0;
            for (int i = 0; i < y.length; i++) {
                sum += (double) weights[i] * y[i];
            }
            return sum;
        }
    }
}
