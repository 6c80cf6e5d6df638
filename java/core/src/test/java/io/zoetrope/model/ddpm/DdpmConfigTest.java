package io.zoetrope.model.ddpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.diffusion.SamplerPlan;
import io.zoetrope.diffusion.SchedulerConfig;
import io.zoetrope.diffusion.Spacing;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DdpmConfigTest {
    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        DdpmConfig config = DdpmConfig.forPictures(8, 3);
        assertThat(DdpmConfig.of(Config.parse(config.unetSettings().toString(), "config.json"),
                Config.parse(config.schedulerSettings().toString(), "scheduler_config.json"))).isEqualTo(config);
    }

    @Test
    void whatARequestLeavesOpenIsAsTheModelSays() {
        NoiseSchedule schedule = NoiseSchedule.linear(1000);
        DdpmConfig config = new DdpmConfig(DdpmConfig.forPictures(8, 1).unet(),
                new SchedulerConfig(schedule, Prediction.EPSILON, 2, Spacing.LEADING, 1));
        Sampling request = Sampling.count(1).steps(4).sampler(Sampler.ddim(0));
        SamplerPlan plan = config.plan(request);
        assertThat(plan.timesteps()).containsExactly(751, 501, 251, 1);
        assertThat(plan.steps()).allSatisfy(step -> assertThat(step.clipHigh()).isEqualTo(2));
        plan = config.plan(request.spacing(Spacing.TRAILING).clip(3));
        assertThat(plan.timesteps()).containsExactly(999, 749, 499, 249);
        assertThat(plan.steps()).allSatisfy(step -> assertThat(step.clipHigh()).isEqualTo(3));
        assertThatIllegalArgumentException().isThrownBy(() -> config.plan(request.steps(1000)))
                .withMessageContaining("1000 steps").withMessageContaining("offset of 1");
    }

    @Test
    void networksThatPredictVariancesAreRefused() throws IOException {
        DdpmConfig config = DdpmConfig.forPictures(8, 3);
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> DdpmConfig.of(config.unetSettings().with("out_channels", 6), config.schedulerSettings()))
                .withMessageContaining("out_channels").withMessageContaining("3").withMessageContaining("6");
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> DdpmConfig.of(config.unetSettings(),
                        config.schedulerSettings().with("variance_type", "learned_range")))
                .withMessageContaining("variance_type").withMessageContaining("learned_range");
    }
}
