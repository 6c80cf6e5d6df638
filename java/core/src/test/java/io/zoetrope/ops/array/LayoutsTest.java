package io.zoetrope.ops.array;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Slopes;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LayoutsTest {
    private static final Device DEVICE = Devices.shared();

    record Permutation(long[] dims, int[] order) {
    }

    static Stream<Permutation> permutations() {
        Stream<Permutation> some = Stream.of(new Permutation(new long[] {}, new int[] {}),
                new Permutation(new long[] {5}, new int[] {0}), new Permutation(new long[] {0, 3}, new int[] {1, 0}),
                new Permutation(new long[] {2, 3, 4, 5}, new int[] {0, 3, 1, 2}),
                new Permutation(new long[] {2, 3, 4, 5}, new int[] {3, 1, 0, 2}),
                new Permutation(new long[] {3, 2, 16}, new int[] {1, 0, 2}),
                new Permutation(new long[] {2, 3, 2, 3, 2, 2}, new int[] {5, 3, 1, 0, 2, 4}),
                new Permutation(new long[] {3, 37, 41}, new int[] {0, 2, 1}));
        Stream<Permutation> edges = IntStream.of(1, 2, 31, 32, 33, 65)
                .mapToObj(n -> new Permutation(new long[] {n, 66 - n}, new int[] {1, 0}));
        return Stream.concat(some, edges);
    }

    private static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new java.util.Random(size).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @MethodSource("permutations")
    void permuteMovesEveryElement(Permutation p) {
        for (DType type : DType.values()) {
            int width = type.bytes();
            long[] to = Arrays.stream(p.order).mapToLong(d -> p.dims[d]).toArray();
            byte[] content = bytes(NdIndex.size(p.dims) * width);
            byte[] expected = new byte[content.length];
            for (int i = 0; i < content.length / width; i++) {
                int[] at = NdIndex.of(i, to);
                int[] from = new int[at.length];
                for (int d = 0; d < at.length; d++) {
                    from[p.order[d]] = at[d];
                }
                System.arraycopy(content, NdIndex.place(from, p.dims) * width, expected, i * width, width);
            }
            try (Guarded guarded = new Guarded(DEVICE)) {
                Tensor x = guarded.output("x", type, p.dims);
                x.copyFrom(java.nio.ByteBuffer.allocateDirect(content.length).put(content).flip());
                Tensor out = guarded.output("out", type, to);
                Layouts.permute(x, out, p.order);
                assertThat(out.toBytes()).as(type.name()).isEqualTo(expected);
            }
        }
    }

    @Test
    void windowsAreReadAndWritten() {
        for (int n = 1; n <= 20; n++) {
            for (long step = 1; step <= 3; step++) {
                for (int from = 0; from < Math.min(n, 5); from++) {
                    long count = (n - from + step - 1) / step;
                    float[] x = Values.uniform(n, 3L * n);
                    try (Guarded guarded = new Guarded(DEVICE)) {
                        Tensor whole = guarded.input("x", DType.F32, x, 3, n);
                        Tensor part = guarded.output("part", DType.F32, 2, count);
                        long[] starts = {1, from};
                        long[] steps = {1, step};
                        Layouts.slice(whole, part, starts, steps);
                        float[] got = part.toFloats();
                        float[] expected = new float[3 * n];
                        for (int i = 0; i < got.length; i++) {
                            int place = (int) ((i / count + 1) * n + from + i % count * step);
                            assertThat(got[i]).isEqualTo(x[place]);
                            expected[place] = x[place];
                        }
                        Tensor back = guarded.input("back", DType.F32, new float[3 * n], 3, n);
                        Layouts.place(part, back, starts, steps);
                        assertThat(back.toFloats()).isEqualTo(expected);
                    }
                }
            }
        }
    }

    @Test
    void partsAreJoinedAndPadded() {
        try (Scope scope = Scope.open(DEVICE); Tape tape = Tape.forInference(DEVICE)) {
            Variable a = Variable.constant(scope.of(new float[] {1, 2, 3, 4}, 2, 2));
            Variable b = Variable.constant(scope.of(new float[] {5, 6}, 2, 1));
            Variable none = Variable.constant(scope.empty(DType.F32, 2, 0));
            assertThat(ShapeFunctions.concat(tape, -1, a, none, b).value().toFloats()).containsExactly(1, 2, 5, 3, 4,
                    6);
            Variable stacked = ShapeFunctions.stack(tape, -1, a, a);
            assertThat(stacked.shape().dims()).containsExactly(2, 2, 2);
            assertThat(stacked.value().toFloats()).containsExactly(1, 1, 2, 2, 3, 3, 4, 4);
            assertThat(ShapeFunctions.pad(tape, b, new long[] {0, 1}, new long[] {1, 0}, 9).value().toFloats())
                    .containsExactly(9, 5, 9, 6, 9, 9);
            assertThatIllegalArgumentException().isThrownBy(() -> ShapeFunctions.concat(tape, 0, a, b))
                    .withMessageContaining("a part is F32[2, 1], expected one like F32[2, 2] but for axis 0");
            assertThatIllegalArgumentException().isThrownBy(() -> ShapeFunctions.slice(tape, a, 1, 0, 3))
                    .withMessageContaining("0 to 3 along axis 1");
            assertThatIllegalArgumentException().isThrownBy(() -> ShapeFunctions.slice(tape, a, 1, 0, 2, -1))
                    .withMessageContaining("step along axis 1 is -1");
            assertThatIllegalArgumentException().isThrownBy(() -> ShapeFunctions.permute(tape, a, 0, 0))
                    .withMessageContaining("order is [0, 0]");
            assertThatIllegalArgumentException().isThrownBy(() -> ShapeFunctions.transpose(tape, a, 0, 2))
                    .withMessageContaining("axis is 2");
        }
    }

    @Test
    void castRoundsAndTakesTheNearest() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor x = scope.of(new float[] {-1.9f, 2.9f, Float.NaN, 3e9f, -1e30f, 300, Float.POSITIVE_INFINITY}, 7);
            Tensor ints = scope.empty(DType.I32, 7);
            Layouts.cast(x, ints);
            assertThat(ints.toInts()).containsExactly(-1, 2, 0, Integer.MAX_VALUE, Integer.MIN_VALUE, 300,
                    Integer.MAX_VALUE);
            Tensor longs = scope.empty(DType.I64, 7);
            Layouts.cast(x, longs);
            assertThat(longs.toLongs()).containsExactly(-1, 2, 0, 3000000000L, Long.MIN_VALUE, 300, Long.MAX_VALUE);
            Tensor small = scope.empty(DType.U8, 7);
            Layouts.cast(x, small);
            assertThat(small.toBytes()).containsExactly(0, 2, 0, (byte) 255, 0, (byte) 255, (byte) 255);
            Layouts.cast(longs, small);
            assertThat(small.toBytes()).containsExactly(0, 2, 0, (byte) 255, 0, (byte) 255, (byte) 255);
            Tensor floats = scope.empty(DType.BF16, 7);
            Layouts.cast(ints, floats);
            assertThat(floats.toFloats()).containsExactly(-1, 2, 0, 0x1p31f, -0x1p31f, 300, 0x1p31f);
        }
    }

    @Test
    void gradientsAreSlopes() {
        float[] x = Values.normal(3, 12, 1);
        Slopes.check((t, v) -> ShapeFunctions.slice(t, v, 1, 1, 4, 2), x, 1e-2, 3, 4);
        Slopes.check((t, v) -> ShapeFunctions.permute(t, v, 2, 0, 1), x, 1e-2, 3, 2, 2);
        Slopes.check((t, v) -> ShapeFunctions.transpose(t, v, 0, -1), x, 1e-2, 3, 4);
        Slopes.check((t, v) -> ShapeFunctions.concat(t, 0, v, MathFunctions.exp(t, v), v), x, 4e-3, 3, 4);
        Slopes.check((t, v) -> ShapeFunctions.stack(t, 1, v, v), x, 1e-2, 3, 4);
        Slopes.check((t, v) -> ShapeFunctions.pad(t, v, new long[] {1, 0}, new long[] {0, 2}, 3), x, 1e-2, 3, 4);
    }
}
