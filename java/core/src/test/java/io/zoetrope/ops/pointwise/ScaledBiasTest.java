package io.zoetrope.ops.pointwise;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaledBiasTest {
    @ParameterizedTest
    @CsvSource({"F32, 1, 1, 0", "F32, 3, 17, 0", "BF16, 65, 63, 1", "F32, 17, 65, 1", "BF16, 64, 128, 0"})
    void isAnOuterProductWithItsGradient(DType dtype, int samples, int channels, int offset) {
        float[] scale = Values.uniform(1, samples);
        float[] bias = Values.uniform(2, channels);
        float[] dy = Values.stored(dtype, Values.uniform(3, (long) samples * channels));
        float[] before = Values.uniform(4, channels);
        double[] out = new double[samples * channels];
        double[] dbias = new double[channels];
        double[] added = Values.doubles(before);
        for (int i = 0; i < out.length; i++) {
            out[i] = (double) scale[i / channels] * bias[i % channels];
            dbias[i % channels] += (double) scale[i / channels] * dy[i];
            added[i % channels] += (double) scale[i / channels] * dy[i];
        }
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor s = guarded.input("scale", DType.F32, scale, samples);
            Tensor y = guarded.output("out", dtype, samples, channels);
            ScaledBias.forward(s, guarded.input("bias", DType.F32, bias, channels), y);
            Tolerance.elementwise(dtype).check("out", out, y.toFloats());
            Tensor slopes = guarded.input("dy", dtype, dy, samples, channels);
            Tensor fresh = guarded.output("dbias", DType.F32, channels);
            Tensor more = guarded.input("dbias, added to", DType.F32, before, channels);
            ScaledBias.backward(s, slopes, fresh, false);
            ScaledBias.backward(s, slopes, more, true);
            Tolerance.sum(DType.F32, samples, 1).check("dbias", dbias, fresh.toFloats());
            Tolerance.sum(DType.F32, samples + 1, 1).check("dbias, added to", added, more.toFloats());
        }
    }

    @Test
    void wrongShapesAreNamed() {
        try (Scope scope = Scope.open(Devices.shared())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ScaledBias.forward(scope.zeros(DType.F32, 2), scope.zeros(DType.F32, 3),
                            scope.zeros(DType.F32, 2, 4)))
                    .withMessage("scaled bias: bias is F32[3], expected F32 of 4 elements");
        }
    }
}
