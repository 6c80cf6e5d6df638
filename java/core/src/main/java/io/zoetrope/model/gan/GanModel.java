package io.zoetrope.model.gan;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.io.BadFileException;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.adversarial.GeneratorModel;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;

/** The generator of an adversarial model of pictures on a device. */
public final class GanModel extends GeneratorModel<GanConfig, GanGenerator> {
    static final String PIPELINE = "GanPipeline";
    static final String COMPONENT = GENERATOR;
    private static final Format<GanConfig, GanGenerator> FORMAT = new Format<>(PIPELINE, COMPONENT, "zoetrope",
            "GanGenerator", GanConfig::of, GanConfig::settings, GanGenerator::new);

    /**
     * A model with fresh parameters, all to be trained.
     *
     * @param seed of the first values
     */
    public GanModel(Device device, GanConfig config, DType compute, long seed) {
        this(device, config, compute, ParameterPlan.training());
        store().initialise(seed);
    }

    /** A model to be given values; see {@link NetworkModel#NetworkModel}. */
    public GanModel(Device device, GanConfig config, DType compute, ParameterPlan plan) {
        super(FORMAT, device, config, compute, plan);
    }

    /**
     * Loads a model's folder to be used, not trained.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static GanModel load(Device device, Path folder, DType compute) throws IOException {
        return load(device, folder, compute, ParameterPlan.inference());
    }

    /**
     * Loads a model's folder.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static GanModel load(Device device, Path folder, DType compute, ParameterPlan plan) throws IOException {
        return FORMAT.load(device, folder, compute, plan, GanModel::new);
    }

    /** The pictures of these vectors; arguments as of {@link #samples}. */
    Images pictures(float[] latents, int[] labels) {
        GanConfig config = config();
        return Images.fromFloats(samples(latents, config.latent(), labels), latents.length / config.latent(),
                config.imageSize(), config.imageSize(), config.channels());
    }
}
