package io.zoetrope.model.ddpm;

import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.model.unet.UNetSettings;

/**
 * What a diffusion model is, apart from its weights; on disk the settings of diffusers' {@code UNet2DModel} and
 * {@code DDPMScheduler}.
 *
 * @param unet       the network
 * @param schedule   how much noise each timestep holds
 * @param prediction what the network predicts
 */
public record DdpmConfig(UNetConfig unet, NoiseSchedule schedule, Prediction prediction) {
    /** The default model for square pictures of this size, a multiple of 4, and 1 or 3 channels. */
    public static DdpmConfig forPictures(int size, int channels) {
        return new DdpmConfig(UNetConfig.forPictures(size, channels),
                NoiseSchedule.cosine(NoiseSchedule.DEFAULT_TIMESTEPS), Prediction.V);
    }

    /** T of the schedule. */
    public int timesteps() {
        return schedule.timesteps();
    }

    Config unetSettings() {
        return UNetSettings.write(unet);
    }

    Config schedulerSettings() {
        return Config.empty().with("_class_name", "DDPMScheduler").with("num_train_timesteps", timesteps())
                .with("beta_schedule", schedule.kind().diffusersName()).with("beta_start", schedule.firstBeta())
                .with("beta_end", schedule.lastBeta()).with("prediction_type", prediction.diffusersName())
                .with("clip_sample", true).with("clip_sample_range", 1.0).with("timestep_spacing", "trailing");
    }

    static DdpmConfig of(Config unet, Config scheduler) throws BadFileException {
        return new DdpmConfig(UNetSettings.read(unet), schedule(scheduler), Prediction.named(scheduler.text("prediction_type")));
    }

    /** As diffusers reads it: a linear schedule goes from beta_start to beta_end, the cosine knows neither. */
    private static NoiseSchedule schedule(Config scheduler) throws BadFileException {
        if (scheduler.has("trained_betas")) {
            throw new IllegalArgumentException("the scheduler has a table of its own, 'trained_betas'");
        }
        if (scheduler.flag("rescale_betas_zero_snr", false)) {
            throw new IllegalArgumentException("the scheduler asks for 'rescale_betas_zero_snr'");
        }
        int timesteps = scheduler.integer("num_train_timesteps");
        return switch (NoiseSchedule.Kind.named(scheduler.text("beta_schedule"))) {
            case LINEAR -> NoiseSchedule.linear(timesteps, scheduler.number("beta_start", NoiseSchedule.FIRST_BETA),
                    scheduler.number("beta_end", NoiseSchedule.LAST_BETA));
            case COSINE -> NoiseSchedule.cosine(timesteps);
        };
    }
}
