package io.zoetrope.ops.layernorm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.modulate.Modulate;
import io.zoetrope.reference.ReferenceGroupNorm;
import io.zoetrope.reference.ReferenceSequences;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LayerNormTest {
    private static final Device DEVICE = Devices.shared();
    private static final float EPS = 1e-6f;

    record Case(int rows, int channels, boolean affine, double mean, int offset) {
        Case(int rows, int channels) {
            this(rows, channels, true, 0.5, 0);
        }

        ReferenceGroupNorm reference() {
            return new ReferenceGroupNorm(rows, 1, channels, 1, EPS, false);
        }
    }

    private static final List<Case> CASES = List.of(new Case(1, 2), new Case(1, 1), new Case(3, 17), new Case(5, 64),
            new Case(17, 63), new Case(2, 65), new Case(65, 512), new Case(3, 1025), new Case(2, 4096),
            new Case(130, 8), new Case(2, 333), new Case(1600, 8), // 25 partial sums: four for the first warp of the last stage, three for the rest
            new Case(2200, 8), // 35 partial sums: a warp of the last stage adds one, then four at once
            new Case(7, 256, false, 0.5, 0), new Case(5, 96, true, 0.5, 1), new Case(3, 384, true, 1000, 0));

    static Stream<Arguments> cases() {
        return CASES.stream().flatMap(c -> Stream.of(DType.F32, DType.BF16).map(dtype -> Arguments.of(c, dtype)));
    }

    private static final class Data {
        final ReferenceGroupNorm reference;
        final float[] x;
        final float[] dy;
        final float[] gamma;
        final float[] beta;
        /** As the kernels take x, to compute with in double precision. */
        final double[] wide;
        final double[] rstd;

        Data(Case c, DType dtype) {
            reference = c.reference();
            float[] values = Values.normal(61, (long) c.rows * c.channels, 2);
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) c.mean;
            }
            x = Values.stored(dtype, values);
            dy = Values.stored(dtype, Values.uniform(62, values.length));
            gamma = c.affine ? Values.uniform(63, c.channels) : filled(c.channels, 1);
            beta = c.affine ? Values.uniform(64, c.channels) : filled(c.channels, 0);
            wide = Values.doubles(x);
            rstd = reference.rstds(wide);
        }

        double[] output() {
            return reference.output(wide, Values.doubles(gamma), Values.doubles(beta));
        }

        ReferenceGroupNorm.Gradients gradients() {
            return reference.gradients(Values.doubles(dy), wide, Values.doubles(gamma), Values.doubles(beta));
        }

        private static float[] filled(int size, float value) {
            float[] result = new float[size];
            Arrays.fill(result, value);
            return result;
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardMatchesReference(Case c, DType dtype) {
        Data data = new Data(c, dtype);
        double[] expected = data.output();
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor y = guarded.output("y", dtype, c.rows, c.channels);
            Tensor mean = guarded.output("mean", DType.F32, c.rows);
            Tensor rstds = guarded.output("rstd", DType.F32, c.rows);
            LayerNorm.forward(guarded.input("x", dtype, data.x, c.rows, c.channels),
                    c.affine ? guarded.input("gamma", DType.F32, data.gamma, c.channels) : null,
                    c.affine ? guarded.input("beta", DType.F32, data.beta, c.channels) : null, y, mean, rstds, EPS);
            new Tolerance(0, 0x1p-21 * (1 + Values.largest(data.wide))).check("mean", data.reference.means(data.wide),
                    mean.toFloats());
            new Tolerance(0x1p-16, 0).check("rstd", data.rstd, rstds.toFloats());
            Tolerance.normed(dtype, data.wide, data.rstd, 2).check("y", expected, y.toFloats());
        }
    }

    /** Every row of a sample by that sample's vectors, which are parts of a packed tensor. */
    @ParameterizedTest
    @CsvSource({"1, 1, 2, 0", "3, 5, 17, 0", "2, 3, 64, 0", "5, 1, 512, 0", "2, 4, 1032, 0", "3, 2, 96, 1",
            "2, 2, 333, 0", "1, 2, 512, 1", "1, 2, 2056, 0"})
    void theModulatedFormMatchesReference(int samples, int places, int channels, int offset) {
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            Case test = new Case(samples * places, channels, false, 0.5, offset);
            Data data = new Data(test, dtype);
            float[] packed = Values.stored(dtype, Values.uniform(65, 3L * samples * channels));
            double[] shift = part(packed, samples, channels, 2);
            double[] scale = part(packed, samples, channels, 1);
            double[] expected = ReferenceSequences.affine(data.output(), null, scale, shift, samples, channels, 1);
            try (Guarded guarded = new Guarded(DEVICE, offset)) {
                Tensor y = guarded.output("y", dtype, samples, places, channels);
                Tensor vectors = guarded.input("vectors", dtype, packed, samples, 3L * channels);
                LayerNorm.modulated(guarded.input("x", dtype, data.x, samples, places, channels),
                        Modulate.Vectors.part(vectors, 1, 3), Modulate.Vectors.part(vectors, 2, 3), y, EPS);
                Tolerance.normed(dtype, data.wide, data.rstd, 4).check("y", expected, y.toFloats());
            }
        }
    }

    private static double[] part(float[] packed, int samples, int channels, int index) {
        double[] out = new double[samples * channels];
        for (int i = 0; i < out.length; i++) {
            out[i] = packed[i / channels * 3 * channels + index * channels + i % channels];
        }
        return out;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backwardMatchesReference(Case c, DType dtype) {
        Data data = new Data(c, dtype);
        ReferenceGroupNorm.Gradients expected = data.gradients();
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor dx = guarded.output("dx", dtype, c.rows, c.channels);
            Tensor dgamma = c.affine ? guarded.output("dgamma", DType.F32, c.channels) : null;
            Tensor dbeta = c.affine ? guarded.output("dbeta", DType.F32, c.channels) : null;
            Tensor dy = guarded.input("dy", dtype, data.dy, c.rows, c.channels);
            Tensor xs = guarded.input("x", dtype, data.x, c.rows, c.channels);
            Tensor gamma = c.affine ? guarded.input("gamma", DType.F32, data.gamma, c.channels) : null;
            Tensor mean = guarded.input("mean", DType.F32, Values.floats(data.reference.means(data.wide)), c.rows);
            Tensor rstds = guarded.input("rstd", DType.F32, Values.floats(data.rstd), c.rows);
            LayerNorm.backward(dy, xs, gamma, mean, rstds, dx, dgamma, dbeta, false);
            Tolerance.normed(dtype, data.wide, data.rstd, 8 * Values.largest(data.rstd)).check("dx", expected.x(),
                    dx.toFloats());
            if (c.affine) {
                Tolerance sums = Tolerance.normed(DType.F32, data.wide, data.rstd, 4.0 * c.rows);
                sums.check("dgamma", expected.gamma(), dgamma.toFloats());
                sums.check("dbeta", expected.beta(), dbeta.toFloats());
                byte[] first = dgamma.toBytes();
                LayerNorm.backward(dy, xs, gamma, mean, rstds, dx, dgamma, dbeta, false);
                assertThat(dgamma.toBytes()).isEqualTo(first);
                LayerNorm.backward(dy, xs, gamma, mean, rstds, dx, dgamma, dbeta, true);
                sums.times(2).check("dbeta added", Arrays.stream(expected.beta()).map(v -> 2 * v).toArray(),
                        dbeta.toFloats());
            }
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(DType.F32, 4, 6);
            Tensor rows = scope.zeros(DType.F32, 4);
            Tensor columns = scope.zeros(DType.F32, 6);
            assertThatThrownBy(() -> LayerNorm.forward(x, rows, null, x, rows, rows, EPS))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("layer norm forward", "gamma is F32[4]", "6 elements");
            assertThatThrownBy(() -> LayerNorm.forward(x, null, null, x, columns, rows, EPS))
                    .hasMessageContainingAll("mean is F32[6]", "4 elements");
            assertThatThrownBy(() -> LayerNorm.forward(x, null, null, x, rows, rows, -1))
                    .hasMessageContaining("eps is -1.0");
            assertThatThrownBy(
                    () -> LayerNorm.forward(rows.reshape(2, 2, 1).slice(0, 0), null, null, x, rows, rows, EPS))
                    .hasMessageContaining("extents of 1 or more");
            Modulate.Vectors vectors = Modulate.Vectors.of(x);
            assertThatThrownBy(() -> LayerNorm.modulated(x, vectors, null, x, EPS))
                    .hasMessageContainingAll("layer norm modulated", "shift is null");
            assertThatThrownBy(
                    () -> LayerNorm.modulated(x, vectors, Modulate.Vectors.of(columns.reshape(1, 6)), x, EPS))
                    .hasMessageContainingAll("shift is F32[1, 6]", "F32[4, 6]");
            assertThatThrownBy(() -> LayerNorm.modulated(x, vectors, vectors, x, Float.NaN))
                    .hasMessageContaining("eps is NaN");
            assertThatThrownBy(() -> LayerNorm.backward(x, x, null, rows, rows, x, columns, null, false))
                    .hasMessageContainingAll("layer norm backward", "dbeta is null", "both or neither");
        }
    }
}
