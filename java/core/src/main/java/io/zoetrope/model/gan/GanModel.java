package io.zoetrope.model.gan;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.io.BadFileException;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.adversarial.GeneratorModel;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;

/** The generator of an adversarial model of pictures on a device. */
public final class GanModel extends GeneratorModel<GanConfig, GanGenerator> {
    static final String PIPELINE = "GanPipeline";
    static final String COMPONENT = GENERATOR;
    private static final Format<GanConfig, GanGenerator> FORMAT = new Format<>(PIPELINE, COMPONENT, "zoetrope",
            "GanGenerator", GanConfig::of, GanConfig::settings, GanGenerator::new);

    /** A model with fresh parameters; see {@link NetworkModel#NetworkModel}. */
    public GanModel(Device device, GanConfig config, DType compute, long seed) {
        super(FORMAT, device, config, compute, seed);
    }

    /** Loads a model's folder. @throws BadFileException naming what in it does not fit */
    public static GanModel load(Device device, Path folder, DType compute) throws IOException {
        return FORMAT.load(device, folder, compute, GanModel::new);
    }

    /** The pictures of these vectors; arguments as of {@link #samples}. */
    Images pictures(float[] latents, int[] labels) {
        GanConfig config = config();
        return Images.fromFloats(samples(latents, config.latent(), labels), latents.length / config.latent(),
                config.imageSize(), config.imageSize(), config.channels());
    }
}
