package io.zoetrope.ops.batchnorm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Slopes;
import io.zoetrope.testkit.Values;
import org.junit.jupiter.api.Test;

class BatchNormFunctionsTest {
    private static final float EPSILON = 1e-3f;
    private final Device device = Devices.shared();

    private static Variable parameter(Scope scope, float... values) {
        return Variable.parameter(scope.of(values, values.length), scope.of(new float[values.length], values.length));
    }

    @Test
    void backwardRulesMatchFiniteDifferences() {
        float[] x = Values.normal(5, 2 * 3 * 2 * 3, 1.5);
        try (Scope scope = Scope.open(device)) {
            Variable gamma = parameter(scope, 0.7f, -1.3f, 1);
            Variable beta = parameter(scope, 0.2f, 0.1f, -0.4f);
            Tensor mean = scope.of(new float[] {0.3f, -0.2f, 0.5f}, 3);
            Tensor variance = scope.of(new float[] {1.5f, 0.5f, 2}, 3);
            Slopes.check((tape, v) -> BatchNormFunctions.batchNorm(tape, v, gamma, beta, null, null, 0, EPSILON, false),
                    x, 0.01, 2, 3, 2, 3);
            Slopes.check((tape, v) -> BatchNormFunctions.batchNormFixed(tape, v, gamma, beta, mean, variance, EPSILON,
                    false), x, 0.01, 2, 3, 2, 3);
        }
    }

    @Test
    void aParameterUsedTwiceGetsBothContributions() {
        float[] values = Values.normal(5, 24, 1.5);
        float[] weights = Values.uniform(6, 24);
        try (Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
            Variable gamma = parameter(scope, 0.7f, -1.3f, 1);
            Variable beta = parameter(scope, 0.2f, 0.1f, -0.4f);
            Variable x = Variable.input(scope.of(values, 8, 3));
            Variable once = BatchNormFunctions.batchNorm(tape, x, gamma, beta, null, null, 0, EPSILON, true);
            Variable twice = BatchNormFunctions.batchNorm(tape, x, gamma, beta, null, null, 0, EPSILON, true);
            tape.backward(PointwiseFunctions.add(tape, once, twice), scope.of(weights, 8, 3));
            float[] sum = gamma.grad().toFloats();
            try (Tape single = Tape.forTraining(device)) {
                single.backward(BatchNormFunctions.batchNorm(single, x, gamma, beta, null, null, 0, EPSILON, true),
                        scope.of(weights, 8, 3));
            }
            float[] one = gamma.grad().toFloats();
            for (int i = 0; i < 3; i++) {
                assertThat(sum[i]).isCloseTo(2 * one[i], within(1e-5f));
            }
        }
    }

    @Test
    void runningStatisticsMoveInTrainingAndServeInInference() {
        try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            Variable gamma = parameter(scope, 2);
            Variable beta = parameter(scope, 1);
            Tensor mean = scope.of(new float[] {0}, 1);
            Tensor variance = scope.of(new float[] {1}, 1);
            Variable x = Variable.constant(scope.of(new float[] {1, 3, 5, 7}, 4, 1));
            BatchNormFunctions.batchNorm(tape, x, gamma, beta, mean, variance, 0.5f, 0, false);
            assertThat(mean.toFloats()).containsExactly(2);
            assertThat(variance.toFloats()[0]).isCloseTo(0.5f + 0.5f * 20 / 3, within(1e-6f));
            variance.copyFrom(new float[] {4});
            float[] y = BatchNormFunctions.batchNormFixed(tape, x, gamma, beta, mean, variance, 0, true).value()
                    .toFloats();
            assertThat(y).containsExactly(0, 2, 4, 6);
        }
    }
}
