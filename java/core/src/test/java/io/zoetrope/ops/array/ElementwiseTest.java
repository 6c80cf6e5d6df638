package io.zoetrope.ops.array;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.array.Elementwise.Binary;
import io.zoetrope.ops.array.Elementwise.Comparison;
import io.zoetrope.ops.array.Elementwise.Unary;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Slopes;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ElementwiseTest {
    private static final Device DEVICE = Devices.shared();

    record Case(long[] a, long[] b, int offset) {
    }

    private static long[] dims(long... dims) {
        return dims;
    }

    static Stream<Case> cases() {
        Stream<Case> shapes = Stream.of(new Case(dims(), dims(), 0), new Case(dims(1), dims(), 0),
                new Case(dims(0), dims(1), 0), new Case(dims(3, 0, 2), dims(2), 0), new Case(dims(5, 8), dims(8), 0),
                new Case(dims(5, 8), dims(5, 1), 0), new Case(dims(7), dims(3, 1), 0),
                new Case(dims(2, 1, 3, 1), dims(4, 1, 16), 0), new Case(dims(2, 3, 1, 2, 1, 8), dims(1, 2, 1, 3, 1), 0),
                new Case(dims(2, 1, 2, 1, 2, 1), dims(1, 3, 1, 3, 1, 2), 0), new Case(dims(5, 8), dims(8), 1),
                new Case(dims(3, 1400), dims(3, 1400), 0), new Case(dims(3, 1365), dims(1365), 0));
        Stream<Case> residues = IntStream.rangeClosed(1, 17)
                .mapToObj(n -> new Case(dims(3, n), dims(n), n % 3 == 0 ? 1 : 0));
        return Stream.concat(shapes, residues);
    }

    private static double reference(Binary op, double a, double b) {
        return switch (op) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case POW -> Math.pow(a, b);
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
        };
    }

    private static boolean reference(Comparison op, double a, double b) {
        return switch (op) {
            case EQUAL -> a == b;
            case NOT_EQUAL -> a != b;
            case LESS -> a < b;
            case LESS_EQUAL -> a <= b;
            case GREATER -> a > b;
            case GREATER_EQUAL -> a >= b;
        };
    }

    /** Values of which some are alike, so that comparisons see equal ones; positive for powers. */
    private static float[] values(DType type, long seed, int size, boolean positive) {
        float[] x = Values.normal(seed, size, 2);
        for (int i = 0; i < size; i++) {
            x[i] = i % 3 == 0 ? Math.round(x[i]) : x[i];
            x[i] = positive ? Math.abs(x[i]) + 0.125f : x[i];
        }
        return Values.stored(type, x);
    }

    private static long[] broadcast(Case c) {
        return Strided.broadcast("test", io.zoetrope.tensor.Shape.of(c.a), io.zoetrope.tensor.Shape.of(c.b)).dims();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void binaryRepeatsItsOperands(Case c) {
        long[] to = broadcast(c);
        int size = NdIndex.size(to);
        for (DType type : new DType[] {DType.F32, DType.BF16}) {
            for (Binary op : Binary.values()) {
                float[] a = values(type, 1, NdIndex.size(c.a), op == Binary.POW);
                float[] b = values(type, 2, NdIndex.size(c.b), op == Binary.DIVIDE);
                double[] expected = IntStream.range(0, size)
                        .mapToDouble(
                                i -> reference(op, a[NdIndex.repeated(i, c.a, to)], b[NdIndex.repeated(i, c.b, to)]))
                        .toArray();
                try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
                    Tensor out = guarded.output("out", type, to);
                    Elementwise.binary(op, guarded.input("a", type, a, c.a), guarded.input("b", type, b, c.b), out);
                    Tolerance.elementwise(type).check(op + " " + type, expected, out.toFloats());
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void comparisonsAndChoiceRepeatTheirOperands(Case c) {
        long[] to = broadcast(c);
        int size = NdIndex.size(to);
        for (DType type : new DType[] {DType.F32, DType.BF16}) {
            float[] a = values(type, 1, NdIndex.size(c.a), false);
            float[] b = values(type, 2, NdIndex.size(c.b), false);
            for (Comparison op : Comparison.values()) {
                try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
                    Tensor first = guarded.input("a", type, a, c.a);
                    Tensor second = guarded.input("b", type, b, c.b);
                    Tensor truth = guarded.output("truth", DType.U8, to);
                    Elementwise.compare(op, first, second, truth);
                    Tensor chosen = guarded.output("chosen", type, to);
                    Elementwise.where(truth, first, second, chosen);
                    byte[] bits = truth.toBytes();
                    float[] values = chosen.toFloats();
                    for (int i = 0; i < size; i++) {
                        float x = a[NdIndex.repeated(i, c.a, to)];
                        float y = b[NdIndex.repeated(i, c.b, to)];
                        assertThat(bits[i]).as("%s of %s at %d", op, type, i)
                                .isEqualTo((byte) (reference(op, x, y) ? 1 : 0));
                        assertThat(values[i]).as("where at %d", i).isEqualTo(reference(op, x, y) ? x : y);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Unary.class)
    void unaryMatchesReference(Unary op) {
        for (DType type : new DType[] {DType.F32, DType.BF16}) {
            for (int n = 0; n <= 34; n++) {
                boolean positive = op == Unary.LOG || op == Unary.SQRT;
                float[] x = values(type, n, n, positive);
                double[] expected = Values.doubles(x);
                for (int i = 0; i < n; i++) {
                    expected[i] = switch (op) {
                        case NEGATE -> -expected[i];
                        case ABS -> Math.abs(expected[i]);
                        case EXP -> Math.exp(expected[i]);
                        case LOG -> Math.log(expected[i]);
                        case SQRT -> Math.sqrt(expected[i]);
                        case SIGN -> Math.signum(expected[i]);
                    };
                }
                try (Guarded guarded = new Guarded(DEVICE, n % 4 == 3 ? 1 : 0)) {
                    Tensor out = guarded.output("out", type, n);
                    Elementwise.unary(op, guarded.input("x", type, x, n), out);
                    Tolerance.elementwise(type).check(op + " " + type, expected, out.toFloats());
                }
            }
        }
    }

    @Test
    void nanAndInfinityFollowTheRules() {
        float nan = Float.NaN;
        float inf = Float.POSITIVE_INFINITY;
        float[] a = {nan, 1, nan, inf, -inf, 0};
        float[] b = {1, nan, nan, inf, inf, -0f};
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.of(a, 6);
            Tensor y = scope.of(b, 6);
            Tensor out = scope.empty(DType.F32, 6);
            Elementwise.binary(Binary.MAX, x, y, out);
            assertThat(out.toFloats()).containsExactly(nan, nan, nan, inf, inf, -0f);
            Elementwise.binary(Binary.MIN, x, y, out);
            assertThat(out.toFloats()).containsExactly(nan, nan, nan, inf, -inf, -0f);
            Tensor truth = scope.empty(DType.U8, 6);
            Elementwise.compare(Comparison.EQUAL, x, y, truth);
            assertThat(truth.toBytes()).containsExactly(0, 0, 0, 1, 0, 1);
            Elementwise.compare(Comparison.NOT_EQUAL, x, y, truth);
            assertThat(truth.toBytes()).containsExactly(1, 1, 1, 0, 1, 0);
            Elementwise.compare(Comparison.GREATER_EQUAL, x, y, truth);
            assertThat(truth.toBytes()).containsExactly(0, 0, 0, 1, 0, 1);
            Elementwise.unary(Unary.LOG, scope.of(new float[] {0, -1, inf, nan, 1, 0}, 6), out);
            assertThat(out.toFloats()).containsExactly(-inf, nan, inf, nan, 0, -inf);
        }
    }

    @Test
    void integersWrapAroundAndHaveNoDivision() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.of(new int[] {Integer.MAX_VALUE, -7, 3, 16777217}, 2, 2);
            Tensor out = scope.empty(DType.I32, 2, 2);
            Elementwise.binary(Binary.ADD, x, 1, out);
            assertThat(out.toInts()).containsExactly(Integer.MIN_VALUE, -6, 4, 16777218);
            Elementwise.binary(Binary.MAX, x, scope.of(new int[] {0, 5}, 2), out);
            assertThat(out.toInts()).containsExactly(Integer.MAX_VALUE, 5, 3, 16777217);
            Tensor truth = scope.empty(DType.U8, 2, 2);
            Elementwise.compare(Comparison.EQUAL, x, 16777217, truth);
            assertThat(truth.toBytes()).containsExactly(0, 0, 0, 1);
            assertThatIllegalArgumentException().isThrownBy(() -> Elementwise.binary(Binary.DIVIDE, x, 2, out))
                    .withMessageContaining("divide: a is I32[2, 2], expected F32 or BF16");
            assertThatIllegalArgumentException().isThrownBy(() -> Elementwise.binary(Binary.ADD, x, 0.5, out))
                    .withMessageContaining("scalar is 0.5");
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(DType.F32, 3, 4);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Elementwise.binary(Binary.ADD, x, scope.zeros(DType.F32, 3), x))
                    .withMessageContaining("shapes [3, 4] and [3] do not fit: 4 against 3");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Elementwise.binary(Binary.ADD, x.view(0, 4), x.view(4, 4), x.view(2, 4)))
                    .withMessageContaining("out overlaps");
            long[] many = {2, 1, 2, 1, 2, 1, 2};
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Elementwise.binary(Binary.ADD, scope.zeros(DType.F32, many),
                            scope.zeros(DType.F32, 1, 2, 1, 2, 1, 2, 1), scope.zeros(DType.F32, 2, 2, 2, 2, 2, 2, 2)))
                    .withMessageContaining("7 dimensions");
        }
    }

    @Test
    void gradientsAreSlopes() {
        float[] x = values(DType.F32, 3, 6, true);
        float[] other = Values.uniform(4, 12); // none of x, where max has a kink
        IntStream.range(0, 12).forEach(i -> other[i] += 1.5f);
        try (Scope scope = Scope.open(DEVICE)) {
            var b = io.zoetrope.autograd.Variable.constant(scope.of(other, 2, 2, 3));
            Slopes.check((t, v) -> MathFunctions.add(t, v, b), x, 1e-2, 2, 3);
            Slopes.check((t, v) -> MathFunctions.subtract(t, b, v), x, 1e-2, 2, 1, 3);
            Slopes.check((t, v) -> MathFunctions.multiply(t, v, b), x, 1e-2, 2, 3);
            Slopes.check((t, v) -> MathFunctions.divide(t, v, b), x, 1e-2, 2, 3);
            Slopes.check((t, v) -> MathFunctions.divide(t, b, MathFunctions.exp(t, v)), x, 4e-3, 2, 3);
            Slopes.check((t, v) -> MathFunctions.max(t, v, b), x, 1e-3, 2, 3);
            Slopes.check((t, v) -> MathFunctions.min(t, b, v), x, 1e-3, 2, 3);
            Slopes.check((t, v) -> MathFunctions.multiply(t, v, v), x, 1e-2, 6);
            Slopes.check((t, v) -> MathFunctions.log(t, v), new float[] {1, 2, 1.5f}, 1e-2, 3);
            Slopes.check((t, v) -> MathFunctions.sqrt(t, v), new float[] {1, 2, 1.5f}, 1e-2, 3);
            Slopes.check((t, v) -> MathFunctions.pow(t, v, 2.5), new float[] {1, 2, 1.5f}, 4e-3, 3);
            Slopes.check((t, v) -> MathFunctions.abs(t, v), new float[] {1, -2, 1.5f}, 1e-2, 3);
            Slopes.check((t, v) -> MathFunctions.negate(t, v), new float[] {1, -2, 1.5f}, 1e-2, 3);
            Slopes.check((t, v) -> MathFunctions.where(t, MathFunctions.compare(t, Comparison.GREATER, v, b), v, b), x,
                    1e-3, 2, 3);
        }
    }
}
