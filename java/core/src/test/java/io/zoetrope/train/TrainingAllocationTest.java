package io.zoetrope.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.Config;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A recorded training step, launched and awaited, allocates nothing in Java. */
class TrainingAllocationTest {
    private static final int STEPS = 10;
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path folder;

    /** But for the tagger's, whose captions the host words anew for every step. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TAGGER")
    void aStepAllocatesNothing(TinyTraining training) throws IOException {
        Device device = Devices.shared();
        TrainRequest request = training.request(folder, 1000, false, 1000);
        Config settings = Config.empty().with("steps", request.steps()).with("batch", request.batch())
                .with("seed", request.seed()).with(training.family().settings(request));
        try (TrainingTask task = training.family().open(device, request, settings)) {
            allocated(device, task, 3);
            assertThat(allocated(device, task, STEPS)).as("bytes allocated in %d steps", STEPS).isZero();
        }
    }

    private long allocated(Device device, TrainingTask task, int steps) {
        long thread = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(thread);
        for (int step = 0; step < steps; step++) {
            task.step();
            device.synchronize();
        }
        return threads.getThreadAllocatedBytes(thread) - before;
    }
}
