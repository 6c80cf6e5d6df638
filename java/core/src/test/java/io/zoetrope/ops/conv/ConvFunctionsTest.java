package io.zoetrope.ops.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.phaseshuffle.PhaseShuffleFunctions;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Slopes;
import io.zoetrope.testkit.Values;
import org.junit.jupiter.api.Test;

class ConvFunctionsTest {
    /** An operation of an input, a weight and a bias. */
    private interface Layer {
        Variable apply(Tape tape, Variable x, Variable w, Variable b);
    }

    /** Gradients of all three by central differences of Σ weight·layer; it is linear in each, so steps may be large. */
    private static void check(Layer layer, Shape x, Shape w, long bias) {
        float[][] at = {Values.uniform(1, x.size()), Values.uniform(2, w.size()), Values.uniform(3, bias)};
        Shape[] shapes = {x, w, Shape.of(bias)};
        float[][] gradients = new float[3][];
        float[] weights;
        try (Scope scope = Scope.open(Devices.shared()); Tape tape = Tape.forTraining(Devices.shared())) {
            Variable input = Variable.input(scope.of(at[0], x.dims()));
            Tensor dw = scope.empty(DType.F32, w);
            Tensor db = scope.empty(DType.F32, bias);
            Variable output = layer.apply(tape, input, Variable.parameter(scope.of(at[1], w.dims()), dw),
                    Variable.parameter(scope.of(at[2], bias), db));
            weights = Values.uniform(4, output.value().size());
            tape.backward(output, scope.of(weights, output.shape().dims()));
            gradients[0] = input.grad().toFloats();
            gradients[1] = dw.toFloats();
            gradients[2] = db.toFloats();
        }
        for (int which = 0; which < 3; which++) {
            for (int i = 0; i < at[which].length; i += 1 + at[which].length / 40) {
                float[][] moved = {at[0].clone(), at[1].clone(), at[2].clone()};
                moved[which][i] += 1;
                double above = dot(layer, moved, shapes, weights);
                moved[which][i] -= 2;
                double below = dot(layer, moved, shapes, weights);
                assertThat((double) gradients[which][i]).as("operand %d, element %d", which, i)
                        .isCloseTo((above - below) / 2, within(1e-4));
            }
        }
    }

    private static double dot(Layer layer, float[][] at, Shape[] shapes, float[] weights) {
        try (Scope scope = Scope.open(Devices.shared()); Tape tape = Tape.forInference(Devices.shared())) {
            Variable[] operands = new Variable[3];
            for (int i = 0; i < 3; i++) {
                operands[i] = Variable.constant(scope.of(at[i], shapes[i].dims()));
            }
            float[] y = layer.apply(tape, operands[0], operands[1], operands[2]).value().toFloats();
            double sum = 0;
            for (int i = 0; i < y.length; i++) {
                sum += (double) weights[i] * y[i];
            }
            return sum;
        }
    }

    @Test
    void groupedAndDilatedConvolutionsHaveGradients() {
        Conv2d.Spec spec = new Conv2d.Spec(2, 1, 2, 2, 1, 2, 2);
        check((tape, x, w, b) -> ConvFunctions.conv2d(tape, x, w, b, null, null, spec), Shape.of(2, 6, 7, 4),
                Shape.of(6, 3, 3, 2), 6);
        Conv2d.Spec depthwise = Conv2d.Spec.of(1, 1).withGroups(5);
        check((tape, x, w, b) -> ConvFunctions.conv2d(tape, x, w, b, null, null, depthwise), Shape.of(2, 4, 5, 5),
                Shape.of(5, 3, 3, 1), 5);
    }

    @Test
    void transposedConvolutionsHaveGradients() {
        Conv2d.Spec spec = Conv2d.Spec.of(2, 1);
        check((tape, x, w, b) -> ConvFunctions.convTranspose2d(tape, x, w, b, spec), Shape.of(2, 3, 4, 5),
                Shape.of(5, 4, 4, 3), 3);
        check((tape, x, w, b) -> ConvFunctions.convTranspose2d(tape, x, w, b, spec.withGroups(2), 6, 8),
                Shape.of(1, 3, 4, 6), Shape.of(6, 3, 3, 2), 4);
    }

    @Test
    void convolutionsOfLinesHaveGradients() {
        Conv2d.Spec spec = Conv2d.Spec.line(4, 11, 10);
        check((tape, x, w, b) -> ConvFunctions.conv1d(tape, x, w, b, spec), Shape.of(2, 36, 3), Shape.of(4, 1, 25, 3),
                4);
        check((tape, x, w, b) -> ConvFunctions.convTranspose1d(tape, x, w, b, spec, 36), Shape.of(2, 9, 4),
                Shape.of(4, 1, 25, 3), 3);
    }

    @Test
    void shuffledPhasesHaveGradients() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor shifts = scope.of(new int[] {4, 1, 2}, 3);
            Slopes.check((tape, x) -> PhaseShuffleFunctions.phaseShuffle(tape, x, shifts, 2),
                    Values.uniform(5, 3 * 6 * 2), 0.5, 3, 6, 2);
        }
    }

    /** By the definition: every input element spreads its filter over the result. */
    @Test
    void aTransposedConvolutionSpreadsTheFilter() {
        try (Scope scope = Scope.open(Devices.shared()); Tape tape = Tape.forInference(Devices.shared())) {
            Variable y = ConvFunctions.convTranspose1d(tape, Variable.constant(scope.of(new float[] {1, 10}, 1, 2, 1)),
                    Variable.constant(scope.of(new float[] {1, 2, 3}, 1, 1, 3, 1)),
                    Variable.constant(scope.of(new float[] {0.5f}, 1)), Conv2d.Spec.line(2, 0, 0), 5);
            assertThat(y.value().toFloats()).containsExactly(1.5f, 2.5f, 13.5f, 20.5f, 30.5f);
        }
    }

    @Test
    void wrongShapesAreNamed() {
        try (Scope scope = Scope.open(Devices.shared()); Tape tape = Tape.forInference(Devices.shared())) {
            Variable x = Variable.constant(scope.zeros(DType.F32, 1, 4, 4, 2));
            Variable w = Variable.constant(scope.zeros(DType.F32, 2, 4, 4, 3));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ConvFunctions.conv1d(tape, x, w, null, Conv2d.Spec.line(1, 0, 0)))
                    .withMessageContaining("conv1d: x has shape [1, 4, 4, 2], expected [N, L, C]");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ConvFunctions.convTranspose2d(tape, x, w, null, Conv2d.Spec.of(2, 1), 11, 8))
                    .withMessageContaining("conv2d_dgrad").withMessageContaining("[1, 11, 8, 3]");
        }
    }
}
