package io.zoetrope.train;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.FileNames;
import io.zoetrope.nn.Lora;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.WeightTransfer;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import io.zoetrope.option.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a training begins with, and what of the model it trains. Options for the trainings of all kinds that take it
 * ({@link TrainingFamily#untunable}): {@link TrainRequest#tuned} gives one to a request. Patterns are globs over the
 * names of parameters, as {@link io.zoetrope.nn.NamePattern} says.
 *
 * @param from     a model of the same kind, by name or folder; none: begin at random
 * @param anew     parameters that begin at random all the same
 * @param leftOut  tensors of {@code from} that the model has no use for
 * @param frozen   parameters that stay as they are
 * @param trained  parameters that alone are trained, but for those of {@code frozen}; none: all
 * @param adapters trained beside weights that stay as they are, but for those of {@code trained}
 */
public record Tuning(Optional<String> from, List<String> anew, List<String> leftOut, List<String> frozen,
        List<String> trained, Optional<Adapters> adapters) {
    /**
     * Low-rank adapters, as {@link Lora}.
     *
     * @param alpha   the update's factor times the rank
     * @param targets patterns of layers' names: parameters' without {@code .weight}
     */
    public record Adapters(int rank, double alpha, List<String> targets) {
        public Adapters {
            targets = List.copyOf(targets);
        }
    }

    private static final String PATTERNS = "PATTERN,…";
    private static final String SEPARATOR = ",";
    private static final String ALL = "*";
    private static final Option<String> FROM = Option.text("from", "NAME|DIR").help(
            "Begin with the weights of this model, of the same kind. A run that is gone on with needs them again.");
    private static final Option<String> ANEW = Option.text("anew", PATTERNS)
            .help("Parameters that begin at random all the same, such as 'head.*' for other classes; * is any run of "
                    + "characters.");
    private static final Option<String> LEAVE_OUT = Option.text("leave_out", PATTERNS)
            .help("Tensors of {from} that the model has no use for.");
    private static final Option<String> FREEZE = Option.text("freeze", PATTERNS)
            .help("Parameters that stay as they are.");
    private static final Option<String> TRAIN_ONLY = Option.text("train_only", PATTERNS)
            .help("Parameters that alone are trained; with {lora}, beside the adapters.");
    private static final Option<Integer> LORA = Option.integer("lora").label("RANK").atLeast(1).help(
            "Train adapters of this rank beside weights that stay as they are (LoRA). The model is saved with them "
                    + "added, and they by themselves in its folder 'adapters'.");
    private static final Option<Double> LORA_ALPHA = Option.number("lora_alpha").label("ALPHA")
            .mustBe(alpha -> alpha > 0 && alpha < Double.POSITIVE_INFINITY, "a number above 0")
            .help("Weight of the adapters times their rank.").defaultDepends("the rank");
    private static final Option<String> LORA_TARGETS = Option.text("lora_targets", PATTERNS)
            .help("Layers that get adapters.").defaultDepends("all linear layers and convolutions");
    private static final List<Option<?>> OPTIONS = List.of(FROM, ANEW, LEAVE_OUT, FREEZE, TRAIN_ONLY, LORA, LORA_ALPHA,
            LORA_TARGETS);

    public Tuning {
        anew = List.copyOf(anew);
        leftOut = List.copyOf(leftOut);
        frozen = List.copyOf(frozen);
        trained = List.copyOf(trained);
        require(from.isPresent() || anew.isEmpty(), ANEW, FROM);
        require(from.isPresent() || leftOut.isEmpty(), LEAVE_OUT, FROM);
        require(from.isPresent() || adapters.isEmpty(), LORA, FROM);
    }

    private static void require(boolean given, Option<?> option, Option<?> needed) {
        if (!given) {
            throw new OptionException(option.name(),
                    "is given without '" + needed.name() + "': name the model whose weights it is about");
        }
    }

    /** A training of everything from random weights. */
    public static Tuning none() {
        return new Tuning(Optional.empty(), List.of(), List.of(), List.of(), List.of(), Optional.empty());
    }

    /** A training that begins with the weights of a model. @param nameOrFolder of a model of the same kind */
    public static Tuning from(String nameOrFolder) {
        return new Tuning(Optional.of(nameOrFolder), List.of(), List.of(), List.of(), List.of(), Optional.empty());
    }

    /** With parameters that begin at random all the same. */
    public Tuning anew(String... patterns) {
        return new Tuning(from, List.of(patterns), leftOut, frozen, trained, adapters);
    }

    /** Without these tensors of the model that it begins with. */
    public Tuning leavingOut(String... patterns) {
        return new Tuning(from, anew, List.of(patterns), frozen, trained, adapters);
    }

    /** With parameters that stay as they are. */
    public Tuning freezing(String... patterns) {
        return new Tuning(from, anew, leftOut, List.of(patterns), trained, adapters);
    }

    /** With these parameters alone. */
    public Tuning trainingOnly(String... patterns) {
        return new Tuning(from, anew, leftOut, frozen, List.of(patterns), adapters);
    }

    /** With adapters for the layers of these names. */
    public Tuning adapting(int rank, double alpha, String... targets) {
        return new Tuning(from, anew, leftOut, frozen, trained,
                Optional.of(new Adapters(rank, alpha, List.of(targets))));
    }

    /** What users may say of it, on the command line and in the options of a request. */
    public static List<Option<?>> options() {
        return OPTIONS;
    }

    /** What was said. @throws OptionException naming an option that lacks another */
    static Tuning of(Values values) {
        Optional<Integer> rank = values.find(LORA);
        for (Option<?> option : List.of(LORA_ALPHA, LORA_TARGETS)) {
            if (rank.isEmpty() && values.isGiven(option)) {
                throw new OptionException(option.name(), "is given without '" + LORA.name() + "', the adapters' rank");
            }
        }
        Optional<Adapters> adapters = rank.map(r -> new Adapters(r, values.find(LORA_ALPHA).orElse((double) r),
                values.isGiven(LORA_TARGETS) ? patterns(values, LORA_TARGETS) : List.of(ALL)));
        return new Tuning(values.find(FROM), patterns(values, ANEW), patterns(values, LEAVE_OUT),
                patterns(values, FREEZE), patterns(values, TRAIN_ONLY), adapters);
    }

    private static List<String> patterns(Values values, Option<String> option) {
        List<String> patterns = new ArrayList<>();
        for (String pattern : values.find(option).map(text -> text.split(SEPARATOR, -1)).orElse(new String[0])) {
            if (pattern.isBlank()) {
                throw new OptionException(option.name(),
                        "is '" + values.get(option) + "', expected names with * and ?, commas between them");
            }
            patterns.add(pattern.strip());
        }
        return patterns;
    }

    /** The same as options of a request; {@link #of} reads them. */
    Config toOptions() {
        Config options = Config.empty();
        if (from.isPresent()) {
            options = options.with(FROM.name(), from.get());
        }
        options = with(with(options, ANEW, anew), LEAVE_OUT, leftOut);
        options = with(with(options, FREEZE, frozen), TRAIN_ONLY, trained);
        if (adapters.isPresent()) {
            options = with(options.with(LORA.name(), adapters.get().rank).with(LORA_ALPHA.name(), adapters.get().alpha),
                    LORA_TARGETS, adapters.get().targets);
        }
        return options;
    }

    private static Config with(Config options, Option<String> option, List<String> patterns) {
        return patterns.isEmpty() ? options : options.with(option.name(), String.join(SEPARATOR, patterns));
    }

    /** As a run keeps it for good: with the absolute path of a folder, so that it is found from anywhere. */
    Config toSettings() {
        return new Tuning(from.map(FileNames::fromAnywhere), anew, leftOut, frozen, trained, adapters).toOptions();
    }

    /** What {@link #toSettings} made. */
    static Tuning ofSettings(Config settings) throws BadFileException {
        return of(Values.of("tuning", OPTIONS, settings));
    }

    /** What is trained. @param seed of adapters' first values */
    public ParameterPlan plan(long seed) {
        ParameterPlan plan = ParameterPlan.training().freezing(frozen.toArray(String[]::new))
                .trainingOnly(trained.toArray(String[]::new));
        return adapters
                .map(chosen -> plan.adapting(Lora
                        .of(chosen.rank, (float) chosen.alpha, chosen.targets.toArray(String[]::new)).withSeed(seed)))
                .orElse(plan);
    }

    /** How the model begins with another's weights. */
    WeightTransfer transfer() {
        return WeightTransfer.everything().except(anew.toArray(String[]::new)).skipping(leftOut.toArray(String[]::new));
    }
}
