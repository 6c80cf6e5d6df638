package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/**
 * Work on several streams. softcuda runs work as it is queued, so what is ordered shows in graphs: two operations of a
 * recording that nothing orders have no dependency between them.
 */
class StreamTest {
    private static final int BYTES = 3 << 20;
    private final Device device = Devices.shared();

    @Test
    void workGoesToTheStreamThatTheThreadUses() throws Exception {
        try (Stream first = device.newStream(); Stream second = device.newStream()) {
            Stream own = device.stream();
            try (StreamUse outer = device.use(first)) {
                assertThat(device.stream()).isSameAs(first);
                try (StreamUse inner = device.use(second)) {
                    assertThat(device.stream()).isSameAs(second);
                    ExecutorService other = Executors.newSingleThreadExecutor();
                    assertThat(other.submit(device::stream).get()).as("in another thread").isSameAs(own);
                    other.shutdown();
                }
                assertThat(device.stream()).isSameAs(first);
            }
            assertThat(device.stream()).isSameAs(own);
        }
    }

    @Test
    void whatOneStreamWroteAnotherReadsAfterWaiting() {
        try (Stream stream = device.newStream(); Event written = new Event(device); Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {1, 2}, 2);
            stream.waitFor(device.stream());
            try (StreamUse use = device.use(stream)) {
                Pointwise.add(x, x, x);
                written.record();
            }
            device.stream().waitFor(written);
            Pointwise.add(x, x, x);
            assertThat(x.toFloats()).containsExactly(4, 8);
            assertThat(written.isDone()).isTrue();
        }
    }

    @Test
    void eventsMeasureTheWorkBetweenThem() {
        try (Stream stream = device.newStream(); Event before = new Event(device); Event after = new Event(device);
                Scope scope = Scope.open(device); StreamUse use = device.use(stream)) {
            Tensor x = scope.zeros(DType.F32, 1 << 20);
            before.record();
            for (int i = 0; i < 10; i++) {
                Pointwise.add(x, x, x);
            }
            after.record();
            after.synchronize();
            assertThat(after.millisecondsSince(before)).isPositive();
        }
    }

    /**
     * Two kernels, on two streams of a recording, with {@code between} queued after the first.
     *
     * @return what orders them
     */
    private int dependencies(Scope scope, Runnable between) {
        Tensor x = scope.zeros(DType.F32, 4);
        Tensor y = scope.zeros(DType.F32, 4);
        Pointwise.add(x, x, x);
        try (Stream side = device.newStream(); CapturedGraph graph = CapturedGraph.record(device, () -> {
            side.waitFor(device.stream());
            try (StreamUse use = device.use(side)) {
                Pointwise.add(x, x, x);
            }
            between.run();
            Pointwise.add(y, y, y);
            device.stream().waitFor(side);
        })) {
            assertThat(graph.nodes()).isEqualTo(2);
            graph.launch();
            assertThat(y.toFloats()).containsOnly(0);
            return graph.dependencies();
        }
    }

    @Test
    void streamsThatDoNotWaitForOneAnotherAreNotOrdered() {
        try (Scope scope = Scope.open(device)) {
            assertThat(dependencies(scope, () -> {})).isZero();
        }
    }

    /**
     * A block that a stream still works on is handed to another only behind that work. Without the pool's wait, the two
     * kernels would run side by side in the same memory.
     */
    @Test
    void memoryIsReusedBehindTheWorkOfAllStreams() {
        try (Scope scope = Scope.open(device); Stream side = device.newStream()) {
            Tensor warm = scope.zeros(DType.U8, 4).as(DType.F32, 0, 1);
            Pointwise.add(warm, warm, warm);
            long[] addresses = new long[2];
            try (CapturedGraph graph = CapturedGraph.record(device, () -> {
                side.waitFor(device.stream());
                try (Scope inner = Scope.open(device)) {
                    Tensor x = inner.empty(DType.F32, BYTES / 4);
                    addresses[0] = x.address();
                    try (StreamUse use = device.use(side)) {
                        Pointwise.add(x, x, x);
                    }
                }
                try (Scope inner = Scope.open(device)) {
                    Tensor y = inner.empty(DType.F32, BYTES / 4);
                    addresses[1] = y.address();
                    Pointwise.add(y, y, y);
                }
                device.stream().waitFor(side);
            })) {
                assertThat(addresses[1]).as("the block is reused").isEqualTo(addresses[0]);
                assertThat(graph.nodes()).isEqualTo(2);
                assertThat(graph.dependencies()).as("behind the other stream's kernel").isEqualTo(1);
            }
        }
    }

    @Test
    void aBlockStaysWithTheStreamItWasMadeFor() {
        try (Stream side = device.newStream()) {
            long mine;
            try (StreamUse use = device.use(side); DeviceMemory block = device.memory().allocate(BYTES)) {
                mine = block.address();
            }
            try (DeviceMemory other = device.memory().allocate(BYTES)) {
                assertThat(other.address()).as("for the device's own stream").isNotEqualTo(mine);
            }
            try (StreamUse use = device.use(side); DeviceMemory again = device.memory().allocate(BYTES)) {
                assertThat(again.address()).as("for the same stream").isEqualTo(mine);
            }
        }
    }

    @Test
    void memoryOutlivesTheStreamItWasMadeOn() {
        try (Scope scope = Scope.open(device)) {
            Tensor x;
            long cached;
            try (Stream side = device.newStream()) {
                try (StreamUse use = device.use(side)) {
                    x = scope.of(new float[] {1, 2}, 2);
                    DeviceMemory block = device.memory().allocate(BYTES);
                    cached = block.address();
                    block.close();
                }
            }
            assertThat(x.toFloats()).containsExactly(1, 2);
            device.memory().trim();
            assertThatThrownBy(() -> Transfer.toHost(device, cached, new byte[1], 1, 1))
                    .hasMessageMatching(".*(no memory there|was given back).*");
        }
        device.memory().trim();
        assertThat(device.memory().trim()).as("what a second trim finds").isZero();
    }

    @Test
    void streamsAreClosedOnceAndNotWhileInUse() {
        Stream side = device.newStream();
        StreamUse outer = device.use(side);
        StreamUse inner = device.use(side);
        assertThatThrownBy(side::close).isInstanceOf(IllegalStateException.class).hasMessageContaining("in use");
        assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class).hasMessageContaining("began later");
        inner.close();
        outer.close();
        side.close();
        side.close();
        assertThatThrownBy(() -> device.use(side)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(side::synchronize).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> device.stream().close()).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("device's own");
    }

    @Test
    void aForkThatIsNotJoinedFailsTheRecording() {
        try (Scope scope = Scope.open(device); Stream side = device.newStream()) {
            Tensor x = scope.zeros(DType.F32, 4);
            Pointwise.add(x, x, x);
            assertThatThrownBy(() -> CapturedGraph.record(device, () -> {
                side.waitFor(device.stream());
                try (StreamUse use = device.use(side)) {
                    Pointwise.add(x, x, x);
                }
            })).isInstanceOf(DeviceException.class).hasMessageContaining("recording a graph");
            Pointwise.add(x, x, x);
            try (StreamUse use = device.use(side)) {
                assertThat(x.toFloats()).containsOnly(0);
            }
        }
    }
}
