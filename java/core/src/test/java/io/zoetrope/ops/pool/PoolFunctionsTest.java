package io.zoetrope.ops.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Slopes;
import org.junit.jupiter.api.Test;

class PoolFunctionsTest {
    /** Distinct values at least 0.05 apart in a scrambled order, so that no maximum changes within a step. */
    private static float[] distinct(int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (i * 37 % size - size / 2) * 0.05f;
        }
        return values;
    }

    @Test
    void backwardRulesMatchFiniteDifferences() {
        Slopes.check((tape, x) -> PoolFunctions.maxPool(tape, x, 2, 2), distinct(2 * 5 * 4 * 3), 0.01, 2, 5, 4, 3);
        Slopes.check((tape, x) -> PoolFunctions.maxPool(tape, x, 3, 2), distinct(2 * 5 * 5 * 2), 0.01, 2, 5, 5, 2);
        Slopes.check((tape, x) -> PoolFunctions.averagePool(tape, x, 2, 1), distinct(2 * 3 * 4 * 3), 0.01, 2, 3, 4, 3);
        Slopes.check(PoolFunctions::globalAveragePool, distinct(2 * 3 * 4 * 3), 0.01, 2, 3, 4, 3);
    }

    @Test
    void theGlobalAverageIsTheMeanOfEachChannel() {
        try (Scope scope = Scope.open(Devices.shared()); Tape tape = Tape.forInference(Devices.shared())) {
            Tensor x = scope.of(new float[] {1, 10, 3, 30, 5, 50, 7, 70}, 1, 2, 2, 2);
            assertThat(PoolFunctions.globalAveragePool(tape, Variable.constant(x)).value().toFloats())
                    .containsExactly(4, 40);
        }
    }
}
