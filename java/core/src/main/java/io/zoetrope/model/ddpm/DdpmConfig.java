package io.zoetrope.model.ddpm;

import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.model.unet.UNetConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * What a diffusion model is, apart from its weights; on disk the settings of diffusers' {@code UNet2DModel} and
 * {@code DDPMScheduler}.
 *
 * @param unet       the network
 * @param schedule   how much noise each timestep holds
 * @param prediction what the network predicts
 */
public record DdpmConfig(UNetConfig unet, NoiseSchedule schedule, Prediction prediction) {
    private static final String PLAIN_DOWN = "DownBlock2D";
    private static final String ATTENTION_DOWN = "AttnDownBlock2D";
    private static final String PLAIN_UP = "UpBlock2D";
    private static final String ATTENTION_UP = "AttnUpBlock2D";

    /** The default model for square pictures of this size, a multiple of 4, and 1 or 3 channels. */
    public static DdpmConfig forPictures(int size, int channels) {
        UNetConfig base = UNetConfig.fashion();
        return new DdpmConfig(new UNetConfig(size, channels, base.blockChannels(), base.layersPerBlock(), base.attention(),
                base.normGroups(), 0), NoiseSchedule.cosine(NoiseSchedule.DEFAULT_TIMESTEPS), Prediction.V);
    }

    /** T of the schedule. */
    public int timesteps() {
        return schedule.timesteps();
    }

    Config unetSettings() {
        int levels = unet.blockChannels().size();
        List<String> down = new ArrayList<>();
        List<String> up = new ArrayList<>();
        for (int i = 0; i < levels; i++) {
            down.add(unet.attention().get(i) ? ATTENTION_DOWN : PLAIN_DOWN);
            up.add(unet.attention().get(levels - 1 - i) ? ATTENTION_UP : PLAIN_UP);
        }
        Config settings = Config.empty().with("_class_name", "UNet2DModel")
                .with("sample_size", unet.imageSize()).with("in_channels", unet.channels())
                .with("out_channels", unet.channels())
                .with("block_out_channels", unet.blockChannels().stream().mapToInt(Integer::intValue).toArray())
                .with("layers_per_block", unet.layersPerBlock()).with("down_block_types", down)
                .with("up_block_types", up).with("norm_num_groups", unet.normGroups())
                .with("attention_head_dim", unet.blockChannels().get(levels - 1)).with("act_fn", "silu")
                .with("time_embedding_type", "positional").with("flip_sin_to_cos", false).with("freq_shift", 0);
        return unet.classes() == 0 ? settings : settings.with("num_class_embeds", unet.classes());
    }

    Config schedulerSettings() {
        return Config.empty().with("_class_name", "DDPMScheduler").with("num_train_timesteps", timesteps())
                .with("beta_schedule", schedule.kind().diffusersName()).with("beta_start", schedule.firstBeta())
                .with("beta_end", schedule.lastBeta()).with("prediction_type", prediction.diffusersName())
                .with("clip_sample", true).with("clip_sample_range", 1.0).with("timestep_spacing", "trailing");
    }

    static DdpmConfig of(Config unet, Config scheduler) throws BadFileException {
        List<Integer> widths = new ArrayList<>();
        for (int width : unet.integers("block_out_channels")) {
            widths.add(width);
        }
        List<Boolean> attention = unet.texts("down_block_types").stream().map(ATTENTION_DOWN::equals).toList();
        UNetConfig shape = new UNetConfig(unet.integer("sample_size"), unet.integer("in_channels"), widths,
                unet.integer("layers_per_block"), attention, unet.integer("norm_num_groups"),
                unet.integer("num_class_embeds", 0));
        return new DdpmConfig(shape, schedule(scheduler), Prediction.named(scheduler.text("prediction_type")));
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
