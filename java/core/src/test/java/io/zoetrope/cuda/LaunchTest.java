package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Launches of modules of one's own: shapes, parameters, what is refused, and what a launch costs in memory. */
class LaunchTest {
    private static final Device DEVICE = Devices.shared();
    private static final KernelModule MODULE = KernelModule.load(DEVICE, "places", Ptx.PLACES);
    private static final Kernel PLACES = MODULE.kernel("places");

    @AfterAll
    static void close() {
        MODULE.close();
    }

    private static long[] multiples(int count, int step) {
        return LongStream.range(0, count).map(i -> i * step).toArray();
    }

    @Test
    void gridsAndBlocksHaveThreeDimensions() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor out = scope.zeros(DType.I64, 2 * 3 * 4 * 5 * 3 * 2);
            PLACES.arguments().pointer("out", out).i32("step", 3)
                    .launch(LaunchConfig.of(new Grid(2, 3, 4), new Block(5, 3, 2)));
            assertThat(out.toLongs()).containsExactly(multiples(720, 3));
        }
    }

    @Test
    void aCooperativeLaunchTakesTheSameArguments() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor out = scope.zeros(DType.I64, 64);
            PLACES.arguments().pointer("out", out).i32("step", 7)
                    .launch(LaunchConfig.of(Grid.of(2), 32).withCooperation());
            assertThat(out.toLongs()).containsExactly(multiples(64, 7));
        }
    }

    @Test
    void aStructureOf128BytesAlignedTo64IsPassedByValue() {
        try (Scope scope = Scope.open(DEVICE); KernelModule module = KernelModule.load(DEVICE, "last", Ptx.STRUCTURE)) {
            Tensor out = scope.zeros(DType.I64, 1);
            byte[] map = new byte[128];
            ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN).putLong(0, -1).putLong(120, 1L << 40);
            module.kernel("last").arguments().pointer("out", out).opaque("map", map, 64).i32("index", 9)
                    .launch(LaunchConfig.of(Grid.of(1), 1));
            assertThat(out.toLongs()).containsExactly((1L << 40) + 9);
        }
    }

    @Test
    void moreThan48KiBOfSharedMemoryIsAskedFor() {
        try (Scope scope = Scope.open(DEVICE); KernelModule module = KernelModule.load(DEVICE, "shared", Ptx.SHARED)) {
            Tensor out = scope.zeros(DType.I32, 1);
            for (int bytes : new int[] {0, 1024, 100 * 1024, 48 * 1024}) {
                module.kernel("shared").arguments().pointer("out", out)
                        .launch(LaunchConfig.of(Grid.of(1), 1).withSharedBytes(bytes));
                assertThat(out.toInts()).containsExactly(bytes);
            }
            assertThatThrownBy(() -> module.kernel("shared").arguments().pointer("out", out)
                    .launch(LaunchConfig.of(Grid.of(1), 1).withSharedBytes(1 << 30)))
                    .isInstanceOf(DeviceException.class).hasMessageContaining("shared")
                    .hasMessageContaining("1073741824 bytes");
        }
    }

    @Test
    void parametersBeyond4KiBAreRefused() {
        Arguments many = PLACES.arguments();
        for (int i = 0; i < 512; i++) {
            many.i64("argument", i);
        }
        assertThatThrownBy(() -> many.i32("one_more", 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("offset 4096").hasMessageContaining("at most 4096 bytes");
        Arguments arguments = PLACES.arguments();
        assertThatThrownBy(() -> arguments.opaque("big", new byte[4097], 8))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("4097 bytes");
    }

    @Test
    void launchesThatMakeNoSenseAreNamed() {
        assertThatThrownBy(() -> new Block(1025, 1, 1)).hasMessageContaining("1025×1×1");
        assertThatThrownBy(() -> new Block(32, 32, 2)).hasMessageContaining("at most 1024 in all");
        assertThatThrownBy(() -> Block.of(0)).hasMessageContaining("0×1×1");
        LaunchConfig config = LaunchConfig.of(Grid.of(4), 32);
        assertThatThrownBy(() -> config.withSharedBytes(-1)).hasMessageContaining("-1 bytes");
        assertThatThrownBy(() -> config.withCluster(Grid.of(3))).hasMessageContaining("whole clusters");
        assertThatThrownBy(() -> PLACES.arguments().i32("step", 1L << 31)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2147483648");
    }

    @Test
    void attributesThatTheDeviceCannotHaveAreRefusedByName() {
        assumeFalse(DEVICE.capability().atLeast(9, 0), "the device has clusters");
        LaunchConfig config = LaunchConfig.of(Grid.of(4), 32);
        for (LaunchConfig asked : new LaunchConfig[] {config.withCluster(Grid.of(2)), config.withProgrammaticStart()}) {
            assertThatThrownBy(() -> PLACES.arguments().pointer("out", 0).i32("step", 1).launch(asked))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("kernel places with " + asked.attributes() + " needs compute capability 9.0")
                    .hasMessageContaining("has " + DEVICE.capability());
        }
    }

    @Test
    void attributesThatAllDevicesHaveChangeNoResult() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor out = scope.zeros(DType.I64, 64);
            PLACES.arguments().pointer("out", out).i32("step", 5)
                    .launch(LaunchConfig.of(Grid.of(2), 32).withCluster(Grid.of(1)));
            assertThat(out.toLongs()).containsExactly(multiples(64, 5));
            PLACES.arguments().pointer("out", out).i32("step", 7)
                    .launch(LaunchConfig.of(Grid.of(2), 32).withPriority(-1).withCooperation());
            assertThat(out.toLongs()).containsExactly(multiples(64, 7));
        }
    }

    @Test
    void blocksOfAClusterReachEachOther() {
        assumeTrue(DEVICE.capability().atLeast(9, 0), "the device has no clusters");
        try (Scope scope = Scope.open(DEVICE); KernelModule module = KernelModule.load(DEVICE, "peers", Ptx.PEERS)) {
            Tensor out = scope.zeros(DType.I32, 8);
            LaunchConfig config = LaunchConfig.of(Grid.of(8), 1);
            module.kernel("peers").arguments().pointer("out", out).launch(config.withCluster(Grid.of(4)));
            assertThat(out.toInts()).containsExactly(1, 2, 3, 0, 5, 6, 7, 4);
            module.kernel("peers").arguments().pointer("out", out).launch(config.withCluster(Grid.of(2)));
            assertThat(out.toInts()).containsExactly(1, 0, 3, 2, 5, 4, 7, 6);
        }
    }

    @Test
    void tooFewBytesOfParametersAreRefusedByTheDriver() {
        assertThatThrownBy(() -> PLACES.arguments().pointer("out", 0).launch(Grid.of(1), 1, 0))
                .isInstanceOf(DeviceException.class).hasMessageContaining("launching places")
                .hasMessageContaining("8 bytes of parameters");
    }

    @Test
    void argumentsServeOneLaunch() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor out = scope.zeros(DType.I64, 1);
            Arguments named = PLACES.arguments().pointer("out", out).i32("step", 1);
            named.launch(LaunchConfig.of(Grid.of(1), 1));
            assertThatThrownBy(() -> named.launch(LaunchConfig.of(Grid.of(1), 1)))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("served a launch");
        }
    }

    /** Two launches in preparation at once keep apart. */
    @Test
    void argumentsMayBeGatheredInsideOneAnother() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor first = scope.zeros(DType.I64, 4);
            Tensor second = scope.zeros(DType.I64, 4);
            Arguments outer = PLACES.arguments().pointer("out", first);
            PLACES.arguments().pointer("out", second).i32("step", 2).launch(LaunchConfig.of(Grid.of(1), 4));
            outer.i32("step", 1).launch(LaunchConfig.of(Grid.of(1), 4));
            assertThat(first.toLongs()).containsExactly(multiples(4, 1));
            assertThat(second.toLongs()).containsExactly(multiples(4, 2));
        }
    }

    @Test
    void aClosedModuleLaunchesNothing() {
        KernelModule module = KernelModule.load(DEVICE, "places", Ptx.PLACES);
        Kernel kernel = module.kernel("places");
        module.close();
        assertThatThrownBy(
                () -> kernel.arguments().pointer("out", 0).i32("step", 1).launch(LaunchConfig.of(Grid.of(1), 1)))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> module.kernel("places")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aWarmLaunchAllocatesNothing() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor out = scope.zeros(DType.I64, 32);
            LaunchConfig config = LaunchConfig.of(Grid.of(1), 32);
            Runnable launch = () -> PLACES.arguments().pointer("out", out).i32("step", 1).launch(config);
            for (int i = 0; i < 5_000; i++) {
                launch.run();
            }
            int count = 10_000;
            long direct = directBytes();
            long heap = heapBytes();
            for (int i = 0; i < count; i++) {
                launch.run();
            }
            heap = heapBytes() - heap;
            assertThat(directBytes() - direct).as("bytes off the heap").isZero();
            // What the measurement itself allocates is far from an object for each launch.
            assertThat(heap).as("bytes on the heap of %d launches", count).isLessThan(count);
        }
    }

    private static long heapBytes() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getTotalCapacity).sum();
    }
}
