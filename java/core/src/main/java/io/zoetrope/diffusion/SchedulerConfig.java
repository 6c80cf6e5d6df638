package io.zoetrope.diffusion;

import io.zoetrope.diffusion.NoiseSchedule.Kind;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ConfigReader;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What a diffusion model's scheduler file fixes: how much noise each timestep holds, what the network's output means,
 * how far its estimates of the clean sample are let, and which timesteps are visited. The sampler and its number of
 * steps are the caller's, whatever class the file is of.
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
    /** A straight path has other levels than these schedules. */
    private static final Map<String, Prediction> PREDICTIONS = named(
            EnumSet.complementOf(EnumSet.of(Prediction.FLOW)).toArray(Prediction[]::new), Prediction::diffusersName);
    private static final Map<String, Spacing> SPACINGS = named(
            Arrays.stream(Spacing.values()).filter(Spacing::isWhole).toArray(Spacing[]::new), Spacing::diffusersName);
    private static final String KARRAS = "use_karras_sigmas";
    private static final String EXPONENTIAL = "use_exponential_sigmas";
    private static final Map<String, Kind> SCHEDULES = Map.of("linear", Kind.LINEAR, "scaled_linear",
            Kind.SCALED_LINEAR, "squaredcos_cap_v2", Kind.COSINE);
    private static final Map<String, Kind> DDPM_SCHEDULES = Map.of("linear", Kind.LINEAR, "scaled_linear",
            Kind.SCALED_LINEAR, "squaredcos_cap_v2", Kind.COSINE, "sigmoid", Kind.SIGMOID);

    /**
     * The classes of diffusers whose files are understood: the spacing where the file says none; whether they clip
     * where it says nothing, null where they have no such setting; whether they may space by noise level; the settings
     * of their solvers; those that must be off.
     */
    private enum SchedulerClass {
        /** Ho et al. 2020. */
        DDPM("DDPMScheduler", Spacing.LEADING, true, false),
        /** Song et al. 2021. */
        DDIM("DDIMScheduler", Spacing.LEADING, true, false, List.of("set_alpha_to_one")),
        /** Liu et al. 2022. */
        PNDM("PNDMScheduler", Spacing.LEADING, null, false, List.of("set_alpha_to_one", "skip_prk_steps")),
        /** Lu et al. 2022. */
        DPM_SOLVER(
                "DPMSolverMultistepScheduler", Spacing.LINSPACE, null, true, List.of("solver_order", "algorithm_type",
                        "solver_type", "lower_order_final", "euler_at_final", "final_sigmas_type"),
                "use_lu_lambdas", "use_flow_sigmas", "use_dynamic_shifting"),
        /** Zhao et al. 2023. */
        UNIPC("UniPCMultistepScheduler", Spacing.LINSPACE, null, true, List.of("solver_order", "predict_x0",
                "solver_type", "lower_order_final", "disable_corrector", "solver_p", "final_sigmas_type"),
                "use_flow_sigmas", "use_dynamic_shifting"),
        /** Karras et al. 2022. */
        EULER("EulerDiscreteScheduler", Spacing.LINSPACE, null, true,
                List.of("interpolation_type", "final_sigmas_type")),
        /** Karras et al. 2022, with fresh noise. */
        EULER_ANCESTRAL("EulerAncestralDiscreteScheduler", Spacing.LINSPACE, null, false),
        /** Karras et al. 2022, algorithm 1. */
        HEUN("HeunDiscreteScheduler", Spacing.LINSPACE, false, true);

        private final String className;
        private final Spacing spacing;
        private final Boolean clips;
        private final boolean spacesByLevel;
        private final List<String> solver;
        private final String[] absent;

        SchedulerClass(String className, Spacing spacing, Boolean clips, boolean spacesByLevel) {
            this(className, spacing, clips, spacesByLevel, List.of());
        }

        SchedulerClass(String className, Spacing spacing, Boolean clips, boolean spacesByLevel, List<String> solver,
                String... absent) {
            this.className = className;
            this.spacing = spacing;
            this.clips = clips;
            this.spacesByLevel = spacesByLevel;
            this.solver = solver;
            this.absent = absent;
        }
    }

    public SchedulerConfig {
        if (!spacing.isWhole() && schedule.endsInNoise()) {
            throw new IllegalArgumentException("spacing " + spacing.diffusersName()
                    + " needs a largest noise level, and this schedule ends in nothing but noise");
        }
    }

    /** A schedule with clipping to [−1, 1] and trailing timesteps: for pictures. */
    public static SchedulerConfig forPictures(NoiseSchedule schedule, Prediction prediction) {
        return new SchedulerConfig(schedule, prediction, 1, Spacing.TRAILING, 0);
    }

    /**
     * What a scheduler's file says.
     *
     * @throws BadFileException naming what is not understood
     * @throws BadFileException if the file says otherwise, or nothing, of it
     */
    public static SchedulerConfig read(Config settings) throws BadFileException {
        Map<String, SchedulerClass> classes = named(SchedulerClass.values(), known -> known.className);
        ConfigReader reader = settings.reader(classes.keySet());
        SchedulerClass type = classes.get(settings.className());
        Prediction prediction = reader.choice("prediction_type", Prediction.EPSILON, PREDICTIONS);
        NoiseSchedule schedule = schedule(reader, type, prediction);
        double clip = clip(reader, type);
        Spacing spacing = spacing(reader, type, schedule);
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

    private static Spacing spacing(ConfigReader reader, SchedulerClass type, NoiseSchedule schedule)
            throws BadFileException {
        Spacing spacing = reader.choice("timestep_spacing", type.spacing, SPACINGS);
        if (!type.spacesByLevel) {
            return spacing;
        }
        boolean karras = isOn(reader, KARRAS);
        boolean exponential = isOn(reader, EXPONENTIAL);
        if (!karras && !exponential) {
            return spacing;
        }
        String name = karras ? KARRAS : EXPONENTIAL;
        if (karras && exponential) {
            throw reader.refused(EXPONENTIAL, "false beside " + KARRAS);
        }
        if (schedule.endsInNoise()) {
            throw reader.refused(name, "false with rescale_betas_zero_snr, where no noise level is the largest");
        }
        // The others space between the ends of the schedule, these between those of its visited timesteps.
        if ((type == SchedulerClass.EULER || type == SchedulerClass.HEUN) && spacing != Spacing.LINSPACE) {
            throw reader.refused(name,
                    "false with timestep_spacing " + spacing.diffusersName() + ", true with linspace");
        }
        return karras ? Spacing.KARRAS : Spacing.EXPONENTIAL;
    }

    private static boolean isOn(ConfigReader reader, String name) throws BadFileException {
        return !reader.isNull(name) && reader.flag(name, false);
    }

    private static void refuseUnsupported(ConfigReader reader, SchedulerClass type) throws BadFileException {
        if (type == SchedulerClass.DDPM) {
            reader.choice("variance_type", true,
                    Map.of("fixed_small", true, "fixed_small_log", true, "fixed_large", true));
        }
        reader.withoutEffect(type.solver.toArray(String[]::new));
        for (String setting : type.absent) {
            reader.mustBeOff(setting);
        }
        switch (type) {
            case DDPM, DDIM -> thresholding(reader);
            case DPM_SOLVER -> {
                thresholding(reader);
                reader.mustBeNull("variance_type");
                reader.withoutEffect("flow_shift", "time_shift_type");
                reader.number("lambda_min_clipped", Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY,
                        -Double.MAX_VALUE);
            }
            case UNIPC -> {
                thresholding(reader);
                reader.withoutEffect("flow_shift", "time_shift_type");
            }
            case EULER -> {
                reader.mustBe("timestep_type", "discrete");
                reader.mustBeNull("sigma_min");
                reader.mustBeNull("sigma_max");
            }
            default -> {
            }
        }
        if (type.spacesByLevel) {
            reader.mustBeOff("use_beta_sigmas");
        }
        // From before diffusers 0.3.
        reader.withoutEffect("tensor_format");
        reader.mustBeNull("timestep_values");
    }

    private static void thresholding(ConfigReader reader) throws BadFileException {
        reader.mustBeOff("thresholding");
        reader.withoutEffect("dynamic_thresholding_ratio", "sample_max_value");
    }

    /** The class whose file {@link #write} gives. */
    public String className() {
        return (spacing.isWhole() ? SchedulerClass.DDPM : SchedulerClass.HEUN).className;
    }

    /**
     * What a {@code DDPMScheduler}'s file says of this; where the spacing is by noise level, which that class does not
     * know, a {@code HeunDiscreteScheduler}'s.
     */
    public Config write() {
        boolean byLevel = !spacing.isWhole();
        boolean table = schedule.kind() == Kind.TABLE || byLevel && schedule.kind() == Kind.SIGMOID;
        Config settings = Config.empty().with("_class_name", className()).with("num_train_timesteps",
                schedule.timesteps());
        settings = table ? settings.with("trained_betas", schedule.givenBetas())
                : settings.with("beta_schedule", schedule.kind().diffusersName())
                        .with("beta_start", schedule.firstBeta()).with("beta_end", schedule.lastBeta());
        settings = settings.with("prediction_type", prediction.diffusersName()).with("clip_sample",
                Double.isFinite(clip));
        settings = Double.isFinite(clip) ? settings.with("clip_sample_range", clip) : settings;
        settings = settings.with("timestep_spacing", (byLevel ? Spacing.LINSPACE : spacing).diffusersName());
        settings = byLevel ? settings.with(spacing == Spacing.KARRAS ? KARRAS : EXPONENTIAL, true) : settings;
        settings = offset == 0 ? settings : settings.with("steps_offset", offset);
        return schedule.endsInNoise() ? settings.with("rescale_betas_zero_snr", true) : settings;
    }

    /** The visited noise levels of a run of {@code steps}. */
    public Trajectory trajectory(int steps) {
        double[] visited = spacing.timesteps(schedule, steps);
        if (spacing == Spacing.LEADING && offset > 0) {
            if (visited[0] + offset >= schedule.timesteps()) {
                throw new IllegalArgumentException(steps + " steps and the model's offset of " + offset
                        + " would start at timestep " + (int) (visited[0] + offset) + ", but its schedule has "
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
