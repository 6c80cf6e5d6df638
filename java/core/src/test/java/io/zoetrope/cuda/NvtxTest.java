package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NvtxTest {
    /** What the native build makes for its own tests. */
    private static final Path PROFILER = Path.of("../../native/target/build/bridge/profiler/libnvToolsExt.so.1");

    @Test
    void withoutAProfilerARangeAllocatesNothing() {
        assumeFalse(Nvtx.isPresent(), "a profiler listens");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = 0;
        for (int i = 0; i < 300; i++) {
            before = i == 200 ? threads.getThreadAllocatedBytes(thread) : before;
            try (Nvtx.Range outer = Nvtx.range("outer"); Nvtx.Range inner = Nvtx.range("inner")) {
                assert outer == inner;
            }
        }
        assertThat(threads.getThreadAllocatedBytes(thread) - before).isZero();
    }

    /** An operation, and a launch that the driver refuses. */
    public static final class Ranges {
        public static void main(String[] arguments) {
            try (Device device = Device.open(DeviceChoice.CPU); Scope scope = Scope.open(device)) {
                Tensor x = scope.of(new float[] {1}, 1);
                Pointwise.add(x, x, x);
                Kernel places = KernelModule.load(device, "places", Ptx.PLACES).kernel("places");
                assertThatThrownBy(
                        () -> places.arguments().pointer("out", x).i32("step", 1).launch(Grid.of(1), 2048, 0))
                        .isInstanceOf(DeviceException.class);
            }
        }
    }

    @Test
    void everyLaunchIsARangeThatEndsAlsoWhereItIsRefused(@TempDir Path folder) throws Exception {
        assumeTrue(Files.exists(PROFILER), "the native tests are not built");
        Path log = folder.resolve("ranges");
        String operation = KernelCatalog.operations().stream().flatMap(each -> KernelCatalog.of(each).stream())
                .filter(kernel -> kernel.entry().equals("add_f32")).findFirst().orElseThrow().operation();
        OtherProcess.run(Ranges.class,
                Map.of("NVTX_INJECTION64_PATH", PROFILER.toAbsolutePath().toString(), "PROFILER_LOG", log.toString()))
                .successful();
        assertThat(Files.readAllLines(log)).containsExactly("attached", "domain zoetrope", "push " + operation, "pop",
                "push places", "pop");
    }

    @Test
    void nothingListensInAProcessThatNoProfilerStarted() {
        assumeFalse(System.getenv("NVTX_INJECTION64_PATH") != null, "a profiler started the process");
        assumeFalse(hasOldLibrary(), "the machine has libnvToolsExt.so.1");
        assertThat(Nvtx.isPresent()).isFalse();
    }

    private static boolean hasOldLibrary() {
        try {
            return new ProcessBuilder("sh", "-c", "/sbin/ldconfig -p | grep -q libnvToolsExt.so.1").start().waitFor()
                    == 0;
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
