package io.zoetrope.model.wavegan;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.adversarial.GeneratorModel;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;

/** The generator of an adversarial model of sounds on a device. */
public final class WaveGanModel extends GeneratorModel<WaveGanConfig, WaveGanGenerator> {
    static final String PIPELINE = "WaveGanPipeline";
    static final String COMPONENT = GENERATOR;
    private static final Format<WaveGanConfig, WaveGanGenerator> FORMAT = new Format<>(PIPELINE, COMPONENT, "zoetrope",
            "WaveGanGenerator", WaveGanConfig::of, WaveGanConfig::settings, WaveGanGenerator::new);

    /** A model with fresh parameters; see {@link NetworkModel#NetworkModel}. */
    public WaveGanModel(Device device, WaveGanConfig config, DType compute, long seed) {
        super(FORMAT, device, config, compute, seed);
    }

    /** Loads a model's folder. @throws BadFileException naming what in it does not fit */
    public static WaveGanModel load(Device device, Path folder, DType compute) throws IOException {
        return FORMAT.load(device, folder, compute, WaveGanModel::new);
    }
}
