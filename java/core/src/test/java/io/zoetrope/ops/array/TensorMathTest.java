package io.zoetrope.ops.array;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.array.Elementwise.Comparison;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** As a user would: small tensors, results looked at. The kernels behind them have tests of their own. */
class TensorMathTest {
    private final Device device = Devices.shared();
    private final Scope scope = Scope.open(device);
    private final TensorMath math = TensorMath.in(scope);
    private final Tensor x = scope.of(new float[] {1, 4, 9, 16, 25, 36}, 2, 3);
    private final Tensor row = scope.of(new float[] {1, 2, 3}, 3);

    @AfterEach
    void close() {
        scope.close();
    }

    private static void assertHolds(Tensor tensor, long[] dims, double... values) {
        assertThat(tensor.shape().dims()).containsExactly(dims);
        float[] found = switch (tensor.dtype()) {
            case F32, BF16 -> tensor.toFloats();
            case I32 -> floats(tensor.toInts());
            default -> floats(unsigned(tensor.toBytes()));
        };
        assertThat(found).hasSize(values.length);
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).as("element %d of %s", i, tensor).isCloseTo(values[i],
                    org.assertj.core.api.Assertions.within(1e-5 * Math.max(1, Math.abs(values[i]))));
        }
    }

    private static int[] unsigned(byte[] bytes) {
        int[] values = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            values[i] = bytes[i] & 0xff;
        }
        return values;
    }

    private static float[] floats(int[] ints) {
        float[] values = new float[ints.length];
        for (int i = 0; i < ints.length; i++) {
            values[i] = ints[i];
        }
        return values;
    }

    private static long[] dims(long... dims) {
        return dims;
    }

    @Test
    void arithmeticRepeatsItsOperands() {
        assertHolds(math.add(x, row), dims(2, 3), 2, 6, 12, 17, 27, 39);
        assertHolds(math.subtract(row, x), dims(2, 3), 0, -2, -6, -15, -23, -33);
        assertHolds(math.multiply(x, row), dims(2, 3), 1, 8, 27, 16, 50, 108);
        assertHolds(math.divide(x, row), dims(2, 3), 1, 2, 3, 16, 12.5, 12);
        assertHolds(math.max(x, row), dims(2, 3), 1, 4, 9, 16, 25, 36);
        assertHolds(math.min(x, row), dims(2, 3), 1, 2, 3, 1, 2, 3);
        assertHolds(math.repeat(row, 2, 3), dims(2, 3), 1, 2, 3, 1, 2, 3);
    }

    @Test
    void numbersAreOperandsToo() {
        assertHolds(math.add(row, 0.5), dims(3), 1.5, 2.5, 3.5);
        assertHolds(math.subtract(row, 1), dims(3), 0, 1, 2);
        assertHolds(math.multiply(row, -2), dims(3), -2, -4, -6);
        assertHolds(math.divide(row, 4), dims(3), 0.25, 0.5, 0.75);
        assertHolds(math.pow(row, 3), dims(3), 1, 8, 27);
        assertHolds(math.max(row, 2), dims(3), 2, 2, 3);
        assertHolds(math.min(row, 2), dims(3), 1, 2, 2);
        assertHolds(math.compare(Comparison.GREATER_EQUAL, row, 2), dims(3), 0, 1, 1);
        Tensor integers = scope.of(new int[] {5, -7}, 2);
        assertHolds(math.multiply(integers, 3), dims(2), 15, -21);
        assertThatIllegalArgumentException().isThrownBy(() -> math.multiply(integers, 0.5))
                .withMessageContaining("scalar is 0.5, expected an int");
    }

    @Test
    void functionsOfOneOperand() {
        assertHolds(math.sqrt(x), dims(2, 3), 1, 2, 3, 4, 5, 6);
        assertHolds(math.exp(row), dims(3), Math.E, Math.exp(2), Math.exp(3));
        assertHolds(math.log(row), dims(3), 0, Math.log(2), Math.log(3));
        assertHolds(math.abs(math.negate(row)), dims(3), 1, 2, 3);
        assertHolds(math.cast(scope.of(new float[] {-1.7f, 2.9f}, 2), DType.I32), dims(2), -1, 2);
        assertThat(math.cast(row, DType.BF16).dtype()).isEqualTo(DType.BF16);
    }

    @Test
    void choice() {
        Tensor large = math.compare(Comparison.GREATER, x, math.multiply(row, 4));
        assertHolds(large, dims(2, 3), 0, 0, 0, 1, 1, 1);
        assertHolds(math.where(large, x, row), dims(2, 3), 1, 2, 3, 16, 25, 36);
    }

    @Test
    void layouts() {
        assertHolds(math.slice(x, 1, 1, 3), dims(2, 2), 4, 9, 25, 36);
        assertHolds(math.slice(x, -1, 0, 3, 2), dims(2, 2), 1, 9, 16, 36);
        assertHolds(math.permute(x, 1, 0), dims(3, 2), 1, 16, 4, 25, 9, 36);
        assertHolds(math.transpose(x, 0, -1), dims(3, 2), 1, 16, 4, 25, 9, 36);
        assertHolds(math.concat(0, x, row.reshape(1, 3)), dims(3, 3), 1, 4, 9, 16, 25, 36, 1, 2, 3);
        assertHolds(math.stack(1, row, row), dims(3, 2), 1, 1, 2, 2, 3, 3);
        assertHolds(math.pad(row, dims(1), dims(2), 7), dims(6), 7, 1, 2, 3, 7, 7);
    }

    @Test
    void alongAxes() {
        assertHolds(math.sum(x, false), dims(), 91);
        assertHolds(math.sum(x, false, 0), dims(3), 17, 29, 45);
        assertHolds(math.mean(x, true, 1), dims(2, 1), 14 / 3.0, 77 / 3.0);
        assertHolds(math.max(x, 1, false), dims(2), 9, 36);
        assertHolds(math.min(x, 0, true), dims(1, 3), 1, 4, 9);
        assertHolds(math.argmax(x, 1), dims(2), 2, 2);
        assertHolds(math.argmin(x, 0), dims(3), 0, 0, 0);
        TensorMath.Selection best = math.topK(x, 1, 2);
        assertHolds(best.values(), dims(2, 2), 9, 4, 36, 25);
        assertHolds(best.indices(), dims(2, 2), 2, 1, 2, 1);
        double sum = Math.exp(-2) + Math.exp(-1) + 1;
        assertHolds(math.softmax(row), dims(3), Math.exp(-2) / sum, Math.exp(-1) / sum, 1 / sum);
    }

    @Test
    void indicesProductsAndChance() {
        Tensor ids = scope.of(new int[] {2, 0, 2}, 3);
        assertHolds(math.gather(x, 1, ids), dims(2, 3), 9, 1, 9, 36, 16, 36);
        assertHolds(math.scatterAdd(x, 1, ids, 4), dims(2, 4), 4, 0, 10, 0, 25, 0, 52, 0);
        assertHolds(math.matmul(x, math.transpose(x, 0, 1)), dims(2, 2), 98, 440, 440, 2177);
        Tensor ones = math.add(scope.zeros(DType.F32, 1000), 1);
        float[] dropped = math.dropout(ones, 0.5, RandomKey.of(3, 1)).toFloats();
        assertThat(dropped).containsOnly(0, 2);
        assertThat(math.dropout(ones, 0.5, RandomKey.of(3, 1)).toFloats()).isEqualTo(dropped);
        assertThat(math.dropout(ones, 0.5, RandomKey.of(4, 1)).toFloats()).isNotEqualTo(dropped);
    }

    /** What an operation needs on the way goes as it ends; its result stays until the scope closes. */
    @Test
    void onlyResultsStay() {
        Tensor wide = scope.zeros(DType.F32, 4, 1000);
        long before = scope.bytes();
        math.argmax(wide, 1);
        assertThat(scope.bytes() - before).isEqualTo(4 * Integer.BYTES);
        before = scope.bytes();
        Tensor stacked = math.stack(0, wide, wide);
        assertThat(scope.bytes() - before).isEqualTo(stacked.bytes());
        scope.free(stacked);
        assertThat(scope.bytes()).isEqualTo(before);
    }

    @Test
    void aRecordedGraphRunsThemAgain() {
        math.softmax(math.add(row, row));
        Tensor[] y = new Tensor[1];
        try (CapturedGraph graph = CapturedGraph.record(device, () -> y[0] = math.mean(math.add(row, row), false))) {
            row.copyFrom(new float[] {5, 6, 7});
            graph.launch();
            assertHolds(y[0], dims(), 12);
            scope.free(y[0]);
        }
    }
}
