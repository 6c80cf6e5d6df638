package io.zoetrope.model.ddpm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.diffusion.SamplerPlan;
import io.zoetrope.diffusion.SamplingLoop;
import io.zoetrope.io.Progress;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/**
 * Makes pictures with a diffusion model.
 *
 * <pre>{@code
 * try (Device device = Device.open();
 *         DdpmPipeline ddpm = DdpmPipeline.fromPretrained(device, "fashion-ddpm")) {
 *     Images images = ddpm.generate(Sampling.count(64).steps(50).sampler(Sampler.ddim(0)).seed(7), Progress.none());
 *     images.grid(8).writePng(Path.of("fashion.png"));
 * }
 * }</pre>
 */
public final class DdpmPipeline implements AutoCloseable {
    /** Pictures made at a time. Fixed, because a picture's noise depends on its place in the batch. */
    public static final int BATCH = 64;

    /** Is shown the first batch as it becomes pictures. */
    @FunctionalInterface
    public interface Viewer {
        /** @param step 0 for the starting noise, then the steps done */
        void see(int step, Images images);
    }

    private final DdpmModel model;

    /** Takes the model over: closing the pipeline closes it. */
    public DdpmPipeline(DdpmModel model) {
        this.model = model;
    }

    /** A model that ships with the library, by its name. @see PretrainedModels#names() */
    public static DdpmPipeline fromPretrained(Device device, String name) throws IOException {
        return new DdpmPipeline(PretrainedModels.load(name, folder -> DdpmModel.load(device, folder, DType.BF16)));
    }

    /** A model from its folder. */
    public static DdpmPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new DdpmPipeline(DdpmModel.load(device, folder, DType.BF16));
    }

    public DdpmModel model() {
        return model;
    }

    /** Makes pictures. The same request gives the same pictures on the same device. */
    public Images generate(Sampling request, Progress progress) {
        return generate(request, progress, null);
    }

    /** As {@link #generate(Sampling, Progress)}, showing the first batch after every step to {@code viewer} unless null. */
    public Images generate(Sampling request, Progress progress, Viewer viewer) {
        UNetConfig shape = model.config().unet();
        SamplerPlan plan = model.config().plan(request);
        int pixels = shape.height() * shape.width() * shape.channels();
        long total = (long) request.count() * pixels;
        if (total > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("count " + request.count() + ": these pictures have " + total
                    + " bytes, more than one call can return; make them in several calls with other seeds");
        }
        byte[] bytes = new byte[(int) total];
        int chunks = (request.count() + BATCH - 1) / BATCH;
        progress.begin("generating", (long) chunks * request.steps());
        for (int chunk = 0; chunk < chunks; chunk++) {
            int count = Math.min(BATCH, request.count() - chunk * BATCH);
            long done = (long) chunk * request.steps();
            Images images = chunk(request, plan, chunk, count, chunk == 0 ? viewer : null,
                    step -> progress.advance(done + step));
            System.arraycopy(images.pixels(), 0, bytes, chunk * BATCH * pixels, count * pixels);
        }
        progress.end();
        return new Images(request.count(), shape.height(), shape.width(), shape.channels(), bytes);
    }

    private Images chunk(Sampling request, SamplerPlan plan, int chunk, int count, Viewer viewer,
            IntConsumer stepDone) {
        UNetConfig shape = model.config().unet();
        Device device = model.device();
        Shape batch = Shape.of(count, shape.height(), shape.width(), shape.channels());
        try (SamplingLoop loop = new SamplingLoop(device, plan, model.compute(), batch, (x, time, use) -> {
            try (Tape tape = Tape.forInference(device)) {
                use.accept(model.network().forward(tape, Variable.constant(x), time, null).value());
            }
        })) {
            loop.start(seedOf(request.seed(), chunk));
            show(viewer, 0, loop, shape, count);
            for (int step = 1; step <= loop.steps(); step++) {
                loop.step();
                device.synchronize();
                show(viewer, step, loop, shape, count);
                stepDone.accept(step);
            }
            return images(loop, shape, count);
        }
    }

    /** Each batch has a seed of its own; the first one's is the request's. */
    private static long seedOf(long seed, int chunk) {
        return seed + chunk * 0x9E3779B97F4A7C15L;
    }

    private static void show(Viewer viewer, int step, SamplingLoop loop, UNetConfig shape, int count) {
        if (viewer != null) {
            viewer.see(step, images(loop, shape, count));
        }
    }

    private static Images images(SamplingLoop loop, UNetConfig shape, int count) {
        return Images.fromFloats(loop.batch().toFloats(), count, shape.height(), shape.width(), shape.channels());
    }

    @Override
    public void close() {
        model.close();
    }
}
