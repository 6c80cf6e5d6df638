package io.zoetrope.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.ImageFolder;
import io.zoetrope.data.Images;
import io.zoetrope.model.ddpm.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs do what they say, on small data. */
class ExamplesTest {
    private static final int SIZE = 8;
    @TempDir
    private static Path shared;
    private static Path bars;
    private static Device device;
    @TempDir
    private Path folder;

    /** Red bars that stand and blue ones that lie, as PNGs in a folder a class. */
    @BeforeAll
    static void paint() throws IOException {
        device = Device.open();
        bars = shared.resolve("bars");
        for (int i = 0; i < 40; i++) {
            boolean stands = i % 2 == 0;
            byte[] pixels = new byte[3 * SIZE * SIZE];
            for (int along = 0; along < SIZE; along++) {
                int across = i / 2 % SIZE;
                int place = stands ? along * SIZE + across : across * SIZE + along;
                pixels[3 * place + (stands ? 0 : 2)] = (byte) (255 - i);
            }
            Path file = bars.resolve(stands ? "standing" : "lying").resolve(i + ".png");
            Files.createDirectories(file.getParent());
            new Images(1, SIZE, SIZE, 3, pixels).writePng(file);
        }
    }

    @AfterAll
    static void close() {
        device.close();
    }

    @Test
    void picturesAreGenerated() throws Exception {
        Path file = folder.resolve("fashion.png");
        GeneratePictures.main(new String[] {"1", "2", file.toString()});
        assertThat(Images.read(file).height()).isEqualTo(30);
    }

    @Test
    void anOwnClassifierLearnsColourPictures() throws IOException {
        ImageDataset data = ImageFolder.load(bars);
        assertThat(data.channels()).isEqualTo(3);
        assertThat(OwnClassifier.train(device, data, 60)).isEqualTo(1);
    }

    @Test
    void anOwnDiffusionModelLearnsAndGoesOn() throws Exception {
        Path run = folder.resolve("run");
        OwnDiffusion.main(new String[] {bars.toString(), run.toString(), "2"});
        assertThat(Images.read(run.resolve("pictures.png")).channels()).isEqualTo(3);
        OwnDiffusion.train(device, ImageFolder.load(bars), run, 3);
        assertThat(run.resolve("checkpoints/step-000000003.safetensors")).exists();
    }

    @Test
    void anOwnKernelRunsBesideTheLibrarys() {
        float[] flat = OwnKernel.wavesOn(device, new float[64 * 64]);
        for (int i : new int[] {70, 100, 64 * 32 + 21}) {
            double expected = 0;
            for (int around = -1; around <= 1; around++) {
                expected += Math.sin(2 * Math.PI * (i + around) / 16) / 3; // 64 is a multiple of the waves' length
            }
            assertThat((double) flat[i]).as("at " + i).isCloseTo(expected, within(1e-5));
        }
    }

    @Test
    void jobsInThreadsTellTheirProgressAndEndAlone() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            List<Integer> told = Collections.synchronizedList(new ArrayList<>());
            PicturesInThreads.Job kept = new PicturesInThreads.Job(pool, device, Sampling.count(1).steps(2).seed(1),
                    told::add);
            PicturesInThreads.Job ended = new PicturesInThreads.Job(pool, device, Sampling.count(1).steps(900).seed(2),
                    percent -> {});
            ended.cancel();
            assertThat(kept.await().count()).isOne();
            assertThat(told).isSorted().endsWith(100);
            assertThatExceptionOfType(CancellationException.class).isThrownBy(ended::await);
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void adaptersAreWrittenAndLoadedAgain() throws IOException {
        float little = AdaptClassifier.adapt(device, folder.resolve("little"), 1);
        float more = AdaptClassifier.adapt(device, folder.resolve("more"), 12);
        assertThat(more).isLessThan(little / 2);
    }
}
