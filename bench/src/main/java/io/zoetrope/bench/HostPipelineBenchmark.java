package io.zoetrope.bench;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
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
 * What the host does with pictures: reading files, bringing them to a model's size, and asking the device for a batch
 * of varied ones, which is all that training does of augmentation on the host.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HostPipelineBenchmark {
    private static final int SIDE = 256;
    private static final int SMALL = 32;
    private static final int PICTURES = 64;

    private final PicturePreparation preparation = new PicturePreparation(SMALL, SMALL, 3, false);
    private final Augmentation augmentation = new Augmentation(4, true, true, 0.5f, 8);
    private Path file;
    private Images picture;
    private Device device;
    private Scope scope;
    private Tensor data;
    private Tensor indices;
    private Tensor out;
    private Augmentation.Normalisation normalisation;
    private RandomKey key;

    @Setup
    public void open() throws IOException {
        byte[] pixels = new byte[SIDE * SIDE * 3];
        new SplittableRandom(1).nextBytes(pixels);
        picture = new Images(1, SIDE, SIDE, 3, pixels);
        file = Files.createTempFile("picture", ".png");
        picture.writePng(file);
        device = Device.open();
        scope = Scope.open(device);
        data = scope.zeros(DType.U8, PICTURES, SMALL, SMALL, 3);
        indices = scope.zeros(DType.I32, 1);
        out = scope.zeros(DType.BF16, 1, SMALL, SMALL, 3);
        normalisation = new Augmentation.Normalisation(scope.zeros(DType.F32, 3), scope.zeros(DType.F32, 3));
        key = RandomKey.of(1, 2);
    }

    @TearDown
    public void close() throws IOException {
        scope.close();
        device.close();
        Files.delete(file);
    }

    @Benchmark
    public Images readPng() throws IOException {
        return Images.read(file);
    }

    @Benchmark
    public Object prepare() {
        return preparation.prepare(picture);
    }

    @Benchmark
    public void augment() {
        augmentation.batch(data, null, indices, normalisation, out, null, key);
    }
}
