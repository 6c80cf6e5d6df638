package io.zoetrope.bench;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import io.zoetrope.model.ddpm.DdpmFamily;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
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
 * A training step of the default diffusion model as one graph launch. With {@code -prof gc} it shows what Java
 * allocates in a step.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1, time = 5)
@Measurement(iterations = 5, time = 10)
@Fork(1)
public class TrainingBenchmark {
    private static final int PICTURES = 512;
    private static final int SIZE = 28;

    @Param("64")
    public int batch;

    private Device device;
    private TrainingTask task;

    @Setup
    public void open() throws IOException {
        byte[] pixels = new byte[PICTURES * SIZE * SIZE];
        new SplittableRandom(1).nextBytes(pixels);
        ImageDataset.Part part = new ImageDataset.Part(new Images(PICTURES, SIZE, SIZE, 1, pixels), new int[PICTURES]);
        TrainRequest request = new TrainRequest(new ImageDataset("noise", List.of("noise"), part, part), 1000, batch, 1,
                Path.of("unused"), false, 1000, 0, Config.empty());
        device = Device.open();
        task = new DdpmFamily().open(device, request,
                Config.empty().with("steps", request.steps()).with("batch", batch).with("seed", 1L));
        task.step();
        device.synchronize();
    }

    @TearDown
    public void close() {
        task.close();
        device.close();
    }

    @Benchmark
    public void step() {
        task.step();
        device.synchronize();
    }
}
