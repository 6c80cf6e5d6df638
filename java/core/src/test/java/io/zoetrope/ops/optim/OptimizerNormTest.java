package io.zoetrope.ops.optim;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.ops.optim.OptimizerStep.Segment;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradient's norm over so many chunks that every lane and every warp of the last sum has a part. */
class OptimizerNormTest {
    private static final int CHUNK = 4096;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 9, 31, 33, 300})
    void everyChunkCounts(int chunks) {
        int size = chunks * CHUNK - 3;
        float[] gradient = Values.normal(7, size, 1);
        double squares = 0;
        for (float each : gradient) {
            squares += (double) each * each;
        }
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor control = OptimizerStep.control(scope);
            AdamW.FlatParameters flat = new AdamW.FlatParameters(scope.zeros(DType.F32, size), scope.of(gradient, size),
                    scope.zeros(DType.F32, size), scope.zeros(DType.F32, size), null, null);
            AdamW.step(flat, OptimizerStep.segments(scope, size, List.of(new Segment(0, size, true))),
                    OptimizerStep.hyper(scope, Hyper.of(1e-3f).withMaxNorm(1)), OptimizerStep.state(scope), control,
                    false);
            assertThat((double) control.toFloats()[OptimizerStep.NORM]).isCloseTo(Math.sqrt(squares),
                    Percentage.withPercentage(1e-3));
        }
    }
}
