package io.zoetrope.model.wavegan;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.Interruption;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.adversarial.Latents;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Makes sounds with the generator of an adversarial model.
 *
 * <pre>{@code
 * try (Device device = Device.open(); WaveGanPipeline gan = WaveGanPipeline.fromPretrained(device, Path.of("run/model"))) {
 *     gan.generate(10, 7).joined(0.2).writeWav(Path.of("digits.wav"));
 * }
 * }</pre>
 */
public final class WaveGanPipeline implements AutoCloseable {
    /** The name of the model of sounds that ships. */
    public static final String DIGITS_WAVEGAN = "digits-wavegan";
    /** Sounds made at a time. */
    private static final int BATCH = 16;

    private final WaveGanModel model;

    /** Takes the model over: closing the pipeline closes it. */
    public WaveGanPipeline(WaveGanModel model) {
        this.model = model;
    }

    /**
     * The model in a folder if there is one of that name, else the one that ships under it. @see PretrainedModels#open
     */
    public static WaveGanPipeline fromPretrained(Device device, String nameOrFolder) throws IOException {
        return PretrainedModels.open(nameOrFolder, folder -> fromPretrained(device, folder));
    }

    /** A model from its folder. */
    public static WaveGanPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new WaveGanPipeline(WaveGanModel.load(device, folder, DType.BF16));
    }

    public WaveGanModel model() {
        return model;
    }

    /** The names of the classes that can be asked for, by number; empty where there are none. */
    public List<String> classNames() {
        return model.config().classNames();
    }

    /** The number of a class. @throws IllegalArgumentException naming those there are */
    public int classNamed(String name) {
        return Latents.classNamed(name, classNames());
    }

    /** Makes sounds, of the classes in turn. The same count and seed give the same sounds on the same device. */
    public Sounds generate(int count, long seed) {
        return generate(seed, Latents.inTurn(count, classNames().size()));
    }

    /** Makes sounds of one class. */
    public Sounds generate(int count, long seed, int label) {
        return generate(seed, Latents.all(count, label));
    }

    /**
     * Makes a sound for each label. Sound i depends on seed, i and its label alone.
     *
     * @param labels class numbers; only their number matters where the model has no classes
     */
    public Sounds generate(long seed, int[] labels) {
        WaveGanConfig shape = model.config();
        Latents.requireClasses(labels, shape.classes());
        long total = (long) Latents.positive("count", labels.length) * shape.samples();
        if (total > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("count " + labels.length + ": these sounds have " + total
                    + " samples, more than one call can return; make them in several calls with other seeds");
        }
        float[] latents = Latents.draw(model.device(), labels.length, shape.latent(), seed);
        float[] all = new float[(int) total];
        for (int from = 0; from < labels.length; from += BATCH) {
            Interruption.check("generating");
            int to = Math.min(labels.length, from + BATCH);
            float[] part = model.samples(Arrays.copyOfRange(latents, from * shape.latent(), to * shape.latent()), shape.latent(),
                    shape.classes() == 0 ? null : Arrays.copyOfRange(labels, from, to));
            System.arraycopy(part, 0, all, from * shape.samples(), part.length);
        }
        return Sounds.fromFloats(all, labels.length, shape.samples(), model.config().rate());
    }

    @Override
    public void close() {
        model.close();
    }
}
