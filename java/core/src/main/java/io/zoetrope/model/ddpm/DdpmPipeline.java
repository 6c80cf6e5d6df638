package io.zoetrope.model.ddpm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.diffusion.SamplerPlan;
import io.zoetrope.diffusion.SamplingLoop;
import io.zoetrope.io.Interruption;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.metric.SamplingTrace;
import io.zoetrope.model.ModelPipeline;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

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
public final class DdpmPipeline extends ModelPipeline<DdpmModel> {
    /** The name of the model that ships. */
    public static final String FASHION_DDPM = "fashion-ddpm";
    /** Pictures made at a time. Fixed, because a picture's noise depends on its place in the batch. */
    public static final int BATCH = 64;

    /** Is shown the first batch as it becomes pictures. */
    @FunctionalInterface
    public interface Viewer {
        /** @param step 0 for the starting noise, then the steps done */
        void see(int step, Images images);
    }

    /** Takes the model over: closing the pipeline closes it. */
    public DdpmPipeline(DdpmModel model) {
        super(model);
    }

    /**
     * The model in a folder if there is one of that name, else the one that ships under it. @see PretrainedModels#open
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static DdpmPipeline fromPretrained(Device device, String nameOrFolder) throws IOException {
        return PretrainedModels.open(nameOrFolder, folder -> fromPretrained(device, folder));
    }

    /**
     * A model from its folder.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static DdpmPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new DdpmPipeline(DdpmModel.load(device, folder, DType.BF16));
    }

    /**
     * The names of the classes that can be asked for, by number; empty where there are none. A diffusion model's are
     * numbers.
     */
    public List<String> classNames() {
        return IntStream.range(0, model().config().unet().classes()).mapToObj(Integer::toString).toList();
    }

    /** Makes pictures of any size into some that {@link Sampling#edit} can begin with. */
    public PicturePreparation preparation() {
        UNetConfig shape = model().config().unet();
        return new PicturePreparation(shape.height(), shape.width(), shape.channels(), false);
    }

    /**
     * Makes pictures. The same request gives the same pictures on the same device; an interrupt ends it between two
     * steps.
     */
    public Images generate(Sampling request, Progress progress) {
        return generate(request, progress, null);
    }

    /**
     * As {@link #generate(Sampling, Progress)}, showing the first batch after every step to {@code viewer} unless null.
     */
    public Images generate(Sampling request, Progress progress, Viewer viewer) {
        return generate(request, progress, viewer, null);
    }

    /**
     * As {@link #generate(Sampling, Progress, Viewer)}, telling {@code listener} unless null how well the noise of the
     * first batch is predicted, by timestep, as {@link SamplingTrace} has it: now and then, and at last for the
     * finished pictures. The progress shows it too. The pictures are the same.
     */
    public Images generate(Sampling request, Progress progress, Viewer viewer,
            Consumer<NoisePredictionReport> listener) {
        UNetConfig shape = model().config().unet();
        if (request.classId() >= Math.max(1, shape.classes())) {
            throw new IllegalArgumentException(
                    "class " + request.classId() + ": this model has " + shape.classes() + " classes");
        }
        request.edit().ifPresent(edit -> preparation().require(edit.picture()));
        SamplerPlan plan = model().config().plan(request);
        int steps = SamplingLoop.steps(plan);
        int pixels = shape.height() * shape.width() * shape.channels();
        byte[] bytes = new byte[arrayLength(request.count(), pixels, "pictures", "bytes")];
        int chunks = (request.count() + BATCH - 1) / BATCH;
        progress.begin("generating", (long) chunks * steps);
        for (int chunk = 0; chunk < chunks; chunk++) {
            int count = Math.min(BATCH, request.count() - chunk * BATCH);
            long done = (long) chunk * steps;
            Images images = chunk(request, plan, chunk, count, chunk == 0 ? viewer : null, chunk == 0 ? listener : null,
                    (step, note) -> progress.advance(done + step, note));
            System.arraycopy(images.pixels(), 0, bytes, chunk * BATCH * pixels, count * pixels);
        }
        progress.end();
        return new Images(request.count(), shape.height(), shape.width(), shape.channels(), bytes);
    }

    /** Is told that a step is done, and what there is to say of it. */
    @FunctionalInterface
    private interface StepDone {
        void step(int step, String note);
    }

    private Images chunk(Sampling request, SamplerPlan plan, int chunk, int count, Viewer viewer,
            Consumer<NoisePredictionReport> listener, StepDone stepDone) {
        UNetConfig shape = model().config().unet();
        Device device = model().device();
        Shape batch = Shape.of(count, shape.height(), shape.width(), shape.channels());
        try (Scope scope = Scope.open(device);
                SamplingLoop loop = loop(plan, batch, labels(scope, request, chunk, count))) {
            loop.start(seedOf(request.seed(), chunk),
                    request.edit().map(edit -> edit.on(scope, count, pictures -> pictures)).orElse(null));
            show(viewer, 0, loop, shape, count);
            SamplingTrace trace = listener == null ? null
                    : new SamplingTrace(plan, model().config().timesteps(), listener);
            for (int step = 1; step <= loop.steps(); step++) {
                Interruption.check("generating");
                if (trace == null) {
                    loop.step();
                    device.synchronize();
                } else {
                    trace.step(loop);
                }
                show(viewer, step, loop, shape, count);
                stepDone.step(step, trace == null ? "" : trace.note());
            }
            return images(loop, shape, count);
        }
    }

    private SamplingLoop loop(SamplerPlan plan, Shape batch, Tensor labels) {
        Device device = model().device();
        return new SamplingLoop(device, plan, model().compute(), batch, (x, time, use) -> {
            try (Tape tape = Tape.forInference(device)) {
                use.accept(model().network().forward(tape, Variable.constant(x), time, labels).value());
            }
        });
    }

    /** The classes of a batch, or null where the model knows none. */
    private Tensor labels(Scope scope, Sampling request, int chunk, int count) {
        int classes = model().config().unet().classes();
        if (classes == 0) {
            return null;
        }
        int[] labels = new int[count];
        Arrays.setAll(labels,
                i -> request.classId() >= 0 ? request.classId() : (int) (((long) chunk * BATCH + i) % classes));
        return scope.of(labels, count);
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
}
