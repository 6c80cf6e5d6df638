package io.zoetrope.ops.phaseshuffle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
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

class PhaseShuffleTest {
    /** The place that {@code place} reads. */
    private static int source(int place, int shift, int radius, int length) {
        int from = Math.abs(place + shift - radius);
        return from < length ? from : 2 * (length - 1) - from;
    }

    private static int[] shifts(int samples, int radius) {
        int[] shifts = new int[samples];
        for (int n = 0; n < samples; n++) {
            shifts[n] = n * 7 % (2 * radius + 1);
        }
        return shifts;
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 1, 1, 0, 0", "F32, 5, 17, 3, 2, 0", "BF16, 5, 17, 3, 2, 0", "F32, 7, 3, 1, 2, 1",
            "BF16, 3, 65, 63, 4, 1", "F32, 3, 300, 8, 299, 0", "F32, 2, 64, 17, 0, 0"})
    void movesEverySampleAndMirrorsTheEnds(DType dtype, int samples, int length, int channels, int radius, int offset) {
        float[] x = Values.stored(dtype, Values.uniform(1, (long) samples * length * channels));
        float[] dy = Values.stored(dtype, Values.uniform(2, x.length));
        int[] shifts = shifts(samples, radius);
        float[] y = new float[x.length];
        double[] dx = new double[x.length];
        for (int n = 0; n < samples; n++) {
            for (int l = 0; l < length; l++) {
                int from = source(l, shifts[n], radius, length);
                for (int c = 0; c < channels; c++) {
                    y[(n * length + l) * channels + c] = x[(n * length + from) * channels + c];
                    dx[(n * length + from) * channels + c] += dy[(n * length + l) * channels + c];
                }
            }
        }
        try (Guarded guarded = new Guarded(Devices.shared(), offset)) {
            Tensor s = guarded.input("shifts", shifts, samples);
            Tensor moved = guarded.output("y", dtype, samples, length, channels);
            PhaseShuffle.forward(guarded.input("x", dtype, x, samples, length, channels), s, moved, radius);
            assertThat(moved.toFloats()).isEqualTo(y);
            Tensor back = guarded.output("dx", dtype, samples, length, channels);
            PhaseShuffle.backward(guarded.input("dy", dtype, dy, samples, length, channels), s, back, radius);
            Tolerance.sum(dtype, 3, 1).check("dx", dx, back.toFloats());
        }
    }

    @Test
    void shiftsTakeEveryValueAndFollowTheKey() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor state = RandomKey.state(scope, 3, 0);
            Tensor first = scope.empty(DType.I32, 400);
            Tensor second = scope.empty(DType.I32, 400);
            PhaseShuffle.draw(first, 2, RandomKey.reading(state, 9));
            Random.advance(state);
            PhaseShuffle.draw(second, 2, RandomKey.reading(state, 9));
            assertThat(Arrays.stream(first.toInts()).boxed()).containsOnly(0, 1, 2, 3, 4);
            assertThat(second.toInts()).isNotEqualTo(first.toInts());
            PhaseShuffle.draw(second, 2, new RandomKey(3, 9, 0, null));
            assertThat(second.toInts()).isEqualTo(first.toInts());
        }
    }

    @Test
    void shiftsBeyondTheRadiusAreTakenAsTheNearest() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.of(new float[] {1, 2, 3, 4, 1, 2, 3, 4}, 2, 4, 1);
            Tensor y = scope.empty(DType.F32, 2, 4, 1);
            PhaseShuffle.forward(x, scope.of(new int[] {-7, 100}, 2), y, 1);
            assertThat(y.toFloats()).containsExactly(2, 1, 2, 3, 2, 3, 4, 3);
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.zeros(DType.F32, 2, 4, 1);
            Tensor shifts = scope.zeros(DType.I32, 2);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> PhaseShuffle.forward(x, shifts, scope.emptyLike(x), 4))
                    .withMessage("phase shuffle: radius is 4, expected 0 … 3 for x [2, 4, 1]: less than its length");
            assertThatIllegalArgumentException().isThrownBy(() -> PhaseShuffle.backward(x, shifts, x, 1))
                    .withMessageContaining("dx overlaps dy");
            assertThatIllegalArgumentException().isThrownBy(() -> PhaseShuffle.draw(shifts, -1, RandomKey.of(1, 1)))
                    .withMessageContaining("radius is -1");
        }
    }
}
