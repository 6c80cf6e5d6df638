package io.zoetrope.ops.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.reference.ReferencePhilox;
import io.zoetrope.reference.ReferenceTokens;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokensTest {
    private static final Device DEVICE = Devices.shared();
    private static final int MASK = 99;

    private static int[] tokens(int size) {
        int[] values = new int[size];
        for (int i = 0; i < size; i++) {
            values[i] = i * 31 % 97;
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0", "3, 17, 0", "2, 65, 1", "5, 130, 0"})
    void shiftingTakeAndPut(int batch, int length, int offset) {
        int[] values = tokens(batch * length);
        try (Guarded guarded = new Guarded(DEVICE, offset)) {
            Tensor in = guarded.input("tokens", values, batch, length);
            Tensor shifted = guarded.output("shifted", DType.I32, batch, length);
            Tensor taken = guarded.output("taken", DType.I32, batch);
            Tokens.shift(in, 500, shifted);
            int[] expected = new int[values.length];
            for (int i = 0; i < values.length; i++) {
                expected[i] = i % length == 0 ? 500 : values[i - 1];
            }
            assertThat(shifted.toInts()).isEqualTo(expected);
            Tensor target = guarded.input("target", values, batch, length);
            for (int place : IntStream.of(0, 1, length - 1).filter(p -> p < length).distinct().toArray()) {
                Tensor at = guarded.input("place", new int[] {place}, 1);
                Tokens.take(in, at, 500, taken);
                for (int b = 0; b < batch; b++) {
                    assertThat(taken.toInts()[b]).isEqualTo(expected[b * length + place]);
                }
                int hidden = values[place]; // the first sample's token; others' stay unless they equal it
                Tokens.put(taken, at, hidden, target.copyFrom(values));
                for (int b = 0; b < batch; b++) {
                    int before = values[b * length + place];
                    assertThat(target.toInts()[b * length + place])
                            .isEqualTo(before == hidden ? expected[b * length + place] : before);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0", "4, 49, 0", "3, 17, 1", "2, 300, 0"})
    void aRandomShareIsHidden(int batch, int length, int offset) {
        int[] values = tokens(batch * length);
        try (Guarded guarded = new Guarded(DEVICE, offset)) {
            Tensor out = guarded.output("out", DType.I32, batch, length);
            Tensor weights = guarded.output("weights", DType.F32, batch, length);
            Tensor state = guarded.input("state", new long[] {11, 6}, 2);
            Tokens.mask(guarded.input("tokens", values, batch, length), MASK, out, weights,
                    RandomKey.reading(state, 3));
            int[] masked = out.toInts();
            float[] weight = weights.toFloats();
            for (int b = 0; b < batch; b++) {
                long element = (long) b * (length + 1);
                double r = ReferencePhilox.uniform(ReferencePhilox.word(11, 3, 6, element));
                int hidden = Math.max(1, (int) Math.ceil(Math.cos(Math.PI * r / 2) * length));
                double[] draws = new double[length];
                for (int s = 0; s < length; s++) {
                    draws[s] = -ReferencePhilox.uniform(ReferencePhilox.word(11, 3, 6, element + 1 + s));
                }
                int[] order = ReferenceTokens.ranking(draws);
                for (int rank = 0; rank < length; rank++) {
                    int at = b * length + order[rank];
                    assertThat(masked[at]).as("token %d", at).isEqualTo(rank < hidden ? MASK : values[at]);
                    assertThat(weight[at]).isEqualTo(rank < hidden ? 1 : 0);
                }
            }
        }
    }

    @Test
    void labelsAreDroppedAtRandom() {
        int[] labels = tokens(4000);
        try (Guarded guarded = new Guarded(DEVICE)) {
            Tensor out = guarded.output("out", DType.I32, labels.length);
            Tokens.dropLabels(guarded.input("labels", labels, labels.length), 10, 0.1f, out, RandomKey.of(5, 2));
            int[] kept = out.toInts();
            for (int i = 0; i < labels.length; i++) {
                boolean drop = ReferencePhilox.uniform(ReferencePhilox.word(5, 2, 0, i)) <= 0.1f;
                assertThat(kept[i]).isEqualTo(drop ? 10 : labels[i]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0", "3, 17, 0", "4, 49, 1", "2, 130, 0"})
    void theMostConfidentAreKept(int batch, int length, int offset) {
        int[] values = tokens(batch * length);
        int[] sampled = new int[values.length];
        float[] confidence = Values.uniform(3, values.length);
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 5 == 3 ? values[i] : MASK;
            sampled[i] = 200 + i;
            confidence[i] = Math.round(confidence[i]); // three values: ties at every cut
        }
        int wanted = Math.max(1, length / 2);
        try (Guarded guarded = new Guarded(DEVICE, offset)) {
            Tensor tokens = guarded.input("tokens", values, batch, length);
            Tokens.keepConfident(tokens, guarded.input("sampled", sampled, batch, length),
                    guarded.input("confidence", DType.F32, confidence, batch, length),
                    guarded.input("counts", new int[] {0, wanted, length}, 3), null,
                    guarded.input("round", new int[] {1}, 1), MASK, RandomKey.of(0, 0));
            int[] result = tokens.toInts();
            for (int b = 0; b < batch; b++) {
                double[] scores = new double[length];
                for (int s = 0; s < length; s++) {
                    scores[s] = values[b * length + s] == MASK ? confidence[b * length + s] : Double.POSITIVE_INFINITY;
                }
                int[] order = ReferenceTokens.ranking(scores);
                for (int rank = 0; rank < length; rank++) {
                    int at = b * length + order[rank];
                    assertThat(result[at]).as("place %d of sample %d", order[rank], b)
                            .isEqualTo(values[at] != MASK ? values[at] : rank < wanted ? sampled[at] : MASK);
                }
            }
        }
    }

    @Test
    void noiseOnTheConfidencesIsGumbels() {
        float[] confidence = Values.uniform(3, 2 * 20);
        int[] sampled = new int[40];
        int[] masked = new int[40];
        Arrays.setAll(sampled, i -> i);
        Arrays.fill(masked, MASK);
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor tokens = scope.of(masked, 2, 20);
            Tokens.keepConfident(tokens, scope.of(sampled, 2, 20), scope.of(confidence, 2, 20),
                    scope.of(new int[] {8}, 1), scope.of(new float[] {0.7f}, 1), scope.zeros(DType.I32, 1), MASK,
                    RandomKey.of(17, 4));
            int[] result = tokens.toInts();
            for (int b = 0; b < 2; b++) {
                double[] scores = new double[20];
                for (int s = 0; s < 20; s++) {
                    double u = ReferencePhilox.uniform(ReferencePhilox.word(17, 4, 0, b * 20L + s));
                    scores[s] = confidence[b * 20 + s] - 0.7f * Math.log(-Math.log(u));
                }
                int[] order = ReferenceTokens.ranking(scores);
                for (int rank = 0; rank < 20; rank++) {
                    assertThat(result[b * 20 + order[rank]]).isEqualTo(rank < 8 ? b * 20 + order[rank] : MASK);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 1, 1, 0, 1, 0", "F32, 9, 17, 1, 0, 1, 0", "BF16, 40, 65, 0.7, 0, 1, 1",
            "F32, 40, 512, 1.3, 20, 1, 0", "BF16, 40, 512, 1, 0, 0.8, 0", "F32, 40, 300, 0.9, 30, 0.6, 1",
            "F32, 20, 1025, 2, 1, 1, 0", "BF16, 20, 130, 1, 7, 0.99, 0", "F32, 9, 1100, 1, 50, 0.7, 0",
            "BF16, 9, 1100, 1, 50, 0.7, 0"})
    void drawsFollowTheDistribution(DType dtype, int rows, int vocabulary, float temperature, int topK, float topP,
            int offset) {
        float[] logits = Values.stored(dtype, Values.normal(7, (long) rows * vocabulary, 2));
        for (int i = 3; i < logits.length; i += 5) {
            logits[i] = logits[i - 1]; // ties, also at the cuts
        }
        try (Guarded guarded = new Guarded(DEVICE, offset)) {
            Tensor tokens = guarded.output("tokens", DType.I32, rows);
            Tensor confidence = guarded.output("confidence", DType.F32, rows);
            Tokens.sample(guarded.input("logits", dtype, logits, rows, vocabulary), tokens, confidence, temperature,
                    topK, topP, RandomKey.of(21, 9));
            int[] drawn = tokens.toInts();
            float[] sure = confidence.toFloats();
            for (int n = 0; n < rows; n++) {
                double[] row = Values.doubles(Arrays.copyOfRange(logits, n * vocabulary, (n + 1) * vocabulary));
                double[] kept = ReferenceTokens.kept(row, temperature, topK, topP);
                double u = ReferencePhilox.uniform(ReferencePhilox.word(21, 9, 0, n));
                double below = 0;
                for (int i = 0; i < drawn[n]; i++) {
                    below += kept[i];
                }
                assertThat(kept[drawn[n]]).as("token %d of row %d is kept", drawn[n], n).isPositive();
                assertThat(u).as("row %d", n).isBetween(below - 1e-5, below + kept[drawn[n]] + 1e-5);
                double expected = Math.log(ReferenceTokens.softmax(row, 1)[drawn[n]]);
                assertThat((double) sure[n]).isCloseTo(expected,
                        org.assertj.core.data.Offset.offset(1e-5 * (1 - expected)));
            }
        }
    }

    @Test
    void atTemperatureZeroTheFirstOfTheLargestIsTaken() {
        float[] logits = Values.uniform(1, 3 * 200);
        logits[150] = 4;
        logits[170] = 4;
        logits[200] = 3;
        logits[599] = 5;
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor tokens = scope.empty(DType.I32, 3);
            Tokens.sample(scope.of(logits, 3, 200), tokens, null, 0, 5, 0.5f, RandomKey.of(1, 1));
            assertThat(tokens.toInts()).containsExactly(150, 0, 199);
        }
    }

    @Test
    void notANumberIsSaid() {
        float[] logits = Values.uniform(1, 2 * 70);
        logits[100] = Float.NaN;
        logits[3] = Float.NEGATIVE_INFINITY;
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor tokens = scope.empty(DType.I32, 2);
            Tensor confidence = scope.empty(DType.F32, 2);
            Tokens.sample(scope.of(logits, 2, 70), tokens, confidence, 1, 0, 1, RandomKey.of(1, 1));
            assertThat(tokens.toInts()[0]).isBetween(0, 69).isNotEqualTo(3);
            assertThat(tokens.toInts()[1]).isEqualTo(-1);
            assertThat(confidence.toFloats()[1]).isNaN();
        }
    }

    @Test
    void mismatchesAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor tokens = scope.zeros(DType.I32, 2, 5);
            Tensor logits = scope.zeros(DType.F32, 2, 7);
            Tensor row = scope.zeros(DType.I32, 2);
            assertThatThrownBy(() -> Tokens.shift(tokens, 0, tokens)).hasMessageContainingAll("shift tokens",
                    "overlaps");
            assertThatThrownBy(() -> Tokens.sample(logits, row, null, 1, 0, 0, RandomKey.of(0, 0)))
                    .hasMessageContainingAll("sample tokens", "topP is 0.0");
            assertThatThrownBy(() -> Tokens.sample(logits, tokens, null, 1, 0, 1, RandomKey.of(0, 0)))
                    .hasMessageContaining("tokens is I32[2, 5], expected I32 of 2 elements");
            Tensor large = scope.zeros(DType.I32, 1, Tokens.MAX_SEQUENCE + 1);
            assertThatThrownBy(
                    () -> Tokens.mask(large, 0, large, scope.zeros(DType.F32, large.size()), RandomKey.of(0, 0)))
                    .hasMessageContaining("sequences of at most 8192");
        }
    }
}
