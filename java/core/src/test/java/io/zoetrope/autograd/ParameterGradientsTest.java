package io.zoetrope.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.batchnorm.BatchNormFunctions;
import io.zoetrope.ops.groupnorm.GroupNormFunctions;
import io.zoetrope.ops.layernorm.LayerNormFunctions;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Parameters used more than once, frozen, or trained by several batches. */
class ParameterGradientsTest {
    private static final int CHANNELS = 8;

    /** The operations whose one kernel writes the gradients of two parameters. */
    private enum Norm {
        GROUP, BATCH, BATCH_FIXED, LAYER;

        Variable apply(Tape tape, Variable x, Variable gamma, Variable beta, Tensor mean, Tensor variance) {
            return switch (this) {
                case GROUP -> GroupNormFunctions.groupNorm(tape, x, gamma, beta, 2, 1e-5f, true);
                case BATCH -> BatchNormFunctions.batchNorm(tape, x, gamma, beta, null, null, 0.1f, 1e-5f, true);
                case BATCH_FIXED ->
                    BatchNormFunctions.batchNormFixed(tape, x, gamma, beta, mean, variance, 1e-5f, true);
                case LAYER -> LayerNormFunctions.layerNorm(tape, x, gamma, beta, 1e-5f);
            };
        }
    }

    private final Device device = Devices.shared();
    private final Scope scope = Scope.open(device);
    private final Tensor x = noise(1, 2, 4, 4, CHANNELS);
    private final Tensor dy = noise(2, 2, 4, 4, CHANNELS);
    private final Tensor mean = noise(6, CHANNELS);
    private final Tensor variance = scope.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, CHANNELS);

    @AfterEach
    void close() {
        scope.close();
    }

    private Tensor noise(long stream, long... dims) {
        Tensor values = scope.empty(DType.F32, dims);
        Random.normal(values, RandomKey.of(11, stream));
        return values;
    }

    /** Its gradient holds what no backward pass may leave there. */
    private Variable parameter(long stream) {
        Tensor grad = scope.empty(DType.F32, CHANNELS);
        return Variable.parameter(noise(stream, CHANNELS), grad.copyFrom(new float[] {9, 9, 9, 9, 9, 9, 9, 9}));
    }

    private Tensor backward(Tape tape, Norm norm, Variable gamma, Variable beta) {
        Variable input = Variable.input(x);
        tape.backward(norm.apply(tape, input, gamma, beta, mean, variance), dy);
        return scope.emptyLike(x).copyFrom(input.grad());
    }

    private float[] sum(float[] a, float[] b) {
        float[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }

    @ParameterizedTest
    @EnumSource(Norm.class)
    void oneGammaWithTwoBetasGetsTheSum(Norm norm) {
        Variable gamma = parameter(3);
        Variable beta1 = parameter(4);
        Variable beta2 = parameter(5);
        try (Tape first = Tape.forTraining(device); Tape second = Tape.forTraining(device);
                Tape both = Tape.forTraining(device)) {
            backward(first, norm, gamma, beta1);
            float[] ofFirst = gamma.grad().toFloats();
            float[] ofBeta1 = beta1.grad().toFloats();
            backward(second, norm, gamma, beta2);
            float[] expected = sum(ofFirst, gamma.grad().toFloats());
            float[] ofBeta2 = beta2.grad().toFloats();
            Variable input = Variable.input(x);
            both.backward(PointwiseFunctions.add(both, norm.apply(both, input, gamma, beta1, mean, variance),
                    norm.apply(both, input, gamma, beta2, mean, variance)), dy);
            assertThat(gamma.grad().toFloats()).containsExactly(expected, within(1e-4f));
            assertThat(beta1.grad().toFloats()).containsExactly(ofBeta1);
            assertThat(beta2.grad().toFloats()).containsExactly(ofBeta2);
        }
    }

    @ParameterizedTest
    @EnumSource(Norm.class)
    void furtherBatchesAddToTheGradients(Norm norm) {
        Variable gamma = parameter(3);
        Variable beta = parameter(4);
        try (Tape first = Tape.forTraining(device); Tape second = Tape.forAccumulation(device)) {
            backward(first, norm, gamma, beta);
            float[] once = gamma.grad().toFloats();
            backward(second, norm, gamma, beta);
            assertThat(gamma.grad().toFloats()).containsExactly(sum(once, once), within(1e-4f));
        }
    }

    @ParameterizedTest
    @EnumSource(Norm.class)
    void aFrozenParameterLeavesTheOthersGradientsAlone(Norm norm) {
        Variable gamma = parameter(3);
        Variable beta = parameter(4);
        try (Tape free = Tape.forTraining(device); Tape frozenGamma = Tape.forTraining(device);
                Tape frozen = Tape.forTraining(device)) {
            float[] dx = backward(free, norm, gamma, beta).toFloats();
            float[] ofBeta = beta.grad().toFloats();
            beta.grad().zero();
            Variable constant = Variable.constant(gamma.value());
            assertThat(backward(frozenGamma, norm, constant, beta).toFloats()).containsExactly(dx);
            assertThat(beta.grad().toFloats()).containsExactly(ofBeta);
            assertThat(backward(frozen, norm, constant, Variable.constant(beta.value())).toFloats())
                    .containsExactly(dx);
        }
    }

    @ParameterizedTest
    @EnumSource(Norm.class)
    void whatLeadsToFrozenParametersAloneIsNotHeld(Norm norm) {
        Variable gamma = Variable.constant(noise(3, CHANNELS));
        Variable beta = Variable.constant(noise(4, CHANNELS));
        try (Tape tape = Tape.forTraining(device)) {
            Variable out = Variable.constant(x);
            for (int layer = 0; layer < 8; layer++) {
                Variable before = out;
                out = tape.part(() -> norm.apply(tape, before, gamma, beta, mean, variance));
                tape.release(before);
            }
            assertThat(out.needsGrad()).isFalse();
            assertThat(tape.peakBytes()).isLessThan(tape.bytesMade() / 3);
        }
    }
}
