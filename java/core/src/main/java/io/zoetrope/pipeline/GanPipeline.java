package io.zoetrope.pipeline;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.kernel.Random;
import io.zoetrope.kernel.RandomKey;
import io.zoetrope.model.GanShape;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes pictures with the generator of an adversarial model.
 *
 * <pre>{@code
 * try (Device device = Device.open(); GanPipeline gan = GanPipeline.fromPretrained(device, Path.of("run/model"))) {
 *     gan.generate(64, 7).grid(8).writePng(Path.of("pictures.png"));
 * }
 * }</pre>
 */
public final class GanPipeline implements AutoCloseable {
    /** Pictures made at a time. */
    private static final int BATCH = 64;
    private static final long LATENTS = 1;
    /** Vectors that an interpolation passes on its round. */
    private static final int STATIONS = 4;

    private final GanModel model;

    /** Takes the model over: closing the pipeline closes it. */
    public GanPipeline(GanModel model) {
        this.model = model;
    }

    /** A model that ships with the library, by its name. @see PretrainedModels#names() */
    public static GanPipeline fromPretrained(Device device, String name) throws IOException {
        return new GanPipeline(PretrainedModels.load(name, folder -> GanModel.load(device, folder, DType.BF16)));
    }

    /** A model from its folder. */
    public static GanPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new GanPipeline(GanModel.load(device, folder, DType.BF16));
    }

    public GanModel model() {
        return model;
    }

    /** The names of the classes that can be asked for, by number; empty where there are none. */
    public List<String> classNames() {
        return model.config().classNames();
    }

    /** The number of a class. @throws IllegalArgumentException naming those there are */
    public int classNamed(String name) {
        int found = classNames().indexOf(name);
        if (found < 0) {
            throw new IllegalArgumentException("no class '" + name + "': this model " + (classNames().isEmpty()
                    ? "knows no classes" : "knows " + String.join(", ", classNames())));
        }
        return found;
    }

    /** Makes pictures, of the classes in turn. The same count and seed give the same pictures on the same device. */
    public Images generate(int count, long seed) {
        return generate(seed, inTurn(count));
    }

    /** Makes pictures of one class. */
    public Images generate(int count, long seed, int label) {
        int[] labels = new int[positive("count", count)];
        Arrays.fill(labels, label);
        return generate(seed, labels);
    }

    /**
     * Makes a picture for each label. Picture i depends on seed, i and its label alone.
     *
     * @param labels class numbers; only their number matters where the model has no classes
     */
    public Images generate(long seed, int[] labels) {
        return pictures(latents(labels.length, seed), labels);
    }

    /**
     * Pictures that change smoothly, on a closed round: each goes over the sphere from one random vector to the next and
     * back to the first.
     *
     * @param count  pictures in each frame, of the classes in turn
     * @param frames how many; the one after the last would be the first
     */
    public List<Images> interpolate(int count, int frames, long seed) {
        return interpolate(frames, seed, inTurn(count));
    }

    /** As {@link #interpolate(int, int, long)} with a class for each picture of a frame. */
    public List<Images> interpolate(int frames, long seed, int[] labels) {
        positive("frames", frames);
        int latent = model.config().shape().latent();
        int stations = Math.min(STATIONS, frames);
        float[] ends = latents(stations * labels.length, seed);
        List<Images> films = new ArrayList<>();
        for (int frame = 0; frame < frames; frame++) {
            double way = (double) frame * stations / frames;
            int station = (int) way;
            float[] between = new float[labels.length * latent];
            for (int i = 0; i < labels.length; i++) {
                slerp(ends, (station * labels.length + i) * latent, ((station + 1) % stations * labels.length + i) * latent,
                        way - station, between, i * latent, latent);
            }
            films.add(pictures(between, labels));
        }
        return films;
    }

    /**
     * Spherical interpolation (Shoemake 1985), which keeps vectors as long as random ones are, where a straight line would
     * pass through unlikely short ones.
     */
    static void slerp(float[] from, int a, int b, double t, float[] to, int at, int length) {
        double aa = 0;
        double bb = 0;
        double ab = 0;
        for (int i = 0; i < length; i++) {
            aa += (double) from[a + i] * from[a + i];
            bb += (double) from[b + i] * from[b + i];
            ab += (double) from[a + i] * from[b + i];
        }
        double cosine = ab / Math.sqrt(aa * bb);
        double angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
        double sine = Math.sin(angle);
        // Parallel vectors, opposite or zero ones have no great circle of their own.
        boolean straight = !(sine > 1e-6);
        double left = straight ? 1 - t : Math.sin((1 - t) * angle) / sine;
        double right = straight ? t : Math.sin(t * angle) / sine;
        for (int i = 0; i < length; i++) {
            to[at + i] = (float) (left * from[a + i] + right * from[b + i]);
        }
    }

    private int[] inTurn(int count) {
        int[] labels = new int[positive("count", count)];
        int classes = Math.max(1, model.config().shape().classes());
        Arrays.setAll(labels, i -> i % classes);
        return labels;
    }

    /** Vector i depends on seed and i alone. */
    private float[] latents(int count, long seed) {
        int latent = model.config().shape().latent();
        if ((long) count * latent > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("count " + count + " is more than one call can make");
        }
        try (Scope scope = Scope.open(model.device())) {
            Tensor noise = scope.empty(DType.F32, count, latent);
            Random.normal(noise, RandomKey.of(seed, LATENTS));
            return noise.toFloats();
        }
    }

    private Images pictures(float[] latents, int[] labels) {
        GanShape shape = model.config().shape();
        for (int label : labels) {
            if (shape.classes() > 0 && (label < 0 || label >= shape.classes())) {
                throw new IllegalArgumentException("class " + label + ": this model has classes 0 to "
                        + (shape.classes() - 1));
            }
        }
        long total = (long) labels.length * shape.imageSize() * shape.imageSize() * shape.channels();
        if (total > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("count " + labels.length + ": these pictures have " + total
                    + " bytes, more than one call can return; make them in several calls with other seeds");
        }
        byte[] bytes = new byte[(int) total];
        int stride = (int) (total / labels.length);
        for (int from = 0; from < labels.length; from += BATCH) {
            int to = Math.min(labels.length, from + BATCH);
            Images part = model.pictures(Arrays.copyOfRange(latents, from * shape.latent(), to * shape.latent()),
                    shape.classes() == 0 ? null : Arrays.copyOfRange(labels, from, to));
            System.arraycopy(part.pixels(), 0, bytes, from * stride, part.pixels().length);
        }
        return new Images(labels.length, shape.imageSize(), shape.imageSize(), shape.channels(), bytes);
    }

    private static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
        return value;
    }

    @Override
    public void close() {
        model.close();
    }
}
