package io.zoetrope.model.wavegan;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Sounds;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.adversarial.GeneratorPipeline;
import io.zoetrope.model.adversarial.Latents;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Makes sounds with the generator of an adversarial model.
 *
 * <pre>{@code
 * try (Device device = Device.open();
 *         WaveGanPipeline gan = WaveGanPipeline.fromPretrained(device, Path.of("run/model"))) {
 *     gan.generate(10, 7).joined(0.2).writeWav(Path.of("digits.wav"));
 * }
 * }</pre>
 */
public final class WaveGanPipeline extends GeneratorPipeline<WaveGanModel, Sounds> {
    /** The name of the model of sounds that ships. */
    public static final String DIGITS_WAVEGAN = "digits-wavegan";
    /** Sounds made at a time. */
    private static final int BATCH = 16;

    /** Takes the model over: closing the pipeline closes it. */
    public WaveGanPipeline(WaveGanModel model) {
        super(model, model.config().classNames());
    }

    /**
     * The model in a folder if there is one of that name, else the one that ships under it. @see PretrainedModels#open
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static WaveGanPipeline fromPretrained(Device device, String nameOrFolder) throws IOException {
        return PretrainedModels.open(nameOrFolder, folder -> fromPretrained(device, folder));
    }

    /**
     * A model from its folder.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static WaveGanPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new WaveGanPipeline(WaveGanModel.load(device, folder, DType.BF16));
    }

    @Override
    public Sounds generate(long seed, int[] labels) {
        WaveGanConfig shape = model().config();
        Latents.requireClasses(labels, shape.classes());
        int count = Latents.positive("count", labels.length);
        float[] all = new float[arrayLength(count, shape.samples(), "sounds", "samples")];
        float[] latents = Latents.draw(model().device(), count, shape.latent(), seed);
        inBatches(BATCH, latents, labels, (vectors, classes, from) -> {
            float[] part = model().samples(vectors, shape.latent(), classes);
            System.arraycopy(part, 0, all, from * shape.samples(), part.length);
        });
        return Sounds.fromFloats(all, count, shape.samples(), shape.rate());
    }
}
