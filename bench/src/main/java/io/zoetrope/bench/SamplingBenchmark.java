package io.zoetrope.bench;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.diffusion.SamplerPlan;
import io.zoetrope.diffusion.SamplingLoop;
import io.zoetrope.diffusion.Spacing;
import io.zoetrope.diffusion.Trajectory;
import io.zoetrope.model.ddpm.DdpmConfig;
import io.zoetrope.model.ddpm.DdpmModel;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A whole sampling loop of the default UNet as one graph launch. With {@code -prof gc} it shows what Java allocates in
 * a run: the same few objects for ten steps as for one.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
public class SamplingBenchmark {
    @Param({"1", "10"})
    public int steps;

    @Param("4")
    public int pictures;

    private Device device;
    private DdpmModel model;
    private SamplingLoop loop;

    @Setup
    public void open() {
        device = Device.open();
        model = new DdpmModel(device, DdpmConfig.forPictures(28, 1), DType.BF16, 1);
        SamplerPlan plan = Sampler.ddim(0).plan(Trajectory.of(model.schedule(), Spacing.TRAILING, steps),
                model.config().prediction(), 1);
        loop = new SamplingLoop(device, plan, DType.BF16, Shape.of(pictures, 28, 28, 1), (x, time, use) -> {
            try (Tape tape = Tape.forInference(device)) {
                use.accept(model.network().forward(tape, Variable.constant(x), time, null).value());
            }
        });
        loop.start(1);
        loop.all();
        device.synchronize();
    }

    @TearDown
    public void close() {
        loop.close();
        model.close();
        device.close();
    }

    @Benchmark
    public void wholeLoop() {
        loop.all();
        device.synchronize();
    }
}
