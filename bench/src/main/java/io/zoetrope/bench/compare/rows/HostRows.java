package io.zoetrope.bench.compare.rows;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.data.Images;
import io.zoetrope.ops.diffusion.SamplerStep;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** What the host does: launches, replays, reading and writing pictures. */
public final class HostRows extends Rows {
    private static final int SIDE = 256;

    public HostRows() {
        add("launch of one thread", (device, scope) -> {
            Tensor counter = scope.zeros(DType.I32, 1);
            return () -> SamplerStep.advance(counter, 0);
        });
        add("replay of a graph of one thread", (device, scope) -> {
            Tensor counter = scope.zeros(DType.I32, 1);
            SamplerStep.advance(counter, 0);
            device.synchronize();
            CapturedGraph graph = CapturedGraph.record(device, () -> SamplerStep.advance(counter, 0));
            return closing(graph, graph::launch);
        });
        add("PNG of " + SIDE + "×" + SIDE + " pixels read", (device, scope) -> {
            Path file = picture();
            return closing(() -> Files.delete(file), () -> Images.read(file));
        });
    }

    private static Path picture() throws Exception {
        byte[] pixels = new byte[SIDE * SIDE * 3];
        new SplittableRandom(1).nextBytes(pixels);
        Path file = Files.createTempFile("row", ".png");
        new Images(1, SIDE, SIDE, 3, pixels).writePng(file);
        return file;
    }
}
