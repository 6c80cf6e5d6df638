package io.zoetrope.bench;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.pointwise.Pointwise;
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

/**
 * What a call of an operation costs whose like ran before: checks, plan, arguments, launch. The tensors are tiny, so
 * that the device's work hardly counts. With {@code -prof gc} it shows that such a call allocates nothing.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class OperationLaunchBenchmark {
    private final Conv2d.Spec spec = Conv2d.Spec.of(1, 0);
    private Device device;
    private Scope scope;
    private Tensor a;
    private Tensor b;
    private Tensor c;
    private Tensor x;
    private Tensor w;
    private Tensor bias;
    private Tensor y;

    @Setup
    public void open() {
        device = Device.open();
        scope = Scope.open(device);
        a = scope.zeros(DType.BF16, 16, 16);
        b = scope.zeros(DType.BF16, 16, 16);
        c = scope.zeros(DType.BF16, 16, 16);
        x = scope.zeros(DType.BF16, 1, 2, 2, 8);
        w = scope.zeros(DType.BF16, 8, 1, 1, 8);
        bias = scope.zeros(DType.F32, 8);
        y = scope.zeros(DType.BF16, 1, 2, 2, 8);
    }

    @TearDown
    public void close() {
        scope.close();
        device.close();
    }

    @Benchmark
    public void pointwise() {
        Pointwise.silu(a, c);
    }

    @Benchmark
    public void gemm() {
        Gemm.run(a, b, null, c, Gemm.Spec.NT);
    }

    @Benchmark
    public void convolution() {
        Conv2d.forward(x, w, bias, null, null, y, spec);
    }
}
