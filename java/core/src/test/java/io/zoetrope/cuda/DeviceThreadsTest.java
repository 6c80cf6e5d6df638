package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import jcuda.driver.CUcontext;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;

/** A device is used from threads that never saw it before, and from several at once. */
class DeviceThreadsTest {
    private final Device device = Devices.shared();

    /** Every kind of call that needs the context: memory, copies, launches, a graph, events. */
    private float[] everything(Device on) {
        try (Scope scope = Scope.open(on); Event before = new Event(on); Event after = new Event(on)) {
            Tensor x = scope.of(new float[] {1, 2, 3}, 3);
            before.record(on.stream());
            Pointwise.add(x, x, x);
            try (CapturedGraph graph = CapturedGraph.record(on, () -> Pointwise.add(x, x, x))) {
                graph.launch();
            }
            after.record(on.stream());
            assertThat(after.millisecondsSince(before)).isNotNegative();
            scope.empty(DType.U8, 3 << 20).zero();
            on.memory().trim();
            return x.toFloats();
        }
    }

    private static <T> T in(ExecutorService pool, Callable<T> work) throws Exception {
        return pool.submit(work).get();
    }

    @Test
    void aNewThreadTakesTheDeviceOver() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {5}, 1);
            assertThat(in(other, () -> {
                Pointwise.add(x, x, x);
                return x.toFloats();
            })).containsExactly(10);
            assertThat(in(other, () -> everything(device))).containsExactly(4, 8, 12);
            assertThat(x.toFloats()).containsExactly(10);
        } finally {
            other.shutdown();
        }
    }

    @Test
    void aPoolOfThreadsSharesTheDevice() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<float[]>> results = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                float value = i;
                results.add(pool.submit(() -> {
                    try (Scope scope = Scope.open(device)) {
                        Tensor x = scope.of(new float[] {value, -value}, 2);
                        Tensor y = scope.emptyLike(x);
                        Pointwise.add(x, x, y);
                        Pointwise.add(y, x, y);
                        return y.toFloats();
                    }
                }));
            }
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get()).containsExactly(3f * i, -3f * i);
            }
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void aTestWithATimeLimitRunsInAThreadOfItsOwn() {
        assertTimeoutPreemptively(Duration.ofSeconds(60),
                () -> assertThat(everything(device)).containsExactly(4, 8, 12));
    }

    @Test
    void aContextThatOtherCodeMadeCurrentIsReplaced() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            in(other, () -> everything(device));
            assertThat(in(other, () -> {
                CUcontext none = new CUcontext();
                JCudaDriver.cuCtxPopCurrent(none);
                return everything(device);
            })).containsExactly(4, 8, 12);
        } finally {
            other.shutdown();
        }
    }

    @Test
    void aDeviceIsOpenedInOneThreadAndClosedInAnother() throws Exception {
        ExecutorService first = Executors.newSingleThreadExecutor();
        ExecutorService second = Executors.newSingleThreadExecutor();
        try {
            DeviceChoice choice = DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto"));
            Device made = in(first, () -> Device.open(choice));
            assertThat(in(second, () -> everything(made))).containsExactly(4, 8, 12);
            in(second, () -> {
                made.close();
                return null;
            });
            assertThatThrownBy(() -> everything(made)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
            Device again = in(second, () -> Device.open(choice));
            assertThat(in(first, () -> everything(again))).containsExactly(4, 8, 12);
            again.close();
        } finally {
            first.shutdown();
            second.shutdown();
        }
    }

    @Test
    void othersAreKeptOutOfAStreamWhileItIsRecorded() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {1}, 1);
            Tensor y = scope.of(new float[] {1}, 1);
            Pointwise.add(x, x, x);
            try (CapturedGraph graph = CapturedGraph.record(device, () -> {
                Pointwise.add(x, x, x);
                for (Callable<?> work : List.<Callable<?>>of(() -> {
                    Pointwise.add(y, y, y);
                    return null;
                }, y::toFloats, y::zero, () -> device.memory().allocate(8),
                        () -> CapturedGraph.record(device, () -> {}))) {
                    assertThatThrownBy(() -> in(other, work)).hasRootCauseInstanceOf(IllegalStateException.class)
                            .rootCause().hasMessageContaining("is recording a graph");
                }
            })) {
                assertThat(graph.nodes()).isEqualTo(1);
                assertThat(y.toFloats()).containsExactly(1);
            }
        } finally {
            other.shutdown();
        }
    }

    /**
     * Virtual threads go on with another carrier after a wait: each waits between its calls. Needs a JDK that has them.
     */
    @Test
    void virtualThreadsShareTheDevice() throws Exception {
        assumeTrue(Runtime.version().feature() >= 21, "virtual threads came with JDK 21");
        ExecutorService pool = (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor")
                .invoke(null);
        int count = 200;
        CountDownLatch all = new CountDownLatch(count);
        try (Scope scope = Scope.open(device)) {
            List<Future<float[]>> results = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Tensor x = scope.of(new float[] {i}, 1);
                results.add(pool.submit(() -> {
                    Pointwise.add(x, x, x);
                    JCudaDriver.cuCtxSetCurrent(new CUcontext()); // the carrier is as if it never saw the device
                    all.countDown();
                    assertThat(all.await(30, TimeUnit.SECONDS)).as("all have begun").isTrue();
                    Thread.sleep(1);
                    Pointwise.add(x, x, x);
                    Thread.sleep(1);
                    return x.toFloats();
                }));
            }
            for (int i = 0; i < count; i++) {
                assertThat(results.get(i).get()).containsExactly(4f * i);
            }
        } finally {
            pool.shutdown();
        }
    }
}
