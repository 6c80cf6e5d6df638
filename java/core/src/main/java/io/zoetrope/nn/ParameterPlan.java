package io.zoetrope.nn;

import java.util.ArrayList;
import java.util.List;

/**
 * Which parameters of a model are trained, and so what memory a {@link ParameterStore} gives them: a trained one has a
 * master, a gradient and an optimiser's state, another one its weights in the type that layers compute with, and
 * nothing else. Patterns of names are {@link NamePattern globs} over the names in weights files.
 */
public final class ParameterPlan {
    private final boolean training;
    private final List<NamePattern> trained;
    private final List<NamePattern> frozen;
    private final Lora lora;

    private ParameterPlan(boolean training, List<NamePattern> trained, List<NamePattern> frozen, Lora lora) {
        this.training = training;
        this.trained = List.copyOf(trained);
        this.frozen = List.copyOf(frozen);
        this.lora = lora;
    }

    /** Nothing is trained. */
    public static ParameterPlan inference() {
        return new ParameterPlan(false, List.of(), List.of(), null);
    }

    /** Everything is trained; begin here and leave out what is not. */
    public static ParameterPlan training() {
        return new ParameterPlan(true, List.of(), List.of(), null);
    }

    /** Of what is trained, all but the parameters of these names. */
    public ParameterPlan freezing(String... patterns) {
        return new ParameterPlan(training, trained, joined(frozen, patterns), lora);
    }

    /** Of what is trained, only the parameters of these names; a second call adds to those of the first. */
    public ParameterPlan trainingOnly(String... patterns) {
        return new ParameterPlan(training, joined(trained, patterns), frozen, lora);
    }

    /**
     * With low-rank adapters, which alone are trained if anything is, beside what {@link #trainingOnly} named before or
     * names after.
     */
    public ParameterPlan adapting(Lora adapters) {
        return new ParameterPlan(training, trained, frozen, adapters);
    }

    /** The adapters, or null. */
    Lora lora() {
        return lora;
    }

    private static List<NamePattern> joined(List<NamePattern> before, String... patterns) {
        List<NamePattern> joined = new ArrayList<>(before);
        joined.addAll(NamePattern.all(patterns));
        return joined;
    }

    /** Whether something is trained. */
    public boolean isTraining() {
        return training;
    }

    /** @throws IllegalArgumentException naming a pattern that matches no parameter, and the nearest names */
    void requireMatches(List<Parameter> parameters) {
        List<String> names = parameters.stream().flatMap(parameter -> parameter.names().stream()).toList();
        frozen.forEach(pattern -> pattern.requireMatch("what is frozen", names));
        trained.forEach(pattern -> pattern.requireMatch("what is trained", names));
    }

    /**
     * Whether the parameter lives in the flat tensors of what is trained. Statistics that layers keep do in every
     * training, for its checkpoints must have them.
     */
    boolean trains(Parameter parameter) {
        if (!training || parameter.isBuffer()) {
            return training;
        }
        if (parameter.isAdapter()) {
            return true;
        }
        List<String> names = parameter.names();
        long chosen = names.stream().filter(this::trains).count();
        if (chosen != 0 && chosen != names.size()) {
            throw new IllegalArgumentException("parameter " + parameter + " is one tensor under " + names.size()
                    + " names, of which " + chosen + " are trained: freeze all of them or none");
        }
        if (chosen != 0 && parameter.isAdapted()) {
            throw new IllegalArgumentException("parameter " + parameter
                    + " is to be trained itself and by an adapter: leave it out of the one or the other");
        }
        return chosen != 0;
    }

    private boolean trains(String name) {
        return (trained.isEmpty() && lora == null || trained.stream().anyMatch(pattern -> pattern.matches(name)))
                && frozen.stream().noneMatch(pattern -> pattern.matches(name));
    }
}
