package io.zoetrope.ops.array;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Slopes;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Comparator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AxesTest {
    private static final Device DEVICE = Devices.shared();

    record Case(boolean[] reduced, long... dims) {
    }

    private static boolean[] axes(int rank, int... axes) {
        boolean[] reduced = new boolean[rank];
        for (int axis : axes) {
            reduced[axis] = true;
        }
        return reduced;
    }

    static Stream<Case> sums() {
        Stream<Case> some = Stream.of(new Case(axes(0)), new Case(axes(1, 0), 0), new Case(axes(2, 1), 3, 0),
                new Case(axes(2, 0), 0, 3), new Case(axes(3, 0, 2), 3, 5, 7), new Case(axes(3, 1), 3, 5, 7),
                new Case(axes(6, 0, 2, 3, 5), 2, 3, 2, 2, 3, 2), new Case(axes(1, 0), 5000),
                new Case(axes(2, 0), 4100, 3), new Case(axes(2), 3, 4), new Case(axes(2, 0, 1), 70, 70));
        return Stream.concat(some, IntStream.of(1, 31, 32, 33, 255, 256, 257, 300).boxed().flatMap(
                n -> Stream.of(new Case(axes(2, 1), 2, n), new Case(axes(2, 0), n, 5), new Case(axes(2, 0), 3, n))));
    }

    @ParameterizedTest
    @MethodSource("sums")
    void sumsMatchReference(Case c) {
        for (DType type : new DType[] {DType.F32, DType.BF16}) {
            int size = NdIndex.size(c.dims);
            float[] x = Values.stored(type, Values.uniform(size, size));
            long[] to = c.dims.clone();
            int terms = 1;
            for (int d = 0; d < to.length; d++) {
                terms *= c.reduced[d] ? (int) to[d] : 1;
                to[d] = c.reduced[d] ? 1 : to[d];
            }
            double[] expected = new double[NdIndex.size(to)];
            for (int i = 0; i < size; i++) {
                expected[NdIndex.repeated(i, to, c.dims)] += x[i] * 0.5;
            }
            for (DType result : new DType[] {DType.F32, DType.BF16}) {
                try (Guarded guarded = new Guarded(DEVICE)) {
                    Tensor out = guarded.output("out", result, to);
                    Axes.sum(guarded.input("x", type, x, c.dims), c.reduced, 0.5, out);
                    Tolerance.sum(result, terms, 1).check(type + " to " + result, expected, out.toFloats());
                }
            }
        }
    }

    /** Larger first, NaN before numbers, the lower index among equals: {@link Axes}. */
    private static int[] order(float[] line, boolean largest) {
        Comparator<Integer> byValue = Comparator.comparing(i -> Float.isNaN(line[i]) ? 0 : 1);
        return IntStream.range(0, line.length).boxed()
                .sorted(byValue
                        .thenComparing(i -> Float.isNaN(line[i]) ? 0 : (double) (largest ? -line[i] : line[i]) + 0.0)
                        .thenComparing(i -> i))
                .mapToInt(Integer::intValue).toArray();
    }

    @Test
    void selectionIsStable() {
        for (long[] dims : new long[][] {{1}, {7}, {2, 130}, {129, 2}, {2, 33, 3}, {0, 3}, {300}}) {
            for (int axis = 0; axis < dims.length; axis++) {
                for (DType type : new DType[] {DType.F32, DType.BF16, DType.I32}) {
                    check(dims, axis, type, axis % 2 == 0);
                    check(dims, axis, type, axis % 2 == 1);
                }
            }
        }
    }

    private static void check(long[] dims, int axis, DType type, boolean largest) {
        int n = (int) dims[axis];
        if (n == 0) {
            return;
        }
        int size = NdIndex.size(dims);
        float[] x = Values.normal(size, size, 3);
        for (int i = 0; i < size; i++) {
            x[i] = Math.round(x[i]);
            if (type != DType.I32 && i % 41 == 40) {
                x[i] = i % 2 == 0 ? Float.NaN : i % 3 == 0 ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
            }
        }
        int k = Math.min(n, 5);
        long[] to = dims.clone();
        to[axis] = k;
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor input = type == DType.I32
                    ? guarded.input("x", IntStream.range(0, size).map(i -> (int) x[i]).toArray(), dims)
                    : guarded.input("x", type, x, dims);
            Tensor values = guarded.output("values", type, to);
            Tensor indices = guarded.output("indices", DType.I32, to);
            Axes.select(input, axis, k, largest, values, indices);
            int[] got = indices.toInts();
            for (int i = 0; i < got.length; i++) {
                int[] at = NdIndex.of(i, to);
                int round = at[axis];
                float[] line = new float[n];
                for (int j = 0; j < n; j++) {
                    at[axis] = j;
                    line[j] = x[NdIndex.place(at, dims)];
                }
                int expected = order(line, largest)[round];
                assertThat(got[i]).as("%s axis %d place %d", type, axis, i).isEqualTo(expected);
                float value = type == DType.I32 ? values.toInts()[i] : values.toFloats()[i];
                assertThat(Float.valueOf(value)).isEqualTo(Float.valueOf(line[expected]));
            }
        }
    }

    @Test
    void gatherAndScatterMatchReference() {
        for (long[] dims : new long[][] {{5}, {3, 4}, {2, 5, 3}}) {
            for (int axis = 0; axis < dims.length; axis++) {
                for (int count : new int[] {1, 4, 9}) {
                    gatherAndScatter(dims, axis, count, true);
                    gatherAndScatter(dims, axis, count, false);
                }
            }
        }
    }

    private static void gatherAndScatter(long[] dims, int axis, int count, boolean shared) {
        long[] to = dims.clone();
        to[axis] = count;
        int size = NdIndex.size(to);
        int[] ids = new java.util.Random(7).ints(shared ? count : size, -1, (int) dims[axis] + 1).toArray();
        float[] x = Values.uniform(3, NdIndex.size(dims));
        float[] src = Values.uniform(4, size);
        double[] gathered = new double[size];
        double[] sums = new double[x.length];
        for (int i = 0; i < size; i++) {
            int[] at = NdIndex.of(i, to);
            int id = ids[shared ? at[axis] : i];
            at[axis] = id;
            boolean within = id >= 0 && id < dims[axis];
            gathered[i] = within ? x[NdIndex.place(at, dims)] : Double.NaN;
            if (within) {
                sums[NdIndex.place(at, dims)] += src[i];
            }
        }
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor indices = guarded.input("ids", ids, shared ? new long[] {count} : to);
            Tensor out = guarded.output("out", DType.F32, to);
            Indexing.gather(guarded.input("x", DType.F32, x, dims), axis, indices, out);
            new Tolerance(0, 0).check("gather", gathered, out.toFloats());
            Tensor scattered = guarded.output("sums", DType.F32, dims);
            Indexing.scatterAdd(guarded.input("src", DType.F32, src, to), axis, indices, scattered);
            new Tolerance(1e-6, 1e-6).check("scatter add", sums, scattered.toFloats());
        }
    }

    @Test
    void wrongIndicesAndAxesAreNamed() {
        try (Scope scope = Scope.open(DEVICE); Tape tape = Tape.forInference(DEVICE)) {
            Tensor ids = scope.of(new int[] {0, 2, 3, -1}, 4);
            assertThatThrownBy(() -> Indexing.requireWithin("ids", ids, 3))
                    .isInstanceOf(IndexOutOfBoundsException.class).hasMessage("ids at place 2 is 3, expected 0 to 2");
            Indexing.requireWithin("ids", ids.view(0, 3), 4);
            Tensor x = scope.zeros(DType.F32, 2, 3);
            assertThatIllegalArgumentException().isThrownBy(() -> AxisFunctions.topK(tape, Variable.constant(x), 1, 4))
                    .withMessageContaining("k is 4, expected 1 to 3");
            assertThatIllegalArgumentException().isThrownBy(() -> AxisFunctions.argmax(tape, Variable.constant(x), 2))
                    .withMessageContaining("axis is 2, expected -2 to 1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Indexing.dropout(x, 1, RandomKey.of(1, 1), scope.emptyLike(x)))
                    .withMessageContaining("probability is 1.0");
        }
    }

    @Test
    void matmulRepeatsItsBatches() {
        float[] a = Values.uniform(1, 2 * 3 * 4);
        float[] b = Values.uniform(2, 5 * 4 * 2);
        double[] expected = new double[2 * 5 * 3 * 2];
        for (int i = 0; i < expected.length; i++) {
            int[] at = NdIndex.of(i, 2, 5, 3, 2);
            for (int k = 0; k < 4; k++) {
                expected[i] += (double) a[(at[0] * 3 + at[2]) * 4 + k] * b[(at[1] * 4 + k) * 2 + at[3]];
            }
        }
        try (Scope scope = Scope.open(DEVICE); Tape tape = Tape.forInference(DEVICE)) {
            Variable c = IndexFunctions.matmul(tape, Variable.constant(scope.of(a, 2, 1, 3, 4)),
                    Variable.constant(scope.of(b, 5, 4, 2)));
            assertThat(c.shape().dims()).containsExactly(2, 5, 3, 2);
            Tolerance.tf32Sum(4, 1).check("matmul", expected, c.value().toFloats());
            assertThatIllegalArgumentException().isThrownBy(() -> IndexFunctions.matmul(tape, c, c))
                    .withMessageContaining("expected a [.., m, k], b [.., k, n]");
        }
    }

    @Test
    void dropoutKeepsTheMeanAndItsKey() {
        for (DType type : new DType[] {DType.F32, DType.BF16}) {
            for (int n : new int[] {1, 3, 4, 5, 4095, 4097, 20000}) {
                float[] x = new float[n];
                java.util.Arrays.fill(x, 3);
                float[] aligned;
                try (Guarded guarded = new Guarded(DEVICE)) {
                    Tensor out = guarded.output("out", type, n);
                    Indexing.dropout(guarded.input("x", type, x, n), 0.25, RandomKey.of(9, 1), out);
                    aligned = out.toFloats();
                }
                try (Guarded guarded = new Guarded(DEVICE, 1)) {
                    Tensor out = guarded.output("out", type, n);
                    Indexing.dropout(guarded.input("x", type, x, n), 0.25, RandomKey.of(9, 1), out);
                    assertThat(out.toFloats()).isEqualTo(aligned);
                }
                int kept = 0;
                for (float value : aligned) {
                    assertThat(value).isIn(0f, 4f);
                    kept += value != 0 ? 1 : 0;
                }
                if (n == 20000) { // six standard deviations
                    assertThat(kept).isBetween(15000 - 367, 15000 + 367);
                }
            }
        }
    }

    @Test
    void gradientsAreSlopes() {
        float[] x = {0.3f, -1.2f, 0.7f, 2.1f, -0.4f, 1.1f, 0.9f, -2.2f, 1.6f, -0.8f, 0.1f, -1.7f};
        Slopes.check((t, v) -> AxisFunctions.sum(t, v, false, 1), x, 1e-2, 2, 3, 2);
        Slopes.check((t, v) -> AxisFunctions.mean(t, v, true, 0, -1), x, 1e-2, 2, 3, 2);
        Slopes.check((t, v) -> AxisFunctions.max(t, v, 1, false), x, 1e-2, 2, 3, 2);
        Slopes.check((t, v) -> AxisFunctions.min(t, v, 0, true), x, 1e-2, 4, 3);
        Slopes.check((t, v) -> AxisFunctions.topK(t, v, 1, 2).values(), x, 1e-2, 3, 4);
        Slopes.check((t, v) -> AxisFunctions.softmax(t, v), x, 1e-2, 3, 4);
        Slopes.check((t, v) -> IndexFunctions.dropout(t, v, 0.5, RandomKey.of(5, 2)), x, 1e-2, 3, 4);
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor ids = scope.of(new int[] {2, 0, 2}, 3);
            Slopes.check((t, v) -> IndexFunctions.gather(t, v, 1, ids), x, 1e-2, 4, 3);
            Slopes.check((t, v) -> IndexFunctions.scatterAdd(t, v, 1, ids, 5), x, 1e-2, 4, 3);
            Variable b = Variable.constant(scope.of(Values.uniform(5, 12), 2, 3, 2));
            Slopes.check((t, v) -> IndexFunctions.matmul(t, v, b), Values.uniform(6, 6), 0.25, 2, 3);
            Slopes.check((t, v) -> IndexFunctions.matmul(t, b, v), Values.uniform(6, 8), 0.25, 2, 4);
        }
    }
}
