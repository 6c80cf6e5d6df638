package io.zoetrope.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.cuda.DeviceException;
import io.zoetrope.testkit.Devices;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TensorTextTest {
    private final Device device = Devices.shared();
    private final Scope scope = Scope.open(device);

    @AfterEach
    void close() {
        scope.close();
    }

    private static float[] counting(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i;
        }
        return values;
    }

    @Test
    void matricesAreLaidOutInRowsOfOneWidth() {
        assertThat(scope.of(new float[] {1, 2.5f, -10.25f, 0, 3, 4}, 2, 3)).hasToString("""
                F32[2, 3]
                [[  1.00,   2.50, -10.25],
                 [  0.00,   3.00,   4.00]]""");
        assertThat(scope.of(DType.BF16, new float[] {1, 2, 3, 4}, 2, 2)).hasToString("""
                BF16[2, 2]
                [[1., 2.],
                 [3., 4.]]""");
        assertThat(scope.of(counting(8), 2, 2, 2)).hasToString("""
                F32[2, 2, 2]
                [[[0., 1.],
                  [2., 3.]],

                 [[4., 5.],
                  [6., 7.]]]""");
    }

    @Test
    void vectorsAndScalarsTakeOneLine() {
        assertThat(scope.of(new int[] {1, -20}, 2)).hasToString("I32[2] [  1, -20]");
        assertThat(scope.of(new long[] {1L << 40}, 1)).hasToString("I64[1] [1099511627776]");
        assertThat(scope.of(new byte[] {1, -1}, 2)).hasToString("U8[2] [  1, 255]");
        assertThat(scope.of(new float[] {3.5f})).hasToString("F32[] 3.5");
        assertThat(scope.empty(DType.F32, 0, 3)).hasToString("F32[0, 3] []");
    }

    @Test
    void numbersFarApartHaveExponentsAndWhatIsNotFiniteItsName() {
        assertThat(scope.of(new float[] {1e-6f, 2, Float.NaN}, 3))
                .hasToString("F32[3] [1.0000e-06, 2.0000e+00,        nan]");
        assertThat(scope.of(new float[] {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0.5f}, 3))
                .hasToString("F32[3] [ inf, -inf,  0.5]");
        assertThat(scope.of(new float[] {1 / 3f, 2 / 3f}, 2)).hasToString("F32[2] [0.3333, 0.6667]");
    }

    @Test
    void largeOnesShowTheEndsOfEachAxis() {
        assertThat(scope.of(counting(1000), 1000)).hasToString("F32[1000] [  0.,   1.,   2., ..., 997., 998., 999.]");
        assertThat(scope.of(counting(200), 20, 10)).hasToString("""
                F32[20, 10]
                [[  0.,   1.,   2., ...,   7.,   8.,   9.],
                 [ 10.,  11.,  12., ...,  17.,  18.,  19.],
                 [ 20.,  21.,  22., ...,  27.,  28.,  29.],
                 ...,
                 [170., 171., 172., ..., 177., 178., 179.],
                 [180., 181., 182., ..., 187., 188., 189.],
                 [190., 191., 192., ..., 197., 198., 199.]]""");
        assertThat(scope.of(counting(240), 5, 6, 8)).hasToString("""
                F32[5, 6, 8]
                [[[  0.,   1.,   2., ...,   5.,   6.,   7.],
                  [  8.,   9.,  10., ...,  13.,  14.,  15.],
                  [ 16.,  17.,  18., ...,  21.,  22.,  23.],
                  [ 24.,  25.,  26., ...,  29.,  30.,  31.],
                  [ 32.,  33.,  34., ...,  37.,  38.,  39.],
                  [ 40.,  41.,  42., ...,  45.,  46.,  47.]],

                 ...,

                 [[192., 193., 194., ..., 197., 198., 199.],
                  [200., 201., 202., ..., 205., 206., 207.],
                  [208., 209., 210., ..., 213., 214., 215.],
                  [216., 217., 218., ..., 221., 222., 223.],
                  [224., 225., 226., ..., 229., 230., 231.],
                  [232., 233., 234., ..., 237., 238., 239.]]]""");
    }

    @Test
    void viewsShowTheirOwnValues() {
        Tensor x = scope.of(counting(6), 3, 2);
        assertThat(x.slice(1, 2)).hasToString("F32[1, 2]\n[[2., 3.]]");
    }

    @Test
    void whatWasGivenBackSaysSo() {
        Tensor x = scope.of(counting(2), 2);
        scope.free(x);
        assertThat(x).hasToString("F32[2] (closed: its memory was given back)");
        try (Device other = Device.open(DeviceChoice.parse("cpu"))) {
            x = Scope.open(other).zeros(DType.F32, 2);
        } catch (DeviceException e) {
            return; // a process that runs on a GPU has no softcuda
        }
        assertThat(x).hasToString("F32[2] (closed: its memory was given back)");
    }

    @Test
    void aRecordingGoesOnWhoeverAsks() throws Exception {
        Tensor x = scope.of(counting(2), 2);
        Tensor y = scope.zeros(DType.F32, 2);
        y.copyFrom(x);
        String[] texts = new String[2];
        CapturedGraph graph = CapturedGraph.record(device, () -> {
            texts[0] = x.toString();
            y.copyFrom(x);
            Thread other = new Thread(() -> texts[1] = x.toString());
            other.start();
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try (graph) {
            assertThat(texts).allSatisfy(text -> assertThat(text).startsWith("F32[2] (values are not shown: a graph"));
            x.copyFrom(new float[] {5, 6});
            graph.launch();
            assertThat(y).hasToString("F32[2] [5., 6.]");
        }
    }

    /** As a debugger does, that stopped another thread wherever it was. */
    @Test
    void noLockIsWaitedFor() throws Exception {
        Tensor x = scope.of(counting(2), 2);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Thread stopped = new Thread(() -> {
            synchronized (device.memory()) {
                held.countDown();
                try {
                    done.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        stopped.start();
        held.await();
        try {
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> assertThat(x).hasToString("F32[2] [0., 1.]"));
        } finally {
            done.countDown();
            stopped.join();
        }
    }

    @Test
    void messagesNameTypeAndShapeAlone() {
        Tensor x = scope.of(counting(2), 2);
        assertThat(x.describe()).isEqualTo("F32[2]");
        assertThat(Tensor.describe(null)).isEqualTo("null");
    }

    /** What is left out is not read either: a look at a tensor of any size is cheap. */
    @Test
    void onlyWhatIsShownIsFormatted() {
        Tensor x = scope.zeros(DType.F32, 64, 64, 64, 64);
        assertThat(x.toString().lines().count()).isLessThan(60);
        assertThat(IntStream.range(0, 64).mapToObj(i -> x.slice(i, i + 1).toString()).distinct()).hasSize(1);
    }
}
