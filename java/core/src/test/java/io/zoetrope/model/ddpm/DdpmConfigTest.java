package io.zoetrope.model.ddpm;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.io.Config;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DdpmConfigTest {
    private static NoiseSchedule read(String settings) throws IOException {
        Config scheduler = Config.parse("{\"prediction_type\": \"epsilon\", " + settings + "}", "scheduler_config.json");
        return DdpmConfig.of(DdpmConfig.forPictures(8, 1).unetSettings(), scheduler).schedule();
    }

    @Test
    void aLinearScheduleGoesFromItsFirstBetaToItsLast() throws IOException {
        assertThat(read("\"beta_schedule\": \"linear\", \"num_train_timesteps\": 400, \"beta_start\": 0.00085, "
                + "\"beta_end\": 0.012, \"trained_betas\": null, \"rescale_betas_zero_snr\": false"))
                .isEqualTo(NoiseSchedule.linear(400, 0.00085, 0.012));
        // Without them, diffusers' own, however many timesteps there are.
        assertThat(read("\"beta_schedule\": \"linear\", \"num_train_timesteps\": 400"))
                .isEqualTo(NoiseSchedule.linear(400, 1e-4, 0.02)).isNotEqualTo(NoiseSchedule.linear(400));
    }

    @Test
    void theCosineKnowsNoBetas() throws IOException {
        assertThat(read("\"beta_schedule\": \"squaredcos_cap_v2\", \"num_train_timesteps\": 100, \"beta_start\": 0.0001, "
                + "\"beta_end\": 0.02")).isEqualTo(NoiseSchedule.cosine(100));
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        for (NoiseSchedule schedule : new NoiseSchedule[] {NoiseSchedule.linear(250), NoiseSchedule.cosine(250),
                NoiseSchedule.linear(1000, 0.001, 0.01)}) {
            DdpmConfig config = new DdpmConfig(DdpmConfig.forPictures(8, 3).unet(), schedule, Prediction.V);
            Config scheduler = Config.parse(config.schedulerSettings().toString(), "scheduler_config.json");
            assertThat(DdpmConfig.of(config.unetSettings(), scheduler)).isEqualTo(config);
        }
    }
}
