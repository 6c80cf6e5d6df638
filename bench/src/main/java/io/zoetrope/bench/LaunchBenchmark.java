package io.zoetrope.bench;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.cuda.LaunchConfig;
import io.zoetrope.ops.diffusion.SamplerStep;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a launch of a kernel of one thread costs from Java, alone and as a recorded graph. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LaunchBenchmark {
    private Device device;
    private Scope scope;
    private Tensor counter;
    private CapturedGraph graph;
    private Kernel kernel;
    private LaunchConfig once;

    @Setup
    public void open() {
        device = Device.open();
        scope = Scope.open(device);
        counter = scope.zeros(DType.I32, 1);
        SamplerStep.advance(counter, 0);
        kernel = device.kernel("diffusion/step", "step_advance");
        once = LaunchConfig.of(Grid.of(1), 1);
        graph = CapturedGraph.record(device, () -> SamplerStep.advance(counter, 0));
    }

    @TearDown
    public void close() {
        graph.close();
        scope.close();
        device.close();
    }

    @Benchmark
    public void launchAndWait() {
        SamplerStep.advance(counter, 0);
        device.synchronize();
    }

    @Benchmark
    public void launch() {
        SamplerStep.advance(counter, 0);
    }

    /** The launch alone, without what the operation checks and looks up. */
    @Benchmark
    public void bareLaunch() {
        kernel.arguments().pointer("counter", counter).i32("rows", 0).launch(once);
    }

    @Benchmark
    public void replayAndWait() {
        graph.launch();
        device.synchronize();
    }
}
