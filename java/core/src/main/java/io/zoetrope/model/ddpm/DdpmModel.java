package io.zoetrope.model.ddpm;

import io.zoetrope.cuda.Device;
import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.model.unet.UNet;
import io.zoetrope.nn.ModelWeights;
import io.zoetrope.nn.ParameterBank;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A diffusion model on a device: the network, its parameters and its noise schedule. */
public final class DdpmModel implements AutoCloseable {
    private static final String UNET = DdpmConfig.UNET;
    private static final String SCHEDULER = DdpmConfig.SCHEDULER;

    private final Scope scope;
    private final DdpmConfig config;
    private final UNet unet;
    private final ParameterBank bank;
    private final Tensor alphaBar;

    /**
     * A model with fresh parameters.
     *
     * @param compute type of activations and weights: BF16 or F32
     * @param seed    of the first parameter values
     */
    public DdpmModel(Device device, DdpmConfig config, DType compute, long seed) {
        this.config = config;
        this.unet = new UNet(config.unet(), Parameters.root());
        this.bank = new ParameterBank(device, unet.parameters(), compute, seed);
        this.scope = Scope.open(device);
        this.alphaBar = scope.of(config.schedule().alphaBarTable(), config.timesteps());
    }

    /** Loads a model's folder. @throws BadFileException naming what in it does not fit */
    public static DdpmModel load(Device device, Path folder, DType compute) throws IOException {
        ModelFolder files = ModelFolder.open(folder);
        DdpmConfig config;
        try {
            config = DdpmConfig.of(files);
        } catch (IllegalArgumentException e) {
            throw BadFileException.of(folder, e.getMessage(), "settings this library can run", "Check its config.json and scheduler_config.json");
        }
        WeightFiles values = ModelWeights.read(new UNet(config.unet(), Parameters.root()).parameters(),
                files.weights(UNET));
        DdpmModel model = new DdpmModel(device, config, compute, 0);
        try {
            ModelWeights.into(model.bank, values);
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /**
     * Writes the model's folder with these parameter values in BF16.
     *
     * @param values   laid out as the bank, such as its masters or their moving average
     * @param metadata goes into the header of the weights: where they come from
     */
    public void save(Path folder, float[] values, Map<String, String> metadata) throws IOException {
        ModelFolder.write(folder, "DDPMPipeline", List.of(
                new ModelFolder.Component(UNET, "diffusers", "UNet2DModel", config.unetSettings(),
                        ModelWeights.stored(bank, values)),
                new ModelFolder.Component(SCHEDULER, "diffusers", "DDPMScheduler", config.schedulerSettings(), Map.of())),
                metadata);
    }

    public Device device() {
        return scope.device();
    }

    public DdpmConfig config() {
        return config;
    }

    public UNet unet() {
        return unet;
    }

    public ParameterBank bank() {
        return bank;
    }

    public NoiseSchedule schedule() {
        return config.schedule();
    }

    /** ᾱ for each timestep, F32 [T], on the device. */
    public Tensor alphaBar() {
        return alphaBar;
    }

    /** Type of activations and weights. */
    public DType compute() {
        return bank.compute();
    }

    @Override
    public void close() {
        bank.close();
        scope.close();
    }
}
