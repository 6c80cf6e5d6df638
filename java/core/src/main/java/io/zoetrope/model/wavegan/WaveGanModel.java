package io.zoetrope.model.wavegan;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.adversarial.GeneratorModel;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;

/** The generator of an adversarial model of sounds on a device. */
public final class WaveGanModel extends GeneratorModel<WaveGanConfig, WaveGanGenerator> {
    static final String PIPELINE = "WaveGanPipeline";
    static final String COMPONENT = GENERATOR;
    private static final Format<WaveGanConfig, WaveGanGenerator> FORMAT = new Format<>(PIPELINE, COMPONENT, "zoetrope",
            "WaveGanGenerator", WaveGanConfig::of, WaveGanConfig::settings, WaveGanGenerator::new);

    /**
     * A model with fresh parameters, all to be trained.
     *
     * @param seed of the first values
     */
    public WaveGanModel(Device device, WaveGanConfig config, DType compute, long seed) {
        this(device, config, compute, ParameterPlan.training());
        store().initialise(seed);
    }

    /** A model to be given values; see {@link NetworkModel#NetworkModel}. */
    public WaveGanModel(Device device, WaveGanConfig config, DType compute, ParameterPlan plan) {
        super(FORMAT, device, config, compute, plan);
    }

    /**
     * Loads a model's folder to be used, not trained.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static WaveGanModel load(Device device, Path folder, DType compute) throws IOException {
        return load(device, folder, compute, ParameterPlan.inference());
    }

    /**
     * Loads a model's folder.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static WaveGanModel load(Device device, Path folder, DType compute, ParameterPlan plan) throws IOException {
        return FORMAT.load(device, folder, compute, plan, WaveGanModel::new);
    }
}
