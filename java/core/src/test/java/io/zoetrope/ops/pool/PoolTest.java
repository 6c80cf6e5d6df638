package io.zoetrope.ops.pool;

import static io.zoetrope.reference.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.reference.ReferencePool;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

class PoolTest {
    private static final Device DEVICE = Devices.shared();

    record Case(int n, int h, int w, int c, int k, int stride, int offset) {
        Case(int n, int h, int w, int c, int k, int stride) {
            this(n, h, w, c, k, stride, 0);
        }

        ReferencePool reference() {
            return new ReferencePool(n, h, w, c, k, stride);
        }

        long[] shape() {
            return new long[] {n, h, w, c};
        }

        long[] outShape() {
            return new long[] {n, reference().outHeight(), reference().outWidth(), c};
        }

        long[] doubleShape() {
            return new long[] {n, 2L * h, 2L * w, c};
        }
    }

    private static final List<Case> CASES = List.of(new Case(1, 1, 1, 1, 1, 1), new Case(2, 4, 6, 8, 2, 2),
            new Case(1, 3, 3, 3, 3, 1), new Case(2, 7, 5, 17, 2, 2), // a row and a column beyond the last window
            new Case(1, 17, 9, 16, 3, 2), // windows overlap
            new Case(3, 5, 5, 63, 2, 1), new Case(1, 9, 13, 65, 2, 3), // windows leave gaps
            new Case(1, 28, 28, 32, 2, 2), new Case(2, 6, 6, 8, 5, 1, 1), // misaligned
            new Case(1, 2, 65, 40, 2, 2), new Case(1, 7, 9, 16, 5, 1), // aligned, and wide enough for the loop over a window to be unrolled
            new Case(2, 5, 9, 5, 4, 1));

    static Stream<Arguments> cases() {
        return CASES.stream().flatMap(c -> Stream.of(DType.F32, DType.BF16).map(dtype -> Arguments.of(c, dtype)));
    }

    private static Tolerance tolerance(DType dtype) {
        return new Tolerance(dtype == DType.BF16 ? 0x1p-8 : 0x1p-21, 1e-6);
    }

    private static float[] values(long seed, DType dtype, long size) {
        return Values.stored(dtype, Values.uniform(seed, size));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void upsampleMatchesReference(Case c, DType dtype) {
        float[] x = values(71, dtype, c.reference().size());
        float[] dy = values(72, dtype, 4L * c.reference().size());
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor y = guarded.output("y", dtype, c.doubleShape());
            Pool.upsample2x(guarded.input("x", dtype, x, c.shape()), y);
            new Tolerance(0, 0).check("y", c.reference().upsample(Values.doubles(x)), y.toFloats());
            Tensor dx = guarded.output("dx", dtype, c.shape());
            Pool.upsample2xBackward(guarded.input("dy", dtype, dy, c.doubleShape()), dx);
            tolerance(dtype).check("dx", c.reference().upsampleGradient(Values.doubles(dy)), dx.toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void averageMatchesReference(Case c, DType dtype) {
        float[] x = values(73, dtype, c.reference().size());
        float[] dy = values(74, dtype, c.reference().outSize());
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor y = guarded.output("y", dtype, c.outShape());
            Pool.avgPool(guarded.input("x", dtype, x, c.shape()), y, c.k, c.stride);
            tolerance(dtype).check("y", c.reference().average(Values.doubles(x)), y.toFloats());
            Tensor dx = guarded.output("dx", dtype, c.shape());
            Pool.avgPoolBackward(guarded.input("dy", dtype, dy, c.outShape()), dx, c.k, c.stride);
            tolerance(dtype).check("dx", c.reference().averageGradient(Values.doubles(dy)), dx.toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void maximumMatchesReference(Case c, DType dtype) {
        float[] x = values(75, dtype, c.reference().size());
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.round(x[i] * 4) / 4f; // ties
        }
        float[] dy = values(76, dtype, c.reference().outSize());
        int[] indices = c.reference().maximumIndices(Values.doubles(x));
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor y = guarded.output("y", dtype, c.outShape());
            Tensor index = guarded.output("indices", DType.I32, c.outShape());
            Pool.maxPool(guarded.input("x", dtype, x, c.shape()), y, index, c.k, c.stride);
            new Tolerance(0, 0).check("y", c.reference().maximum(Values.doubles(x)), y.toFloats());
            assertThat(index.toInts()).isEqualTo(indices);
            Tensor dx = guarded.output("dx", dtype, c.shape());
            Pool.maxPoolBackward(guarded.input("dy", dtype, dy, c.outShape()), index, dx, c.k, c.stride);
            tolerance(dtype).check("dx", c.reference().maximumGradient(Values.doubles(dy), indices), dx.toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aNanIsTheMaximumOfItsWindows(Case c, DType dtype) {
        float[] x = values(77, dtype, c.reference().size());
        x[x.length / 2] = Float.NaN;
        x[0] = Float.NEGATIVE_INFINITY;
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor y = guarded.output("y", dtype, c.outShape());
            Tensor index = guarded.output("indices", DType.I32, c.outShape());
            Pool.maxPool(guarded.input("x", dtype, x, c.shape()), y, index, c.k, c.stride);
            assertThat(index.toInts()).isEqualTo(c.reference().maximumIndices(Values.doubles(x)));
            new Tolerance(0, 0).check("y", c.reference().maximum(Values.doubles(x)), y.toFloats());
        }
    }

    /** ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ for the linear operations, computed by the kernels on both sides. */
    @ParameterizedTest
    @FieldSource("CASES")
    void backwardIsTheTransposeOfForward(Case c) {
        float[] x = values(78, DType.BF16, c.reference().size());
        float[] upY = values(79, DType.BF16, 4L * c.reference().size());
        float[] avgY = values(80, DType.BF16, c.reference().outSize());
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor input = guarded.input("x", DType.F32, x, c.shape());
            Tensor up = guarded.output("up", DType.F32, c.doubleShape());
            Tensor average = guarded.output("average", DType.F32, c.outShape());
            Tensor back = guarded.output("back", DType.F32, c.shape());
            Pool.upsample2x(input, up);
            Pool.upsample2xBackward(guarded.input("upY", DType.F32, upY, c.doubleShape()), back);
            same(up, upY, back, x);
            Pool.avgPool(input, average, c.k, c.stride);
            Pool.avgPoolBackward(guarded.input("avgY", DType.F32, avgY, c.outShape()), back, c.k, c.stride);
            same(average, avgY, back, x);
        }
    }

    private static void same(Tensor forward, float[] y, Tensor backward, float[] x) {
        double left = dot(Values.doubles(forward.toFloats()), Values.doubles(y));
        double right = dot(Values.doubles(backward.toFloats()), Values.doubles(x));
        assertThat(left).isCloseTo(right, within(1e-6 * Math.max(1, y.length)));
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.zeros(DType.F32, 1, 4, 4, 3);
            Tensor half = scope.zeros(DType.F32, 1, 2, 2, 3);
            assertThatThrownBy(() -> Pool.upsample2x(x, half)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("upsample 2x", "y is F32[1, 2, 2, 3]", "F32[1, 8, 8, 3]");
            assertThatThrownBy(() -> Pool.avgPool(x, x, 2, 2)).hasMessageContainingAll("average pool",
                    "y is F32[1, 4, 4, 3]", "F32[1, 2, 2, 3]");
            assertThatThrownBy(() -> Pool.avgPool(x, half, 5, 1)).hasMessageContainingAll("window 5", "[1, 4, 4, 3]");
            assertThatThrownBy(() -> Pool.avgPool(x, half, 2, 0)).hasMessageContainingAll("stride 0");
            assertThatThrownBy(() -> Pool.maxPool(x, half, half, 2, 2)).hasMessageContainingAll("max pool",
                    "indices is F32[1, 2, 2, 3]", "I32[1, 2, 2, 3]");
            assertThatThrownBy(() -> Pool.maxPool(scope.zeros(DType.I32, 1, 4, 4, 3), half, half, 2, 2))
                    .hasMessageContainingAll("x is I32[1, 4, 4, 3]", "F32 or BF16");
            assertThatThrownBy(() -> Pool.avgPool(scope.zeros(DType.F32, 4, 4, 3), half, 2, 2))
                    .hasMessageContainingAll("F32[4, 4, 3]", "[N, H, W, C]");
        }
    }
}
