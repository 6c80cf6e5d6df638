package io.zoetrope.ops.layernorm;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.gemm.LinearFunctions;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Operations that run as one kernel where nothing is recorded: the same values as those of the two that training runs.
 */
class TokenFunctionsTest {
    private static final int BATCH = 3;
    private static final int PLACES = 2;
    private static final int WIDTH = 24;
    private final Device device = Devices.shared();

    private void check(DType dtype, Function<Tape, Variable> operation) {
        try (Tape training = Tape.forTraining(device); Tape inference = Tape.forInference(device)) {
            Variable recorded = operation.apply(training);
            assertThat(recorded.needsGrad()).isTrue();
            Tolerance tolerance = dtype == DType.F32 ? new Tolerance(1e-5, 1e-5) : new Tolerance(0.02, 0.03);
            tolerance.check("one kernel", Values.doubles(recorded.value().toFloats()),
                    operation.apply(inference).value().toFloats());
        }
    }

    private static Variable input(Scope scope, DType dtype, int seed, long... dims) {
        Tensor tensor = scope.empty(dtype, dims);
        return Variable.input(tensor.copyFrom(Values.stored(dtype, Values.normal(seed, (int) tensor.size(), 1))));
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void aModulatedLayerNorm(DType dtype) {
        try (Scope scope = Scope.open(device)) {
            Variable x = input(scope, dtype, 1, BATCH, PLACES, WIDTH);
            Variable vectors = input(scope, dtype, 2, BATCH, 4 * WIDTH);
            check(dtype, tape -> LayerNormFunctions.layerNormModulated(tape, x, vectors, 3, 1, 4, 1e-6f));
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void theGeluOfALinearMap(DType dtype) {
        try (Scope scope = Scope.open(device)) {
            Variable x = input(scope, dtype, 1, BATCH, PLACES, WIDTH);
            Variable w = input(scope, dtype, 2, 10, WIDTH);
            Variable bias = input(scope, DType.F32, 3, 10);
            check(dtype, tape -> LinearFunctions.linearGelu(tape, x, w, bias));
            check(dtype, tape -> LinearFunctions.linearGelu(tape, x, w, null));
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void aGatedLinearMapBesideItsResidual(DType dtype) {
        try (Scope scope = Scope.open(device)) {
            Variable x = input(scope, dtype, 1, BATCH, PLACES, WIDTH);
            Variable w = input(scope, dtype, 2, 10, WIDTH);
            Variable bias = input(scope, DType.F32, 3, 10);
            Variable residual = input(scope, dtype, 4, BATCH, PLACES, 10);
            Variable vectors = input(scope, dtype, 5, BATCH, 3 * 10);
            check(dtype, tape -> LinearFunctions.linearGated(tape, x, w, bias, residual, vectors, 2, 3));
        }
    }
}
