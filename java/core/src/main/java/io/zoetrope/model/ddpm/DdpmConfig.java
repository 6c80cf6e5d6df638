package io.zoetrope.model.ddpm;

import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.diffusion.SamplerPlan;
import io.zoetrope.diffusion.SchedulerConfig;
import io.zoetrope.diffusion.Trajectory;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.model.unet.UNetSettings;
import java.io.IOException;
import java.util.Set;

/**
 * What a diffusion model is, apart from its weights; on disk the settings of diffusers' {@code UNet2DModel} and of one
 * of its schedulers.
 *
 * @param unet      the network, which predicts as many channels as it is shown
 * @param scheduler the noise, what the network predicts of it, and how it is sampled
 */
public record DdpmConfig(UNetConfig unet, SchedulerConfig scheduler) {
    static final String UNET = "unet";
    static final String SCHEDULER = "scheduler";
    /** Pipelines of diffusers that differ in their sampler alone, which is the caller's. */
    private static final Set<String> PIPELINES = Set.of("DDPMPipeline", "DDIMPipeline", "PNDMPipeline");

    public DdpmConfig {
        if (unet.picture().in() != unet.picture().out()) {
            throw new IllegalArgumentException(
                    "the network is shown " + unet.picture().in() + " channels and predicts " + unet.picture().out()
                            + " (in_channels, out_channels): a diffusion model needs as many, learned variances"
                            + " are not supported");
        }
    }

    /** The default model for square pictures of this size, a multiple of 4, and 1 or 3 channels. */
    public static DdpmConfig forPictures(int size, int channels) {
        return new DdpmConfig(UNetConfig.forPictures(size, channels),
                SchedulerConfig.forPictures(NoiseSchedule.cosine(NoiseSchedule.DEFAULT_TIMESTEPS), Prediction.V));
    }

    /** How much noise each timestep holds. */
    public NoiseSchedule schedule() {
        return scheduler.schedule();
    }

    /** What the network predicts. */
    public Prediction prediction() {
        return scheduler.prediction();
    }

    /** T of the schedule. */
    public int timesteps() {
        return schedule().timesteps();
    }

    /** The number of classes to condition on, numbered from 0; 0: there are none. */
    public int classes() {
        return unet.classes();
    }

    /** The run that a request asks for: what it leaves open is as the model's scheduler says. */
    SamplerPlan plan(Sampling request) {
        Trajectory trajectory = request.spacing().map(spacing -> Trajectory.of(schedule(), spacing, request.steps()))
                .orElseGet(() -> scheduler.trajectory(request.steps()));
        Trajectory taken = request.edit().map(edit -> trajectory.tail(edit.strength())).orElse(trajectory);
        return request.sampler().plan(taken, prediction(), request.clip().orElse(scheduler.clip()));
    }

    Config unetSettings() {
        return UNetSettings.write(unet);
    }

    Config schedulerSettings() {
        return scheduler.write();
    }

    /**
     * What a model's folder says it is.
     *
     * @throws BadFileException naming what is not understood
     */
    static DdpmConfig of(ModelFolder files) throws IOException {
        files.require(PIPELINES, Set.of(UNET, SCHEDULER));
        return of(files.config(UNET), files.config(SCHEDULER));
    }

    static DdpmConfig of(Config unet, Config scheduler) throws BadFileException {
        return new DdpmConfig(UNetSettings.read(unet), SchedulerConfig.read(scheduler));
    }
}
