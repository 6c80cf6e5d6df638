package io.zoetrope.model.gan;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.adversarial.GeneratorPipeline;
import io.zoetrope.model.adversarial.Latents;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
public final class GanPipeline extends GeneratorPipeline<GanModel, Images> {
    /** The name of the model of pictures that ships. */
    public static final String FASHION_GAN = "fashion-gan";
    /** Pictures made at a time. */
    private static final int BATCH = 64;
    /** Vectors that an interpolation passes on its round. */
    private static final int STATIONS = 4;

    /** Takes the model over: closing the pipeline closes it. */
    public GanPipeline(GanModel model) {
        super(model, model.config().classNames());
    }

    /**
     * The model in a folder if there is one of that name, else the one that ships under it. @see PretrainedModels#open
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static GanPipeline fromPretrained(Device device, String nameOrFolder) throws IOException {
        return PretrainedModels.open(nameOrFolder, folder -> fromPretrained(device, folder));
    }

    /**
     * A model from its folder.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static GanPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new GanPipeline(GanModel.load(device, folder, DType.BF16));
    }

    @Override
    public Images generate(long seed, int[] labels) {
        int latent = model().config().latent();
        return pictures(Latents.draw(model().device(), labels.length, latent, seed), labels);
    }

    /**
     * Pictures that change smoothly, on a closed round: each goes over the sphere from one random vector to the next
     * and back to the first.
     *
     * @param count  pictures in each frame, of the classes in turn
     * @param frames how many; the one after the last would be the first
     */
    public List<Images> interpolate(int count, int frames, long seed) {
        return interpolate(frames, seed, Latents.inTurn(count, classNames().size()));
    }

    /** As {@link #interpolate(int, int, long)} with a class for each picture of a frame. */
    public List<Images> interpolate(int frames, long seed, int[] labels) {
        Latents.positive("frames", frames);
        int latent = model().config().latent();
        int stations = Math.min(STATIONS, frames);
        float[] ends = Latents.draw(model().device(), stations * labels.length, latent, seed);
        List<Images> films = new ArrayList<>();
        for (int frame = 0; frame < frames; frame++) {
            double way = (double) frame * stations / frames;
            int station = (int) way;
            float[] between = new float[labels.length * latent];
            for (int i = 0; i < labels.length; i++) {
                Latents.slerp(ends, (station * labels.length + i) * latent,
                        ((station + 1) % stations * labels.length + i) * latent, way - station, between, i * latent,
                        latent);
            }
            films.add(pictures(between, labels));
        }
        return films;
    }

    private Images pictures(float[] latents, int[] labels) {
        GanConfig shape = model().config();
        Latents.requireClasses(labels, shape.classes());
        long each = (long) shape.imageSize() * shape.imageSize() * shape.channels();
        byte[] bytes = new byte[arrayLength(labels.length, each, "pictures", "bytes")];
        int stride = bytes.length / labels.length;
        inBatches(BATCH, latents, labels, (vectors, classes, from) -> {
            byte[] part = model().pictures(vectors, classes).pixels();
            System.arraycopy(part, 0, bytes, from * stride, part.length);
        });
        return new Images(labels.length, shape.imageSize(), shape.imageSize(), shape.channels(), bytes);
    }
}
