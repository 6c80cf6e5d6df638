package io.zoetrope.ops.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.reference.ReferenceAttention;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CachedAttentionTest {
    private static final Device DEVICE = Devices.shared();

    private static double[] firstRows(float[] cache, int batch, int capacity, int rows, int width) {
        double[] out = new double[batch * rows * width];
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < rows * width; i++) {
                out[b * rows * width + i] = cache[b * capacity * width + i];
            }
        }
        return out;
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 1, 1, 1, 1, 0", "F32, 2, 3, 17, 17, 32, 0", "BF16, 2, 3, 49, 30, 32, 0",
            "F32, 1, 2, 65, 63, 64, 0", "BF16, 3, 2, 65, 65, 64, 1", "F32, 2, 1, 20, 3, 128, 0",
            "BF16, 1, 2, 40, 33, 100, 0", "F32, 2, 2, 19, 18, 17, 1", "BF16, 1, 1, 70, 70, 72, 0",
            "F32, 1, 1, 1, 1, 129, 0", "BF16, 2, 3, 21, 18, 160, 1", "F32, 2, 2, 9, 7, 256, 0",
            "BF16, 1, 2, 70, 67, 257, 0", "F32, 1, 1, 5, 3, 515, 1", "BF16, 1, 1, 9, 9, 200, 0"})
    void oneQueryLooksAtTheValidRows(DType dtype, int batch, int heads, int capacity, int length, int dim, int offset) {
        ReferenceAttention reference = new ReferenceAttention(batch, heads, 1, length, dim, 1 / Math.sqrt(dim), false);
        float[] q = Values.stored(dtype, Values.normal(1, (long) batch * heads * dim, 1));
        float[] k = Values.stored(dtype, Values.normal(2, (long) batch * capacity * heads * dim, 1));
        float[] v = Values.stored(dtype, Values.uniform(3, k.length));
        for (int b = 0; b < batch; b++) { // whatever lies behind the valid rows must not matter
            int width = heads * dim;
            Arrays.fill(k, (b * capacity + length) * width, (b + 1) * capacity * width, Float.NaN);
            Arrays.fill(v, (b * capacity + length) * width, (b + 1) * capacity * width, Float.NaN);
        }
        double[] expected = reference.output(Values.doubles(q), firstRows(k, batch, capacity, length, heads * dim),
                firstRows(v, batch, capacity, length, heads * dim));
        try (Guarded guarded = new Guarded(DEVICE, offset)) {
            Tensor o = guarded.output("o", dtype, batch, 1, heads, dim);
            CachedAttention.decode(Attention.Heads.of(guarded.input("q", dtype, q, batch, 1, heads, dim)),
                    guarded.input("k", dtype, k, batch, capacity, heads, dim),
                    guarded.input("v", dtype, v, batch, capacity, heads, dim), Attention.Heads.of(o),
                    guarded.input("length", new int[] {length - 1}, 1), 1, (float) (1 / Math.sqrt(dim)));
            new Tolerance(dtype == DType.BF16 ? 0x1p-8 : 0x1p-16, 1e-5).check("o", expected, o.toFloats());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 130})
    void anEmptyCacheGivesZeros(int dim) {
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor o = guarded.output("o", DType.F32, 1, 1, 2, dim);
            Tensor cache = guarded.output("cache", DType.F32, 1, 3, 2, dim);
            CachedAttention.decode(Attention.Heads.of(guarded.input("q", DType.F32, new float[2 * dim], 1, 1, 2, dim)),
                    cache, cache, Attention.Heads.of(o), guarded.input("length", new int[] {0}, 1), 0, 1);
            assertThat(o.toFloats()).containsOnly(0);
        }
    }

    /**
     * Parts of a packed projection go behind what is there; what does not fit is dropped; a graph follows the length.
     */
    @ParameterizedTest
    @CsvSource({"F32, 3, 4", "BF16, 2, 8", "BF16, 1, 3"})
    void newRowsGoBehindTheValidOnes(DType dtype, int heads, int dim) {
        int batch = 2;
        int capacity = 5;
        int width = heads * dim;
        float[] packed = Values.stored(dtype, Values.uniform(9, (long) batch * 2 * 3 * width));
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor in = guarded.input("packed", dtype, packed, batch, 2, 3, heads, dim);
            Tensor k = guarded.output("k", dtype, batch, capacity, heads, dim).zero();
            Tensor v = guarded.output("v", dtype, batch, capacity, heads, dim).zero();
            Tensor length = guarded.input("length", new int[] {1}, 1);
            Runnable append = () -> CachedAttention.append(Attention.Heads.part(in, 1), Attention.Heads.part(in, 2), k,
                    v, length);
            append.run();
            try (CapturedGraph graph = CapturedGraph.record(DEVICE, append)) {
                length.copyFrom(new int[] {4});
                graph.launch();
                DEVICE.synchronize();
            }
            for (int part = 1; part <= 2; part++) {
                float[] expected = new float[batch * capacity * width];
                for (int b = 0; b < batch; b++) {
                    for (int place : new int[] {1, 2, 4}) {
                        int row = place == 2 ? 1 : 0;
                        System.arraycopy(packed, ((b * 2 + row) * 3 + part) * width, expected,
                                (b * capacity + place) * width, width);
                    }
                }
                assertThat((part == 1 ? k : v).toFloats()).isEqualTo(expected);
            }
        }
    }

    /** More units than threads of a block, by rows of three units. */
    @Test
    void manyRowsKeepTheirPlaces() {
        int width = 12;
        float[] packed = Values.uniform(10, 2L * 150 * 3 * width);
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor in = guarded.input("packed", DType.F32, packed, 2, 150, 3, 1, width);
            Tensor k = guarded.output("k", DType.F32, 2, 151, 1, width).zero();
            Tensor v = guarded.output("v", DType.F32, 2, 151, 1, width).zero();
            CachedAttention.append(Attention.Heads.part(in, 1), Attention.Heads.part(in, 2), k, v,
                    guarded.input("length", new int[] {1}, 1));
            for (int part = 1; part <= 2; part++) {
                float[] expected = new float[2 * 151 * width];
                for (int row = 0; row < 300; row++) {
                    System.arraycopy(packed, (row * 3 + part) * width, expected, (row / 150 + 1 + row) * width, width);
                }
                assertThat((part == 1 ? k : v).toFloats()).isEqualTo(expected);
            }
        }
    }

    @Test
    void mismatchesAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor q = scope.zeros(DType.F32, 1, 2, 2, 4);
            Tensor cache = scope.zeros(DType.F32, 1, 3, 2, 4);
            Tensor length = scope.zeros(DType.I32, 1);
            assertThatThrownBy(() -> CachedAttention.decode(Attention.Heads.of(q), cache, cache, Attention.Heads.of(q),
                    length, 0, 1)).hasMessageContainingAll("attention decode", "one query a sequence");
            Tensor wrong = scope.zeros(DType.F32, 1, 3, 4, 2);
            assertThatThrownBy(
                    () -> CachedAttention.append(Attention.Heads.of(q), Attention.Heads.of(q), wrong, cache, length))
                    .hasMessageContainingAll("cache append", "cacheK is F32[1, 3, 4, 2]", "F32[1, 3, 2, 4]");
        }
    }
}
