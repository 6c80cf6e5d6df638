package io.zoetrope.model.ddpm;

import io.zoetrope.cuda.Device;
import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.unet.UNet;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A diffusion model on a device: the network, its parameters and its noise schedule. */
public final class DdpmModel extends NetworkModel<DdpmConfig, UNet> {
    private static final String UNET = DdpmConfig.UNET;
    private static final String SCHEDULER = DdpmConfig.SCHEDULER;
    private static final Format<DdpmConfig, UNet> FORMAT = new Format<>("DDPMPipeline", UNET, "diffusers",
            "UNet2DModel", DdpmConfig::of, DdpmConfig::unetSettings,
            (config, parameters) -> new UNet(config.unet(), parameters));

    private final Tensor alphaBar;

    /**
     * A model with fresh parameters, all to be trained.
     *
     * @param seed of the first values
     */
    public DdpmModel(Device device, DdpmConfig config, DType compute, long seed) {
        this(device, config, compute, ParameterPlan.training());
        store().initialise(seed);
    }

    /** A model to be given values; see {@link NetworkModel#NetworkModel}. */
    public DdpmModel(Device device, DdpmConfig config, DType compute, ParameterPlan plan) {
        super(FORMAT, device, config, compute, plan);
        this.alphaBar = scope().of(config.schedule().alphaBarTable(), config.timesteps());
    }

    /**
     * Loads a model's folder to be used, not trained.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static DdpmModel load(Device device, Path folder, DType compute) throws IOException {
        return load(device, folder, compute, ParameterPlan.inference());
    }

    /**
     * Loads a model's folder.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static DdpmModel load(Device device, Path folder, DType compute, ParameterPlan plan) throws IOException {
        return FORMAT.load(device, folder, compute, plan, DdpmModel::new);
    }

    @Override
    protected List<ModelFolder.Component> rest() {
        return List.of(new ModelFolder.Component(SCHEDULER, "diffusers", config().scheduler().className(),
                config().schedulerSettings(), Map.of()));
    }

    public NoiseSchedule schedule() {
        return config().schedule();
    }

    /** ᾱ for each timestep, F32 [T], on the device. */
    public Tensor alphaBar() {
        return alphaBar;
    }
}
