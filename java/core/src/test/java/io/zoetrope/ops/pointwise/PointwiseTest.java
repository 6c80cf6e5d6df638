package io.zoetrope.ops.pointwise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.ops.diffusion.Diffusion;
import io.zoetrope.reference.ReferencePointwise;
import io.zoetrope.tensor.Bfloat16;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PointwiseTest {
    private static final float SLOPE = 0.2f;

    /** @param offset elements off alignment */
    record Case(DType dtype, int size, int offset) {
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            for (int size : new int[] {1, 3, 17, 63, 65, 4096, 8209}) {
                cases.add(new Case(dtype, size, 0));
            }
            cases.add(new Case(dtype, 17, 1));
            cases.add(new Case(dtype, 1000, 1));
            cases.add(new Case(dtype, 4099, 1));
            cases.add(new Case(dtype, 12_345, 0)); // three samples of a whole tile each
        }
        return cases.stream();
    }

    @FunctionalInterface
    interface Unary {
        void run(Tensor x, Tensor out);
    }

    @FunctionalInterface
    interface Binary {
        void run(Tensor a, Tensor b, Tensor out);
    }

    private record UnaryOp(String name, Unary kernel, DoubleUnaryOperator expected) {
    }

    private record BinaryOp(String name, Binary kernel, DoubleBinaryOperator expected) {
    }

    private static final List<UnaryOp> UNARY = List.of(new UnaryOp("silu", Pointwise::silu, ReferencePointwise::silu),
            new UnaryOp("gelu", Pointwise::gelu, ReferencePointwise::gelu),
            new UnaryOp("exact gelu", Pointwise::geluErf, ReferencePointwise::geluErf),
            new UnaryOp("mish", Pointwise::mish, ReferencePointwise::mish),
            new UnaryOp("relu", Pointwise::relu, x -> Math.max(x, 0)),
            new UnaryOp("leaky relu", (x, y) -> Pointwise.leakyRelu(x, SLOPE, y),
                    x -> ReferencePointwise.leakyRelu(x, SLOPE)),
            new UnaryOp("tanh", Pointwise::tanh, Math::tanh),
            new UnaryOp("sigmoid", Pointwise::sigmoid, ReferencePointwise::sigmoid),
            new UnaryOp("scale", (x, y) -> Pointwise.scale(x, -1.7f, y), x -> -1.7f * x), new UnaryOp("clamp",
                    (x, y) -> Pointwise.clamp(x, -0.5f, 1.25f, y), x -> Math.max(-0.5, Math.min(1.25, x))));

    private static final List<BinaryOp> BINARY = List.of(
            new BinaryOp("silu backward", Pointwise::siluBackward, (dy, x) -> dy * ReferencePointwise.siluSlope(x)),
            new BinaryOp("gelu backward", Pointwise::geluBackward, (dy, x) -> dy * ReferencePointwise.geluSlope(x)),
            new BinaryOp("exact gelu backward", Pointwise::geluErfBackward,
                    (dy, x) -> dy * ReferencePointwise.geluErfSlope(x)),
            new BinaryOp("mish backward", Pointwise::mishBackward, (dy, x) -> dy * ReferencePointwise.mishSlope(x)),
            new BinaryOp("relu backward", Pointwise::reluBackward, (dy, x) -> x > 0 ? dy : 0),
            new BinaryOp("leaky relu backward", (dy, x, dx) -> Pointwise.leakyReluBackward(dy, x, SLOPE, dx),
                    (dy, x) -> dy * ReferencePointwise.leakyReluSlope(x, SLOPE)),
            new BinaryOp("tanh backward", Pointwise::tanhBackward, (dy, x) -> dy * ReferencePointwise.tanhSlope(x)),
            new BinaryOp("sigmoid backward", Pointwise::sigmoidBackward,
                    (dy, x) -> dy * ReferencePointwise.sigmoidSlope(x)),
            new BinaryOp("add", Pointwise::add, Double::sum),
            new BinaryOp("multiply", Pointwise::multiply, (a, b) -> a * b),
            new BinaryOp("axpby", (a, b, out) -> Pointwise.axpby(0.3f, a, -2.5f, b, out),
                    (a, b) -> 0.3f * a - 2.5f * b),
            new BinaryOp("guide", (a, b, out) -> Diffusion.guide(a, b, 3, out), (a, b) -> b + 3 * (a - b)));

    @ParameterizedTest
    @MethodSource("cases")
    void unaryOperationsMatchTheReference(Case c) {
        float[] values = Values.stored(c.dtype, Values.normal(c.size, c.size, 2.5));
        for (UnaryOp op : UNARY) {
            try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
                Tensor x = guarded.input("x", c.dtype, values, c.size);
                Tensor y = guarded.output("y", c.dtype, c.size);
                op.kernel.run(x, y);
                double[] expected = Values.doubles(values);
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = op.expected.applyAsDouble(expected[i]);
                }
                Tolerance.elementwise(c.dtype).check(op.name, expected, y.toFloats());
                assertThat(x.toFloats()).as("%s leaves its input", op.name).isEqualTo(values);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void binaryOperationsMatchTheReference(Case c) {
        float[] left = Values.stored(c.dtype, Values.normal(c.size + 1, c.size, 1.5));
        float[] right = Values.stored(c.dtype, Values.normal(c.size + 2, c.size, 2.5));
        for (BinaryOp op : BINARY) {
            try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
                Tensor a = guarded.input("a", c.dtype, left, c.size);
                Tensor b = guarded.input("b", c.dtype, right, c.size);
                Tensor out = guarded.output("out", c.dtype, c.size);
                op.kernel.run(a, b, out);
                double[] expected = new double[c.size];
                for (int i = 0; i < c.size; i++) {
                    expected[i] = op.expected.applyAsDouble(left[i], right[i]);
                }
                // Cancelling sums: the error is relative to the operands, of size up to 20.
                Tolerance tolerance = new Tolerance(Tolerance.elementwise(c.dtype).relative(), 1e-5);
                tolerance.check(op.name, expected, out.toFloats());
            }
        }
    }

    @Test
    void slopesOfTheReferenceAreItsDifferenceQuotients() {
        for (double x = -6; x <= 6; x += 0.173) {
            assertThat(ReferencePointwise.siluSlope(x)).isCloseTo(
                    ReferencePointwise.difference(ReferencePointwise::silu, x),
                    org.assertj.core.data.Offset.offset(1e-8));
            assertThat(ReferencePointwise.geluSlope(x)).isCloseTo(
                    ReferencePointwise.difference(ReferencePointwise::gelu, x),
                    org.assertj.core.data.Offset.offset(1e-8));
            assertThat(ReferencePointwise.tanhSlope(x)).isCloseTo(ReferencePointwise.difference(Math::tanh, x),
                    org.assertj.core.data.Offset.offset(1e-8));
            assertThat(ReferencePointwise.sigmoidSlope(x)).isCloseTo(
                    ReferencePointwise.difference(ReferencePointwise::sigmoid, x),
                    org.assertj.core.data.Offset.offset(1e-8));
        }
    }

    @Test
    void worksInPlace() {
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            int n = 5000;
            float[] values = Values.stored(dtype, Values.normal(3, n, 1));
            try (Guarded guarded = new Guarded(Devices.shared())) {
                Tensor x = guarded.input("x", dtype, values, n);
                Pointwise.add(x, x, x);
                double[] expected = Values.doubles(values);
                for (int i = 0; i < n; i++) {
                    expected[i] *= 2;
                }
                Tolerance.elementwise(dtype).check("x + x", expected, x.toFloats());
            }
        }
    }

    @Test
    void specialValuesKeepTheirMeaning() {
        float inf = Float.POSITIVE_INFINITY;
        float[] x = {Float.NaN, inf, -0.0f, 0, 100, -100, 3e38f, -3e38f};
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor in = guarded.input("x", DType.F32, x, x.length);
            Tensor y = guarded.output("y", DType.F32, x.length);
            Pointwise.silu(in, y);
            assertThat(y.toFloats()).containsExactly(Float.NaN, inf, -0.0f, 0, 100, -0.0f, 3e38f, -0.0f);
            Pointwise.gelu(in, y);
            assertThat(y.toFloats()).containsExactly(Float.NaN, inf, -0.0f, 0, 100, -0.0f, 3e38f, -0.0f);
            Pointwise.relu(in, y);
            assertThat(withoutNegativeZeros(y)).containsExactly(Float.NaN, inf, 0, 0, 100, 0, 3e38f, 0);
            Tensor ones = guarded.input("dy", DType.F32, new float[] {1, 1, 1, 1, 1, 1, 1, 1}, x.length);
            Pointwise.reluBackward(ones, in, y);
            assertThat(y.toFloats()).as("no gradient is lost at NaN").containsExactly(1, 1, 0, 0, 1, 0, 1, 0);
            Pointwise.tanh(in, y);
            assertThat(withoutNegativeZeros(y)).containsExactly(Float.NaN, 1, 0, 0, 1, -1, 1, -1);
            Pointwise.sigmoid(in, y);
            assertThat(y.toFloats()).containsExactly(Float.NaN, 1, 0.5f, 0.5f, 1, 0, 1, 0);
            Pointwise.clamp(in, -1, 1, y);
            assertThat(withoutNegativeZeros(y)).containsExactly(Float.NaN, 1, 0, 0, 1, -1, 1, -1);
        }
    }

    @Test
    void slopesKeepTheirDigitsWhereTheFunctionIsFlat() {
        float[] x = {-20, -12, -9, 9, 12, 20, 1e-6f, Float.POSITIVE_INFINITY};
        float[] ones = new float[x.length];
        java.util.Arrays.fill(ones, 1);
        double[] tanh = new double[x.length];
        double[] sigmoid = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            tanh[i] = ReferencePointwise.tanhSlope(x[i]);
            sigmoid[i] = ReferencePointwise.sigmoidSlope(x[i]);
        }
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor in = guarded.input("x", DType.F32, x, x.length);
            Tensor dy = guarded.input("dy", DType.F32, ones, x.length);
            Tensor dx = guarded.output("dx", DType.F32, x.length);
            Tolerance digits = new Tolerance(2e-5, 0);
            Pointwise.tanhBackward(dy, in, dx);
            digits.check("tanh'", tanh, dx.toFloats());
            Pointwise.sigmoidBackward(dy, in, dx);
            digits.check("sigmoid'", sigmoid, dx.toFloats());
        }
    }

    private static float[] withoutNegativeZeros(Tensor tensor) {
        float[] values = tensor.toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] += 0f;
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void biasIsAddedToEachChannel(Case c) {
        for (int channels : new int[] {1, 3, 8, 32, 65, 300}) {
            int places = Math.max(1, c.size / channels);
            int n = places * channels;
            float[] x = Values.stored(c.dtype, Values.uniform(n, n));
            float[] bias = Values.uniform(n + 1, channels);
            try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
                Tensor out = guarded.output("out", c.dtype, places, channels);
                Pointwise.addBias(guarded.input("x", c.dtype, x, places, channels),
                        guarded.input("bias", DType.F32, bias, channels), out);
                double[] expected = new double[n];
                for (int i = 0; i < n; i++) {
                    expected[i] = (double) x[i] + bias[i % channels];
                }
                Tolerance.elementwise(c.dtype).check("bias over " + channels, expected, out.toFloats());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aVectorIsAddedToEachSample(Case c) {
        for (int channels : new int[] {1, 3, 8, 65}) {
            int samples = 3;
            int places = Math.max(1, c.size / channels / samples);
            int n = samples * places * channels;
            float[] x = Values.stored(c.dtype, Values.uniform(n, n));
            float[] v = Values.stored(c.dtype, Values.uniform(n + 1, samples * channels));
            for (boolean broadcast : new boolean[] {false, true}) {
                try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
                    Tensor out = guarded.output("out", c.dtype, samples, places, channels);
                    Tensor in = broadcast ? null : guarded.input("x", c.dtype, x, samples, places, channels);
                    Pointwise.addToSamples(in, guarded.input("v", c.dtype, v, samples, channels), 0.5f, out);
                    double[] expected = new double[n];
                    for (int i = 0; i < n; i++) {
                        int sample = i / (places * channels);
                        expected[i] = (broadcast ? 0 : x[i]) + 0.5 * v[sample * channels + i % channels];
                    }
                    Tolerance.elementwise(c.dtype).check("samples of " + channels, expected, out.toFloats());
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void castsRoundToNearestEven(Case c) {
        float[] values = Values.normal(c.size, c.size, 3);
        values[0] = Float.intBitsToFloat(0x3f808000); // halfway between two bf16, the lower even
        if (c.size > 2) {
            values[1] = Float.intBitsToFloat(0x3f818000); // halfway, the upper even
            values[2] = Float.intBitsToFloat(0x7f7fffff); // the largest float becomes infinite
        }
        values = Values.stored(c.dtype, values);
        DType other = c.dtype == DType.F32 ? DType.BF16 : DType.F32;
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor out = guarded.output("out", other, c.size);
            Tensor same = guarded.output("same", c.dtype, c.size);
            Tensor x = guarded.input("x", c.dtype, values, c.size);
            Pointwise.cast(x, out);
            Pointwise.cast(x, same);
            assertThat(out.toFloats()).isEqualTo(Values.stored(other, values));
            assertThat(same.toFloats()).isEqualTo(values);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void fillSetsEveryElementAndNoOther(Case c) {
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor out = guarded.output("out", c.dtype, c.size);
            Pointwise.fill(out, 0.1f);
            float expected = c.dtype == DType.BF16 ? Bfloat16.round(0.1f) : 0.1f;
            assertThat(out.toFloats()).containsOnly(expected);
            Tensor ints = guarded.output("ints", DType.I32, c.size);
            Pointwise.fill(ints, 0x12345678);
            assertThat(ints.toInts()).containsOnly(0x12345678);
        }
    }

    @Test
    void copyMovesBytesOfAnyTypeAndAlignment() {
        for (int size : new int[] {1, 15, 16, 31, 16384, 40001}) {
            for (int offset : new int[] {0, 1, 4, 8}) {
                byte[] bytes = new byte[size];
                new java.util.Random(size).nextBytes(bytes);
                try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
                    Tensor out = guarded.output("out", DType.U8, size);
                    Pointwise.copy(guarded.input("x", bytes, size), out);
                    assertThat(out.toBytes()).isEqualTo(bytes);
                }
            }
        }
    }

    @Test
    void mismatchesNameTheOperationAndBothShapes() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.zeros(DType.F32, 2, 3);
            Map<String, Runnable> wrong = Map.of("silu: y is F32[3, 2], expected F32[2, 3] like x",
                    () -> Pointwise.silu(x, scope.zeros(DType.F32, 3, 2)),
                    "add: b is BF16[2, 3], expected F32[2, 3] like a",
                    () -> Pointwise.add(x, scope.zeros(DType.BF16, 2, 3), x), "silu: x is I32[2], expected F32 or BF16",
                    () -> Pointwise.silu(scope.zeros(DType.I32, 2), scope.zeros(DType.I32, 2)),
                    "add bias: bias is F32[4], expected F32[3]",
                    () -> Pointwise.addBias(x, scope.zeros(DType.F32, 4), x), "scale: x is null, expected a tensor",
                    () -> Pointwise.scale(null, 1, x));
            wrong.forEach(
                    (message, call) -> assertThatIllegalArgumentException().isThrownBy(call::run).withMessage(message));
        }
    }

    @Test
    void emptyTensorsAreLeftAlone() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor none = scope.empty(DType.F32, 0, 3);
            Pointwise.silu(none, none);
            Pointwise.fill(none, 1f);
            Pointwise.addBias(none, scope.zeros(DType.F32, 3), none);
            assertThat(none.toFloats()).isEmpty();
        }
    }
}
