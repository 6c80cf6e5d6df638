package io.zoetrope.ops.modulate;

import static io.zoetrope.reference.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.reference.FiniteDifferences;
import io.zoetrope.reference.ReferenceSequences;
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

class ModulateTest {
    private static final Device DEVICE = Devices.shared();
    private static final String CASES = """
            F32, 1, 1, 1, 0
            F32, 3, 17, 65, 0
            BF16, 3, 17, 63, 1
            BF16, 2, 49, 128, 0
            F32, 2, 70, 64, 0
            F32, 5, 3, 40, 1
            BF16, 2, 300, 24, 0
            BF16, 2, 40, 63, 0
            """;

    private static double[] part(float[] packed, int samples, int channels, int index) {
        double[] out = new double[samples * channels];
        for (int i = 0; i < out.length; i++) {
            out[i] = packed[i / channels * 2 * channels + index * channels + i % channels];
        }
        return out;
    }

    private static float[] part(Tensor packed, int samples, int channels, int index) {
        double[] values = part(packed.toFloats(), samples, channels, index);
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }

    @ParameterizedTest
    @CsvSource(textBlock = CASES)
    void modulationAndItsGradients(DType dtype, int samples, int places, int channels, int offset) {
        long n = (long) samples * places * channels;
        float[] x = Values.stored(dtype, Values.uniform(1, n));
        float[] dy = Values.stored(dtype, Values.uniform(2, n));
        float[] packed = Values.stored(dtype, Values.uniform(3, 2L * samples * channels));
        double[] shift = part(packed, samples, channels, 0);
        double[] scale = part(packed, samples, channels, 1);
        double[] xs = Values.doubles(x);
        double[] dys = Values.doubles(dy);
        try (Guarded guarded = new Guarded(DEVICE, offset)) {
            Tensor in = guarded.input("x", dtype, x, samples, places, channels);
            Tensor grad = guarded.input("dy", dtype, dy, samples, places, channels);
            Tensor vectors = guarded.input("vectors", dtype, packed, samples, 2L * channels);
            Tensor y = guarded.output("y", dtype, samples, places, channels);
            Tensor dx = guarded.output("dx", dtype, samples, places, channels);
            Tensor dvectors = guarded.output("dvectors", dtype, samples, 2L * channels);
            Modulate.modulate(in, Modulate.Vectors.part(vectors, 1, 2), Modulate.Vectors.part(vectors, 0, 2), y);
            Tolerance elementwise = Tolerance.elementwise(dtype);
            elementwise.check("y", ReferenceSequences.affine(xs, null, scale, shift, samples, channels, 1),
                    y.toFloats());
            Modulate.modulateBackward(grad, in, Modulate.Vectors.part(vectors, 1, 2), dx,
                    Modulate.Vectors.part(dvectors, 1, 2), Modulate.Vectors.part(dvectors, 0, 2));
            elementwise.check("dx", ReferenceSequences.affine(dys, null, scale, null, samples, channels, 1),
                    dx.toFloats());
            Tolerance sum = Tolerance.sum(dtype, places, 1);
            sum.check("dshift", ReferenceSequences.sums(dys, null, samples, channels),
                    part(dvectors, samples, channels, 0));
            sum.check("dscale", ReferenceSequences.sums(dys, xs, samples, channels),
                    part(dvectors, samples, channels, 1));
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = CASES)
    void theGateAndItsGradients(DType dtype, int samples, int places, int channels, int offset) {
        long n = (long) samples * places * channels;
        float[] x = Values.stored(dtype, Values.uniform(1, n));
        float[] residual = Values.stored(dtype, Values.uniform(4, n));
        float[] dy = Values.stored(dtype, Values.uniform(2, n));
        float[] gate = Values.stored(dtype, Values.uniform(3, (long) samples * channels));
        double[] gates = Values.doubles(gate);
        try (Guarded guarded = new Guarded(DEVICE, offset)) {
            Tensor in = guarded.input("x", dtype, x, samples, places, channels);
            Tensor grad = guarded.input("dy", dtype, dy, samples, places, channels);
            Modulate.Vectors vectors = Modulate.Vectors.of(guarded.input("gate", dtype, gate, samples, channels));
            Tensor y = guarded.input("y", dtype, residual, samples, places, channels);
            Modulate.gate(in, y, vectors, y);
            Tolerance elementwise = Tolerance.elementwise(dtype);
            elementwise.check("y", ReferenceSequences.affine(Values.doubles(x), Values.doubles(residual), gates, null,
                    samples, channels, 0), y.toFloats());
            Tensor dgate = guarded.output("dgate", dtype, samples, channels);
            Modulate.gateBackward(grad, in, vectors, y, Modulate.Vectors.of(dgate));
            elementwise.check("dx",
                    ReferenceSequences.affine(Values.doubles(dy), null, gates, null, samples, channels, 0),
                    y.toFloats());
            Tolerance.sum(dtype, places, 1).check("dgate",
                    ReferenceSequences.sums(Values.doubles(dy), Values.doubles(x), samples, channels),
                    dgate.toFloats());
        }
    }

    /** What the kernels are compared with is itself the gradient of the reference's forward. */
    @Test
    void theReferenceGradientsMatchFiniteDifferences() {
        double[] x = Values.doubles(Values.uniform(1, 2 * 5 * 3));
        double[] scale = Values.doubles(Values.uniform(2, 6));
        double[] shift = Values.doubles(Values.uniform(3, 6));
        double[] dy = Values.doubles(Values.uniform(4, x.length));
        FiniteDifferences.check("dx", v -> dot(dy, ReferenceSequences.affine(v, null, scale, shift, 2, 3, 1)), x,
                ReferenceSequences.affine(dy, null, scale, null, 2, 3, 1), 5);
        FiniteDifferences.check("dscale", v -> dot(dy, ReferenceSequences.affine(x, null, v, shift, 2, 3, 1)), scale,
                ReferenceSequences.sums(dy, x, 2, 3), 6);
        FiniteDifferences.check("dshift", v -> dot(dy, ReferenceSequences.affine(x, null, scale, v, 2, 3, 1)), shift,
                ReferenceSequences.sums(dy, null, 2, 3), 7);
    }

    @Test
    void mismatchesAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(DType.F32, 2, 3, 4);
            Tensor vectors = scope.zeros(DType.F32, 2, 8);
            assertThatThrownBy(() -> Modulate.gate(x, x, Modulate.Vectors.of(vectors), x))
                    .hasMessageContainingAll("gate", "scale is F32[2, 8]", "F32[2, 4]");
            assertThatThrownBy(() -> Modulate.Vectors.part(vectors, 3, 3)).hasMessageContaining("part 3 of F32[2, 8]");
            assertThatThrownBy(() -> Modulate.modulate(x, Modulate.Vectors.part(vectors, 0, 2),
                    Modulate.Vectors.of(scope.zeros(DType.F32, 2, 4)), x))
                    .hasMessageContaining("8 and 4 elements apart");
        }
    }
}
