package io.zoetrope.diffusion;

import io.zoetrope.diffusion.NoiseSchedule.Kind;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ConfigReader;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * What a diffusion model's scheduler file fixes: how much noise each timestep holds, what the network's output means, how
 * far its estimates of the clean sample are let, and which timesteps are visited. The sampler and its number of steps are
 * the caller's, whatever class the file is of.
 *
 * <p>On disk the settings of diffusers' schedulers for variance-preserving diffusion. Those about their own solver (its
 * order, its type, its last step, its noise) are without effect here; those that would change one of the four things
 * above and are not supported are refused by name, as is a class that is not listed.
 *
 * @param schedule   how much noise each timestep holds
 * @param prediction what the network predicts
 * @param clip       bound on |x̂_0|; infinite: none
 * @param spacing    which timesteps are visited
 * @param offset     added to the timesteps of {@link Spacing#LEADING}
 */
public record SchedulerConfig(NoiseSchedule schedule, Prediction prediction, double clip, Spacing spacing, int offset) {
    private static final Map<String, Prediction> PREDICTIONS = named(Prediction.values(), Prediction::diffusersName);
    private static final Map<String, Spacing> SPACINGS = named(Spacing.values(), Spacing::diffusersName);
    private static final Map<String, Kind> SCHEDULES = Map.of("linear", Kind.LINEAR, "scaled_linear",
            Kind.SCALED_LINEAR, "squaredcos_cap_v2", Kind.COSINE);
    private static final Map<String, Kind> DDPM_SCHEDULES = Map.of("linear", Kind.LINEAR, "scaled_linear",
            Kind.SCALED_LINEAR, "squaredcos_cap_v2", Kind.COSINE, "sigmoid", Kind.SIGMOID);

    /**
     * The classes of diffusers whose files are understood: the spacing where the file says none; whether they clip where it
     * says nothing, null where they have no such setting; the settings of their solvers; those that must be off.
     */
    private enum SchedulerClass {
        DDPM("DDPMScheduler", Spacing.LEADING, true, new String[] {}, new String[] {}), DDIM("DDIMScheduler",
                Spacing.LEADING, true, new String[] {"set_alpha_to_one"}, new String[] {}), PNDM("PNDMScheduler",
                        Spacing.LEADING, null, new String[] {"set_alpha_to_one", "skip_prk_steps"},
                        new String[] {}), DPM_SOLVER("DPMSolverMultistepScheduler", Spacing.LINSPACE, null,
                                new String[] {"solver_order", "algorithm_type", "solver_type", "lower_order_final",
                                        "euler_at_final", "final_sigmas_type"},
                                new String[] {"use_lu_lambdas", "use_flow_sigmas", "use_dynamic_shifting"}), UNIPC(
                                        "UniPCMultistepScheduler", Spacing.LINSPACE, null,
                                        new String[] {"solver_order", "predict_x0", "solver_type", "lower_order_final",
                                                "disable_corrector", "solver_p", "final_sigmas_type"},
                                        new String[] {"use_flow_sigmas", "use_dynamic_shifting"}), EULER(
                                                "EulerDiscreteScheduler", Spacing.LINSPACE, null,
                                                new String[] {"interpolation_type", "final_sigmas_type"},
                                                new String[] {}), EULER_ANCESTRAL("EulerAncestralDiscreteScheduler",
                                                        Spacing.LINSPACE, null, new String[] {}, new String[] {}), HEUN(
                                                                "HeunDiscreteScheduler", Spacing.LINSPACE, false,
                                                                new String[] {}, new String[] {});

        private final String className;
        private final Spacing spacing;
        private final Boolean clips;
        private final String[] solver;
        private final String[] absent;

        SchedulerClass(String className, Spacing spacing, Boolean clips, String[] solver, String[] absent) {
            this.className = className;
            this.spacing = spacing;
            this.clips = clips;
            this.solver = solver;
            this.absent = absent;
        }
    }

    /** A schedule with clipping to [−1, 1] and trailing timesteps: for pictures. */
    public static SchedulerConfig forPictures(NoiseSchedule schedule, Prediction prediction) {
        return new SchedulerConfig(schedule, prediction, 1, Spacing.TRAILING, 0);
    }

    /** What a scheduler's file says. @throws BadFileException naming what is not understood */
    public static SchedulerConfig read(Config settings) throws BadFileException {
        Map<String, SchedulerClass> classes = named(SchedulerClass.values(), known -> known.className);
        ConfigReader reader = settings.reader(classes.keySet());
        SchedulerClass type = classes.get(settings.className());
        Prediction prediction = reader.choice("prediction_type", Prediction.EPSILON, PREDICTIONS);
        NoiseSchedule schedule = schedule(reader, type, prediction);
        double clip = clip(reader, type);
        Spacing spacing = reader.choice("timestep_spacing", type.spacing, SPACINGS);
        int offset = reader.integer("steps_offset", 0, 0, schedule.timesteps() - 1);
        refuseUnsupported(reader, type);
        reader.done();
        return new SchedulerConfig(schedule, prediction, clip, spacing, offset);
    }

    private static NoiseSchedule schedule(ConfigReader reader, SchedulerClass type, Prediction prediction)
            throws BadFileException {
        int timesteps = reader.integer("num_train_timesteps", NoiseSchedule.DEFAULT_TIMESTEPS, 1,
                NoiseSchedule.MAX_TIMESTEPS);
        double first = reader.number("beta_start", type == SchedulerClass.HEUN ? 0.00085 : NoiseSchedule.FIRST_BETA, 0,
                1);
        double last = reader.number("beta_end", type == SchedulerClass.HEUN ? 0.012 : NoiseSchedule.LAST_BETA, 0, 1);
        Kind kind = reader.choice("beta_schedule", Kind.LINEAR,
                type == SchedulerClass.DDPM ? DDPM_SCHEDULES : SCHEDULES);
        double[] table = reader.numbersOrNull("trained_betas");
        if (table != null && table.length != timesteps) {
            throw reader.refused("trained_betas", timesteps + " numbers, as many as num_train_timesteps says");
        }
        NoiseSchedule schedule = reader.make(() -> table != null ? NoiseSchedule.ofBetas(table)
                : NoiseSchedule.between(kind, timesteps, first, last));
        if (type == SchedulerClass.PNDM || type == SchedulerClass.HEUN
                || !reader.flag("rescale_betas_zero_snr", false)) {
            return schedule;
        }
        if (prediction == Prediction.EPSILON) {
            throw reader.refused("rescale_betas_zero_snr",
                    "false with prediction_type epsilon, which says nothing where there is"
                            + " nothing but noise; v_prediction or sample");
        }
        return reader.make(schedule::endingInNoise);
    }

    private static double clip(ConfigReader reader, SchedulerClass type) throws BadFileException {
        if (type.clips == null) {
            return Double.POSITIVE_INFINITY;
        }
        double range = reader.positive("clip_sample_range", 1, Double.MAX_VALUE);
        return reader.flag("clip_sample", type.clips) ? range : Double.POSITIVE_INFINITY;
    }

    private static void refuseUnsupported(ConfigReader reader, SchedulerClass type) throws BadFileException {
        if (type == SchedulerClass.DDPM) {
            reader.choice("variance_type", true,
                    Map.of("fixed_small", true, "fixed_small_log", true, "fixed_large", true));
        }
        reader.withoutEffect(type.solver);
        for (String setting : type.absent) {
            reader.mustBeOff(setting);
        }
        switch (type) {
            case DDPM, DDIM -> thresholding(reader);
            case DPM_SOLVER -> {
                thresholding(reader);
                sigmas(reader);
                reader.mustBeNull("variance_type");
                reader.withoutEffect("flow_shift", "time_shift_type");
                reader.number("lambda_min_clipped", Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY,
                        -Double.MAX_VALUE);
            }
            case UNIPC -> {
                thresholding(reader);
                sigmas(reader);
                reader.withoutEffect("flow_shift", "time_shift_type");
            }
            case EULER -> {
                sigmas(reader);
                reader.mustBe("timestep_type", "discrete");
                reader.mustBeNull("sigma_min");
                reader.mustBeNull("sigma_max");
            }
            case HEUN -> sigmas(reader);
            default -> {
            }
        }
        // From before diffusers 0.3.
        reader.withoutEffect("tensor_format");
        reader.mustBeNull("timestep_values");
    }

    private static void thresholding(ConfigReader reader) throws BadFileException {
        reader.mustBeOff("thresholding");
        reader.withoutEffect("dynamic_thresholding_ratio", "sample_max_value");
    }

    /** Levels that are no timesteps of the schedule. */
    private static void sigmas(ConfigReader reader) throws BadFileException {
        reader.mustBeOff("use_karras_sigmas");
        reader.mustBeOff("use_exponential_sigmas");
        reader.mustBeOff("use_beta_sigmas");
    }

    /** What a {@code DDPMScheduler}'s file says of this. */
    public Config write() {
        Config settings = Config.empty().with("_class_name", SchedulerClass.DDPM.className).with("num_train_timesteps",
                schedule.timesteps());
        settings = schedule.kind() == Kind.TABLE ? settings.with("trained_betas", schedule.givenBetas())
                : settings.with("beta_schedule", schedule.kind().diffusersName())
                        .with("beta_start", schedule.firstBeta()).with("beta_end", schedule.lastBeta());
        settings = settings.with("prediction_type", prediction.diffusersName()).with("clip_sample",
                Double.isFinite(clip));
        settings = Double.isFinite(clip) ? settings.with("clip_sample_range", clip) : settings;
        settings = settings.with("timestep_spacing", spacing.diffusersName());
        settings = offset == 0 ? settings : settings.with("steps_offset", offset);
        return schedule.endsInNoise() ? settings.with("rescale_betas_zero_snr", true) : settings;
    }

    /** The visited noise levels of a run of {@code steps}. */
    public Trajectory trajectory(int steps) {
        int[] visited = spacing.timesteps(schedule.timesteps(), steps);
        if (spacing == Spacing.LEADING && offset > 0) {
            if (visited[0] + offset >= schedule.timesteps()) {
                throw new IllegalArgumentException(steps + " steps and the model's offset of " + offset
                        + " would start at timestep " + (visited[0] + offset) + ", but its schedule has "
                        + schedule.timesteps() + "; take fewer steps");
            }
            for (int i = 0; i < visited.length; i++) {
                visited[i] += offset;
            }
        }
        return Trajectory.startingAt(schedule, visited);
    }

    private static <T> Map<String, T> named(T[] values, Function<T, String> name) {
        Map<String, T> map = new HashMap<>();
        for (T value : values) {
            map.put(name.apply(value), value);
        }
        return map;
    }
}
