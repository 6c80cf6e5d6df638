package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.testkit.NpyFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerConfigTest {
    private static final String FILE = "scheduler_config.json";

    private static Config config(String className, String settings) throws IOException {
        return Config.parse(
                "{\"_class_name\": \"" + className + "\"" + (settings.isEmpty() ? "" : ", " + settings) + "}", FILE);
    }

    private static SchedulerConfig read(String className, String settings) throws IOException {
        return SchedulerConfig.read(config(className, settings));
    }

    private static void refused(String className, String settings, String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> read(className, settings))
                .withMessageStartingWith(FILE + ": ")
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    /** diffusers sums up logarithms in f32: its table is good to about 1e-4 of a value. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"linear-0.0001-0.02; \"beta_schedule\": \"linear\"",
            "linear-0.0001-0.02-zsnr; \"rescale_betas_zero_snr\": true, \"prediction_type\": \"v_prediction\"",
            "scaled_linear-0.00085-0.012; \"beta_schedule\": \"scaled_linear\", \"beta_start\": 0.00085, \"beta_end\": 0.012",
            "squaredcos_cap_v2-None-None; \"beta_schedule\": \"squaredcos_cap_v2\""})
    void schedulesAreThoseOfDiffusers(String golden, String settings) throws IOException {
        double[] expected = NpyFile.read("/goldens/alphas-cumprod/" + golden + ".npy").values();
        NoiseSchedule schedule = read("DDIMScheduler", settings).schedule();
        assertThat(schedule.timesteps()).isEqualTo(expected.length);
        for (int t = 0; t < expected.length; t++) {
            assertThat(schedule.alphaBar(t)).as("ᾱ of timestep %d", t).isCloseTo(expected[t],
                    within(1e-4 * expected[t] + 1e-7));
        }
    }

    @ParameterizedTest
    @CsvSource({"DDPMScheduler, LEADING, 1", "DDIMScheduler, LEADING, 1", "PNDMScheduler, LEADING, Infinity",
            "DPMSolverMultistepScheduler, LINSPACE, Infinity", "UniPCMultistepScheduler, LINSPACE, Infinity",
            "EulerDiscreteScheduler, LINSPACE, Infinity", "EulerAncestralDiscreteScheduler, LINSPACE, Infinity"})
    void whatIsLeftOutIsAsInDiffusers(String className, Spacing spacing, double clip) throws IOException {
        assertThat(read(className, ""))
                .isEqualTo(new SchedulerConfig(NoiseSchedule.linear(1000), Prediction.EPSILON, clip, spacing, 0));
    }

    @Test
    void heunHasDefaultsOfItsOwn() throws IOException {
        assertThat(read("HeunDiscreteScheduler", ""))
                .isEqualTo(new SchedulerConfig(NoiseSchedule.linear(1000, 0.00085, 0.012), Prediction.EPSILON,
                        Double.POSITIVE_INFINITY, Spacing.LINSPACE, 0));
        assertThat(read("HeunDiscreteScheduler", "\"clip_sample\": true, \"clip_sample_range\": 2.5").clip())
                .isEqualTo(2.5);
    }

    @Test
    void schedulesAreRead() throws IOException {
        assertThat(read("DDPMScheduler",
                "\"num_train_timesteps\": 400, \"beta_start\": 0.00085, \"beta_end\": 0.012, "
                        + "\"trained_betas\": null, \"rescale_betas_zero_snr\": false")
                .schedule()).isEqualTo(NoiseSchedule.linear(400, 0.00085, 0.012));
        // Without them, diffusers' own, however many timesteps there are.
        assertThat(read("DDPMScheduler", "\"num_train_timesteps\": 400").schedule())
                .isEqualTo(NoiseSchedule.linear(400, 1e-4, 0.02)).isNotEqualTo(NoiseSchedule.linear(400));
        assertThat(read("DDPMScheduler", "\"num_train_timesteps\": 2, \"trained_betas\": [0.25, 0.5]").schedule()
                .alphaBar(1)).isEqualTo(0.375);
        NoiseSchedule sigmoid = read("DDPMScheduler", "\"beta_schedule\": \"sigmoid\", \"num_train_timesteps\": 3, "
                + "\"beta_start\": 0.1, \"beta_end\": 0.3").schedule();
        assertThat(sigmoid.beta(1)).isCloseTo(0.2, within(1e-15));
        assertThat(sigmoid.beta(0)).isCloseTo(0.1 + 0.2 / (1 + Math.exp(6)), within(1e-15));
    }

    @Test
    void settingsOfTheSolverAreTheCallers() throws IOException {
        assertThat(read("DPMSolverMultistepScheduler", "\"algorithm_type\": \"sde-dpmsolver++\", \"solver_order\": 3, "
                + "\"lambda_min_clipped\": -Infinity, \"final_sigmas_type\": \"sigma_min\", \"thresholding\": false, "
                + "\"sample_max_value\": 1.0, \"variance_type\": null, \"use_karras_sigmas\": null"))
                .isEqualTo(read("DPMSolverMultistepScheduler", ""));
        assertThat(read("PNDMScheduler", "\"skip_prk_steps\": true, \"set_alpha_to_one\": false, \"steps_offset\": 1"))
                .isEqualTo(new SchedulerConfig(NoiseSchedule.linear(1000), Prediction.EPSILON, Double.POSITIVE_INFINITY,
                        Spacing.LEADING, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "EulerDiscreteScheduler",
            "HeunDiscreteScheduler"})
    void spacingsByLevelAreHonoured(String className) throws IOException {
        assertThat(read(className, "\"use_karras_sigmas\": true").spacing()).isEqualTo(Spacing.KARRAS);
        assertThat(read(className, "\"use_exponential_sigmas\": true, \"use_karras_sigmas\": false").spacing())
                .isEqualTo(Spacing.EXPONENTIAL);
        assertThat(read(className, "\"use_exponential_sigmas\": null").spacing()).isEqualTo(Spacing.LINSPACE);
        refused(className, "\"use_karras_sigmas\": true, \"use_exponential_sigmas\": true", "use_exponential_sigmas",
                "beside use_karras_sigmas");
        refused(className, "\"use_karras_sigmas\": 1", "use_karras_sigmas");
    }

    @Test
    void spacingsByLevelNeedEnds() throws IOException {
        refused("EulerDiscreteScheduler", "\"use_karras_sigmas\": true, \"timestep_spacing\": \"leading\"",
                "use_karras_sigmas", "timestep_spacing leading");
        refused("DPMSolverMultistepScheduler", "\"use_exponential_sigmas\": true, \"rescale_betas_zero_snr\": true, "
                + "\"prediction_type\": \"v_prediction\"", "use_exponential_sigmas", "rescale_betas_zero_snr");
        assertThat(read("UniPCMultistepScheduler", "\"use_karras_sigmas\": true, \"timestep_spacing\": \"leading\"")
                .trajectory(10).timestep(9)).isZero();
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(
                () -> new SchedulerConfig(NoiseSchedule.linear(10).endingInNoise(), Prediction.V, 1, Spacing.KARRAS, 0))
                .withMessageContaining("karras");
    }

    @Test
    void whatIsNotUnderstoodIsNamed() {
        refused("ScoreSdeVeScheduler", "", "_class_name", "ScoreSdeVeScheduler", "DDPMScheduler",
                "UniPCMultistepScheduler");
        refused("FlowMatchEulerDiscreteScheduler", "\"shift\": 3", "FlowMatchEulerDiscreteScheduler");
        refused("DDPMScheduler", "\"thresholding\": true", "thresholding", "true");
        refused("DDPMScheduler", "\"variance_type\": \"learned\"", "variance_type", "learned", "fixed_small");
        refused("DDIMScheduler", "\"beta_schedule\": \"sigmoid\"", "beta_schedule", "sigmoid", "squaredcos_cap_v2");
        refused("DDIMScheduler", "\"rescale_betas_zero_snr\": true", "rescale_betas_zero_snr", "v_prediction");
        refused("DDIMScheduler", "\"prediction_type\": \"flow\"", "prediction_type", "flow",
                "epsilon, sample or v_prediction");
        refused("DDIMScheduler", "\"solver_order\": 2", "solver_order", "DDIMScheduler");
        refused("PNDMScheduler", "\"clip_sample\": true", "clip_sample", "PNDMScheduler");
        refused("DPMSolverMultistepScheduler", "\"use_beta_sigmas\": true", "use_beta_sigmas");
        refused("EulerAncestralDiscreteScheduler", "\"use_karras_sigmas\": true", "use_karras_sigmas");
        refused("LCMScheduler", "", "LCMScheduler");
        refused("UniPCMultistepScheduler", "\"prediction_type\": \"flow_prediction\"", "flow_prediction");
        refused("DPMSolverMultistepScheduler", "\"lambda_min_clipped\": -5.1", "lambda_min_clipped", "-5.1");
        refused("EulerDiscreteScheduler", "\"timestep_type\": \"continuous\"", "timestep_type", "continuous");
        refused("EulerDiscreteScheduler", "\"timestep_spacing\": \"even\"", "timestep_spacing",
                "leading, linspace or trailing");
        refused("DDPMScheduler", "\"steps_offset\": 1000", "steps_offset", "0 to 999");
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> SchedulerConfig.read(Config.parse("{}", FILE))).withMessageContaining("_class_name");
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        for (NoiseSchedule schedule : new NoiseSchedule[] {NoiseSchedule.linear(250), NoiseSchedule.cosine(250),
                NoiseSchedule.linear(1000, 0.001, 0.01), NoiseSchedule.linear(100).endingInNoise(),
                NoiseSchedule.ofBetas(new double[] {0.1, 0.2, 0.15}),
                NoiseSchedule.between(NoiseSchedule.Kind.SCALED_LINEAR, 1000, 0.00085, 0.012)}) {
            for (double clip : new double[] {1, 2.5, Double.POSITIVE_INFINITY}) {
                SchedulerConfig written = new SchedulerConfig(schedule, Prediction.V, clip, Spacing.LEADING, 1);
                SchedulerConfig read = SchedulerConfig.read(Config.parse(written.write().toString(), FILE));
                assertThat(read).usingRecursiveComparison().ignoringFields("schedule").isEqualTo(written);
                for (int t = 0; t < schedule.timesteps(); t++) {
                    assertThat(read.schedule().alphaBar(t)).isCloseTo(schedule.alphaBar(t), within(1e-14));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Spacing.class, names = {"KARRAS", "EXPONENTIAL"})
    void spacingsByLevelAreWrittenWhereDiffusersKnowsThem(Spacing spacing) throws IOException {
        for (NoiseSchedule.Kind kind : NoiseSchedule.Kind.values()) {
            NoiseSchedule schedule = kind == NoiseSchedule.Kind.TABLE ? NoiseSchedule.ofBetas(new double[] {0.1, 0.2})
                    : NoiseSchedule.of(kind, 20);
            SchedulerConfig written = new SchedulerConfig(schedule, Prediction.V, 2.5, spacing, 0);
            assertThat(written.write().className()).isEqualTo(written.className()).isEqualTo("HeunDiscreteScheduler");
            SchedulerConfig read = SchedulerConfig.read(Config.parse(written.write().toString(), FILE));
            assertThat(read).usingRecursiveComparison().ignoringFields("schedule").isEqualTo(written);
            assertThat(read.schedule().alphaBar(1)).isCloseTo(schedule.alphaBar(1), within(1e-14));
        }
    }

    /**
     * Every setting that diffusers writes with every kind of wrong value: one line that names it, or a value it may
     * have.
     */
    @ParameterizedTest
    @ValueSource(strings = {"null", "\"text\"", "-1", "0", "1e300", "-Infinity", "2147483648", "0.5", "true", "[]",
            "[[]]", "[0.5, null]", "{}", "{\"a\": 1}"})
    void everySettingWithEveryWrongValue(String value) throws IOException {
        Config whole = Config.parse(new String(
                getClass().getResourceAsStream("/goldens/unet2d/own/scheduler/scheduler_config.json").readAllBytes(),
                StandardCharsets.UTF_8), FILE);
        SchedulerConfig.read(whole);
        for (String key : whole.names()) {
            try {
                SchedulerConfig.read(whole.with(Config.parse("{\"" + key + "\": " + value + "}", FILE)));
            } catch (BadFileException e) {
                assertThat(e.getMessage()).as("%s %s", key, value).startsWith(FILE + ": ").doesNotContain("\n")
                        .satisfiesAnyOf(message -> assertThat(message).contains("'" + key + "'"),
                                message -> assertThat(message).contains("settings that go together"));
            }
        }
    }
}
