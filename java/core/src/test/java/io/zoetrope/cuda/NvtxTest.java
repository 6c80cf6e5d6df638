package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class NvtxTest {
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

    @Test
    void nothingListensInAProcessThatNoProfilerStarted() {
        assumeFalse(System.getenv("NVTX_INJECTION64_PATH") != null, "a profiler started the process");
        assumeFalse(hasOldLibrary(), "the machine has libnvToolsExt.so.1");
        assertThat(Nvtx.isPresent()).isFalse();
    }

    private static boolean hasOldLibrary() {
        try {
            return new ProcessBuilder("sh", "-c", "/sbin/ldconfig -p | grep -q libnvToolsExt.so.1").start()
                    .waitFor() == 0;
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
