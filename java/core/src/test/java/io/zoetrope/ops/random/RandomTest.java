package io.zoetrope.ops.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.reference.ReferencePhilox;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RandomTest {
    /** Counter, key and result of the test vectors published with Random123 (philox4x32, 10 rounds). */
    static Stream<Arguments> publishedVectors() {
        return Stream.of(
                Arguments.of(new int[] {0, 0, 0, 0}, new int[] {0, 0},
                        new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}),
                Arguments.of(new int[] {-1, -1, -1, -1}, new int[] {-1, -1},
                        new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}),
                Arguments.of(new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                        new int[] {0xa4093822, 0x299f31d0},
                        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
    }

    private static long join(int low, int high) {
        return (long) high << 32 | low & 0xffffffffL;
    }

    @ParameterizedTest
    @MethodSource("publishedVectors")
    void thePublishedVectorsComeOut(int[] counter, int[] key, int[] expected) {
        assertThat(ReferencePhilox.block(counter, key)).as("reference").isEqualTo(expected);
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor out = guarded.output("out", DType.I32, 4);
            RandomKey device = new RandomKey(join(key[0], key[1]), counter[2] & 0xffffffffL, counter[3] & 0xffffffffL,
                    null);
            Random.bits(out, join(counter[0], counter[1]), device);
            assertThat(out.toInts()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 0", "F32, 3, 0", "F32, 17, 1", "F32, 4096, 0", "F32, 10001, 0", "F32, 10001, 1", "BF16, 1, 0",
            "BF16, 63, 0", "BF16, 65, 1", "BF16, 8195, 0"})
    void normalsMatchBoxMullerInDoublePrecision(DType dtype, int size, int offset) {
        RandomKey key = RandomKey.of(0x1234_5678_9abc_def0L, 7);
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor out = guarded.output("out", dtype, size);
            Random.normal(out, key);
            double[] expected = ReferencePhilox.normals(key.seed(), 7, 0, size);
            Tolerance tolerance = dtype == DType.F32 ? new Tolerance(1e-6, 1e-6) : new Tolerance(1.0 / 256, 1e-6);
            tolerance.check("normals", expected, out.toFloats());
            Random.normal(out, 2, 0.5f, key);
            for (int i = 0; i < size; i++) {
                expected[i] = 2 + 0.5 * expected[i];
            }
            tolerance.check("scaled normals", expected, out.toFloats());
        }
    }

    @Test
    void everyDeviceMakesTheSameBits() {
        int n = 20_000;
        float[] expected = new float[n];
        for (int i = 0; i < n; i += 2) {
            float[] pair = ReferencePhilox.normalPair(ReferencePhilox.word(8, 6, 4, i),
                    ReferencePhilox.word(8, 6, 4, i + 1));
            System.arraycopy(pair, 0, expected, i, 2);
        }
        assertThat(normals(n, 0, new RandomKey(8, 6, 4, null))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 0", "F32, 17, 1", "F32, 9001, 0", "BF16, 65, 0"})
    void uniformsMatchTheReference(DType dtype, int size, int offset) {
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor out = guarded.output("out", dtype, size);
            Random.uniform(out, -1, 3, new RandomKey(5, 6, 7, null));
            double[] expected = IntStream.range(0, size)
                    .mapToDouble(i -> -1 + 4 * ReferencePhilox.uniform(ReferencePhilox.word(5, 6, 7, i))).toArray();
            Tolerance.elementwise(dtype).check("uniforms", expected, out.toFloats());
        }
    }

    @Test
    void theSameKeyGivesTheSameBitsWhateverTheSizeAndAlignment() {
        RandomKey key = RandomKey.of(42, 1);
        float[] whole = normals(6000, 0, key);
        assertThat(normals(6000, 0, key)).isEqualTo(whole);
        assertThat(normals(6000, 1, key)).isEqualTo(whole);
        assertThat(normals(4097, 0, key)).isEqualTo(Arrays.copyOf(whole, 4097));
        assertThat(normals(3, 1, key)).isEqualTo(Arrays.copyOf(whole, 3));
        assertThat(normals(6000, 0, key.withStream(2))).isNotEqualTo(whole);
        assertThat(normals(6000, 0, key.atStep(1))).isNotEqualTo(whole);
        assertThat(normals(6000, 0, RandomKey.of(43, 1))).isNotEqualTo(whole);
    }

    private static float[] normals(int size, int offset, RandomKey key) {
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor out = guarded.output("out", DType.F32, size);
            Random.normal(out, key);
            return out.toFloats();
        }
    }

    @Test
    void normalsHaveTheMomentsAndTheDistributionOfNormals() {
        int n = 100_000;
        float[] values = normals(n, 0, RandomKey.of(2024, 0));
        double[] moments = new double[5];
        for (float value : values) {
            double power = 1;
            for (int k = 1; k < moments.length; k++) {
                power *= value;
                moments[k] += power / n;
            }
        }
        // Standard errors: 1/√n, √2/√n, √15/√n, √96/√n; four of them.
        double error = 4 / Math.sqrt(n);
        assertThat(moments[1]).isBetween(-error, error);
        assertThat(moments[2]).isBetween(1 - error * Math.sqrt(2), 1 + error * Math.sqrt(2));
        assertThat(moments[3]).isBetween(-error * Math.sqrt(15), error * Math.sqrt(15));
        assertThat(moments[4]).isBetween(3 - error * Math.sqrt(96), 3 + error * Math.sqrt(96));
        Arrays.sort(values);
        double distance = 0;
        for (int i = 0; i < n; i++) {
            double below = normalDistribution(values[i]);
            distance = Math.max(distance, Math.max(below - (double) i / n, (double) (i + 1) / n - below));
        }
        assertThat(distance * Math.sqrt(n)).as("Kolmogorov-Smirnov statistic, 0.1 %% level").isLessThan(1.95);
    }

    /** Φ(x) by the continued series x + x³/3 + x⁵/(3·5) + … (Marsaglia 2004). */
    private static double normalDistribution(double x) {
        double term = x;
        double sum = x;
        for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && i < 400; i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return 0.5 + sum * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
    }

    @Test
    void neighboursAndStreamsAreUncorrelated() {
        int n = 40_000;
        float[] a = normals(n, 0, RandomKey.of(9, 0));
        float[] b = normals(n, 0, RandomKey.of(9, 1));
        double limit = 4 / Math.sqrt(n);
        for (int lag = 1; lag <= 4; lag++) {
            double sum = 0;
            for (int i = lag; i < n; i++) {
                sum += (double) a[i] * a[i - lag] / n;
            }
            assertThat(sum).as("lag %d", lag).isBetween(-limit, limit);
        }
        double across = 0;
        for (int i = 0; i < n; i++) {
            across += (double) a[i] * b[i] / n;
        }
        assertThat(across).isBetween(-limit, limit);
    }

    @Test
    void uniformsFillTheUnitIntervalEvenly() {
        int n = 100_000;
        int[] counts = new int[100];
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor out = scope.empty(DType.F32, n);
            Random.uniform(out, RandomKey.of(3, 3));
            for (float value : out.toFloats()) {
                assertThat(value).isGreaterThan(0).isLessThanOrEqualTo(1);
                counts[Math.min(99, (int) (value * 100))]++;
            }
        }
        assertThat(chiSquare(counts, n)).as("χ² of 100 bins, 0.1 %% level").isLessThan(149);
    }

    private static double chiSquare(int[] counts, int n) {
        double expected = (double) n / counts.length;
        return Arrays.stream(counts).mapToDouble(count -> (count - expected) * (count - expected) / expected).sum();
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "7", "1000", "2147483647", "1500000000"})
    void integersAreEvenlySpread(int bound) {
        int n = 60_000;
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor out = guarded.output("out", DType.I32, n);
            Random.integers(out, bound, RandomKey.of(11, 0));
            int bins = Math.min(bound, 50);
            int[] counts = new int[bins];
            for (int value : out.toInts()) {
                assertThat(value).isBetween(0, bound - 1);
                counts[(int) ((long) value * bins / bound)]++;
            }
            if (bound <= 50 || bound >= 1000) {
                assertThat(chiSquare(counts, n)).as("χ² of %d bins", bins).isLessThan(90);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 3", "2, 3", "5, 7", "60, 64", "1000, 64", "4097, 500"})
    void eachEpochOfAShuffleIsAPermutationAndEpochsDiffer(int bound, int batch) {
        int epochs = 3;
        int batches = (bound * epochs + batch - 1) / batch;
        int[] sequence = new int[batches * batch];
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor out = guarded.output("out", DType.I32, batch);
            for (int b = 0; b < batches; b++) {
                Random.shuffle(out, bound, new RandomKey(77, 4, b, null));
                System.arraycopy(out.toInts(), 0, sequence, b * batch, batch);
            }
        }
        Set<String> orders = new HashSet<>();
        for (int epoch = 0; epoch < epochs; epoch++) {
            int[] order = Arrays.copyOfRange(sequence, epoch * bound, (epoch + 1) * bound);
            orders.add(Arrays.toString(order));
            assertThat(Arrays.stream(order).sorted().toArray()).isEqualTo(IntStream.range(0, bound).toArray());
        }
        if (bound >= 60) {
            assertThat(orders).hasSize(epochs);
        }
    }

    /** The walk through a Feistel network, with epochs beyond 32 bits. */
    @ParameterizedTest
    @CsvSource({"1, 0", "2, 5", "5, 3", "64, 9", "1000, 4294967295", "4097, 77"})
    void aShuffleFollowsTheReference(int bound, long step) {
        int size = 300;
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor out = guarded.output("out", DType.I32, size);
            Random.shuffle(out, bound, new RandomKey(0x1234_5678_9abc_def0L, 4, step, null));
            int[] expected = new int[size];
            for (int i = 0; i < size; i++) {
                long place = step * size + i;
                expected[i] = ReferencePhilox.shuffled(0x1234_5678_9abc_def0L, 4, place / bound, (int) (place % bound),
                        bound);
            }
            assertThat(out.toInts()).isEqualTo(expected);
        }
    }

    @Test
    void aDeviceStateGivesTheBitsOfTheHostKeyAtItsStep() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor state = RandomKey.state(scope, 99, 5);
            RandomKey reading = RandomKey.reading(state, 3);
            Tensor out = scope.empty(DType.F32, 100);
            Tensor ints = scope.empty(DType.I32, 100);
            for (int step = 5; step < 8; step++) {
                RandomKey host = new RandomKey(99, 3, step, null);
                Random.normal(out, reading);
                assertThat(out.toFloats()).isEqualTo(normals(100, 0, host));
                Random.shuffle(ints, 1000, reading);
                int[] indices = ints.toInts();
                Random.shuffle(ints, 1000, host);
                assertThat(indices).isEqualTo(ints.toInts());
                Random.advance(state);
            }
            assertThat(state.toLongs()).containsExactly(99, 8);
        }
    }

    @Test
    void aRecordedGraphDrawsFreshNumbersAtEachReplay() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor state = RandomKey.state(scope, 1, 0);
            Tensor out = scope.empty(DType.F32, 500);
            Runnable work = () -> {
                Random.normal(out, RandomKey.reading(state, 2));
                Random.advance(state);
            };
            work.run();
            try (CapturedGraph graph = CapturedGraph.record(Devices.shared(), work)) {
                for (int step = 1; step < 4; step++) {
                    graph.launch();
                    assertThat(out.toFloats()).isEqualTo(normals(500, 0, new RandomKey(1, 2, step, null)));
                }
            }
        }
    }

    @Test
    void wrongArgumentsAreNamed() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor floats = scope.of(Values.uniform(1, 3), 3);
            assertThatIllegalArgumentException().isThrownBy(() -> Random.integers(floats, 5, RandomKey.of(1, 1)))
                    .withMessage("random integers: out is F32[3], expected I32");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Random.integers(scope.zeros(DType.I32, 3), 0, RandomKey.of(1, 1)))
                    .withMessage("random integers: bound is 0, expected 1 or more");
            assertThatIllegalArgumentException().isThrownBy(() -> RandomKey.of(1, -1))
                    .withMessageContaining("stream -1");
            assertThatIllegalArgumentException().isThrownBy(() -> RandomKey.reading(floats, 1))
                    .withMessage("random key: state is F32[3], expected I64[2] {seed, step}");
        }
    }
}
