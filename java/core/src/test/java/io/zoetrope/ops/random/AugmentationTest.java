package io.zoetrope.ops.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.reference.ReferencePhilox;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AugmentationTest {
    private static final long SEED = 77;
    private static final long STREAM = 5;
    private static final long STEP = 3;

    /** What the kernel promises, one pixel at a time. */
    private record Reference(Augmentation how, byte[] data, int height, int width, int channels, float[] mean,
            float[] factor) {
        private static int below(int word, int bound) {
            return (int) ((word & 0xffffffffL) * bound >>> 32);
        }

        private static int mirrored(int i, int extent) {
            int positive = Math.abs(i);
            return positive < extent ? positive : 2 * extent - 2 - positive;
        }

        double[] sample(int i, int index) {
            int[] w = new int[8];
            for (int k = 0; k < 8; k++) {
                w[k] = ReferencePhilox.word(SEED, STREAM, STEP, 8L * i + k);
            }
            int dy = below(w[0], 2 * how.pad() + 1) - how.pad();
            int dx = below(w[1], 2 * how.pad() + 1) - how.pad();
            boolean flipped = how.flip() && w[2] < 0;
            boolean erased = ReferencePhilox.uniform(w[3]) <= how.erase();
            int h = Math.min(1 + below(w[4], how.side()), height);
            int wide = Math.min(1 + below(w[5], how.side()), width);
            int top = below(w[6], height - h + 1);
            int left = below(w[7], width - wide + 1);
            double[] out = new double[height * width * channels];
            for (int at = 0; at < out.length; at++) {
                int c = at % channels;
                int x = at / channels % width;
                int y = at / channels / width;
                int row = y + dy;
                int column = (flipped ? width - 1 - x : x) + dx;
                boolean inside = row >= 0 && row < height && column >= 0 && column < width;
                int value = 0;
                if (inside || how.reflect()) {
                    int from = (mirrored(row, height) * width + mirrored(column, width)) * channels + c;
                    value = data[index * out.length + from] & 0xff;
                }
                boolean hole = erased && y >= top && y < top + h && x >= left && x < left + wide;
                out[at] = hole ? 0 : ((double) value - mean[c]) * factor[c];
            }
            return out;
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 28, 28, 1, 2, false, true, 0.5, 10, 0", "BF16, 28, 28, 1, 0, false, false, 0, 1, 0",
            "F32, 5, 7, 3, 4, true, true, 1, 20, 1", "BF16, 17, 3, 3, 2, true, false, 0.25, 2, 1",
            "F32, 1, 1, 1, 0, false, true, 0, 1, 0", "F32, 33, 33, 3, 4, false, true, 0.3, 8, 0",
            "F32, 28, 28, 3, 3, true, true, 0.5, 9, 0", "BF16, 28, 28, 3, 3, true, true, 0.5, 9, 0"})
    void everyPixelFollowsTheReference(DType dtype, int height, int width, int channels, int pad, boolean reflect,
            boolean flip, float erase, int side, int offset) {
        int count = 9;
        int samples = 65;
        int size = height * width * channels;
        byte[] data = new byte[count * size];
        new Random(4).nextBytes(data);
        int[] indices = new int[samples];
        int[] labels = new int[count];
        for (int i = 0; i < samples; i++) {
            indices[i] = i * 5 % count;
        }
        for (int i = 0; i < count; i++) {
            labels[i] = 100 + i;
        }
        float[] mean = {70, 90.5f, 120};
        float[] factor = {1 / 80f, 1 / 64f, 0.01f};
        Augmentation how = new Augmentation(pad, reflect, flip, erase, side);
        Reference reference = new Reference(how, data, height, width, channels, mean, factor);
        try (Guarded guarded = new Guarded(Devices.shared(), offset); Scope scope = Scope.open(Devices.shared())) {
            Tensor out = guarded.output("out", dtype, samples, height, width, channels);
            Tensor picked = guarded.output("labels out", DType.I32, samples);
            Tensor pictures = guarded.input("data", data, count, height, width, channels);
            Augmentation.Normalisation normalisation = new Augmentation.Normalisation(
                    guarded.input("mean", DType.F32, java.util.Arrays.copyOf(mean, channels), channels),
                    guarded.input("factor", DType.F32, java.util.Arrays.copyOf(factor, channels), channels));
            how.batch(pictures, guarded.input("labels", labels, count), guarded.input("indices", indices, samples),
                    normalisation, out, picked, RandomKey.reading(RandomKey.state(scope, SEED, STEP), STREAM));
            double[] expected = new double[samples * size];
            for (int i = 0; i < samples; i++) {
                System.arraycopy(reference.sample(i, indices[i]), 0, expected, i * size, size);
                assertThat(picked.toInts()[i]).isEqualTo(100 + indices[i]);
            }
            Tolerance.elementwise(dtype).check("batch", expected, out.toFloats());
            byte[] first = out.toBytes();
            how.batch(pictures, null, guarded.input("indices", indices, samples), normalisation, out, null,
                    RandomKey.of(SEED, STREAM).atStep(STEP));
            assertThat(out.toBytes()).as("a key of host values").isEqualTo(first);
        }
    }

    @Test
    void shiftsFlipsAndErasuresAreSpreadEvenly() {
        int samples = 4000;
        byte[] ramp = new byte[16 * 16];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = (byte) i;
        }
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor out = scope.empty(DType.F32, samples, 16, 16, 1);
            Augmentation.Normalisation identity = new Augmentation.Normalisation(scope.zeros(DType.F32, 1),
                    scope.of(new float[] {1}, 1));
            new Augmentation(2, false, true, 0.25f, 3).batch(scope.of(ramp, 1, 16, 16, 1), null,
                    scope.zeros(DType.I32, samples), identity, out, null, RandomKey.of(1, 2));
            float[] pixels = out.toFloats();
            int[] shifts = new int[5];
            int flipped = 0;
            int erased = 0;
            for (int i = 0; i < samples; i++) {
                int holes = 0;
                for (int y = 3; y < 13; y++) {
                    for (int x = 3; x < 13; x++) {
                        holes += pixels[i * 256 + y * 16 + x] == 0 ? 1 : 0;
                    }
                }
                erased += holes > 0 ? 1 : 0;
                // Rows 8 and 9 differ by a row of the ramp, columns by one: up or down tells a flip.
                int a = (int) pixels[i * 256 + 8 * 16 + 8];
                int b = (int) pixels[i * 256 + 8 * 16 + 9];
                if (a > 0 && b > 0) {
                    flipped += b < a ? 1 : 0;
                    shifts[a / 16 - 8 + 2]++;
                }
            }
            assertThat(flipped).isBetween(1800, 2150);
            assertThat(erased).as("a quarter, of which 55 % reach the inner part").isBetween(470, 620);
            for (int count : shifts) {
                assertThat(count).isBetween(650, 900);
            }
        }
    }

    @Test
    void indicesBeyondTheDataGiveNaN() {
        try (Guarded guarded = new Guarded(Devices.shared()); Scope scope = Scope.open(Devices.shared())) {
            Tensor out = guarded.output("out", DType.F32, 3, 2, 2, 1);
            Tensor labels = guarded.output("labels", DType.I32, 3);
            Augmentation.NONE.batch(scope.of(new byte[] {1, 2, 3, 4}, 1, 2, 2, 1), scope.of(new int[] {7}, 1),
                    guarded.input("indices", new int[] {0, 1, -1}, 3),
                    new Augmentation.Normalisation(scope.zeros(DType.F32, 1), scope.of(new float[] {1}, 1)), out,
                    labels, null);
            assertThat(out.toFloats()).startsWith(1, 2, 3, 4);
            assertThat(out.slice(1, 3).toFloats()).containsOnly(Float.NaN);
            assertThat(labels.toInts()).containsExactly(7, -1, -1);
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor data = scope.zeros(DType.U8, 3, 4, 4, 1);
            Tensor indices = scope.zeros(DType.I32, 2);
            Augmentation.Normalisation one = new Augmentation.Normalisation(scope.zeros(DType.F32, 1),
                    scope.zeros(DType.F32, 1));
            Tensor out = scope.zeros(DType.F32, 2, 4, 4, 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Augmentation.NONE.batch(data, null, indices, one,
                            scope.zeros(DType.F32, 3, 4, 4, 1), null, null))
                    .withMessageContaining("augment: out has shape [3, 4, 4, 1]");
            Augmentation wide = new Augmentation(4, false, false, 0, 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> wide.batch(data, null, indices, one, out, null, RandomKey.of(1, 1)))
                    .withMessageContaining("pad is 4, expected less than the pictures' 4×4");
            Augmentation flip = new Augmentation(0, false, true, 0, 1);
            assertThatIllegalArgumentException().isThrownBy(() -> flip.batch(data, null, indices, one, out, null, null))
                    .withMessageContaining("key is null");
            assertThatIllegalArgumentException().isThrownBy(() -> new Augmentation(0, false, false, 2, 1))
                    .withMessageContaining("erase 2.0");
        }
    }
}
