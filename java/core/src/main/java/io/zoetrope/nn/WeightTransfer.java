package io.zoetrope.nn;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.WeightFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a model begins with the weights of another one: which of its parameters are made anew, which of the file's
 * tensors are left out, and what those of the file are called in the model. What is not said must fit. Patterns are
 * {@link NamePattern globs}.
 */
public final class WeightTransfer {
    private static final Logger LOG = LoggerFactory.getLogger(WeightTransfer.class);

    /**
     * What became of a transfer.
     *
     * @param loaded  the model's parameters that have the file's values, by their names in the model
     * @param skipped the file's tensors that were not taken, by their names in the file
     * @param fresh   the model's parameters that were made anew
     */
    public record Report(List<String> loaded, List<String> skipped, List<String> fresh) {
        public Report {
            loaded = List.copyOf(loaded);
            skipped = List.copyOf(skipped);
            fresh = List.copyOf(fresh);
        }
    }

    private record Renaming(NamePattern from, NamePattern to) {
    }

    private final List<NamePattern> fresh;
    private final List<NamePattern> skipped;
    private final List<Renaming> renamings;

    private WeightTransfer(List<NamePattern> fresh, List<NamePattern> skipped, List<Renaming> renamings) {
        this.fresh = List.copyOf(fresh);
        this.skipped = List.copyOf(skipped);
        this.renamings = List.copyOf(renamings);
    }

    /** Everything the model has is taken from the file, and everything the file has is taken. */
    public static WeightTransfer everything() {
        return new WeightTransfer(List.of(), List.of(), List.of());
    }

    /**
     * Makes the model's parameters of these names anew, such as {@code head.*}; the file's of these names are left out.
     */
    public WeightTransfer except(String... patterns) {
        return new WeightTransfer(joined(fresh, NamePattern.all(patterns)), skipped, renamings);
    }

    /** Leaves out the file's tensors of these names, which the model has no use for. */
    public WeightTransfer skipping(String... patterns) {
        return new WeightTransfer(fresh, joined(skipped, NamePattern.all(patterns)), renamings);
    }

    /**
     * Takes the file's tensors that {@code from} matches for the model's parameters that {@code to} names, with what
     * the wildcards of {@code from} stood for in place of those of {@code to}: {@code "encoder.*", "body.*"}. The first
     * renaming that matches a name counts.
     */
    public WeightTransfer renaming(String from, String to) {
        Renaming renaming = new Renaming(NamePattern.of(from), NamePattern.of(to));
        if (renaming.from.wildcards() != renaming.to.wildcards()) {
            throw new IllegalArgumentException(
                    "renaming '" + from + "' to '" + to + "': expected as many wildcards in both");
        }
        return new WeightTransfer(fresh, skipped, joined(renamings, List.of(renaming)));
    }

    private static <T> List<T> joined(List<T> before, List<T> more) {
        List<T> joined = new ArrayList<>(before);
        joined.addAll(more);
        return joined;
    }

    /**
     * Gives a store the values of a file, and logs what became of it.
     *
     * @param seed of what is made anew: the values that {@link ParameterStore#initialise(long)} would give
     * @throws IllegalArgumentException when a pattern matches nothing, naming the nearest
     * @throws BadFileException         naming what is missing, left over, of another shape or not finite
     */
    public Report into(ParameterStore store, WeightFiles weights, long seed) throws IOException {
        Map<String, long[]> expected = new LinkedHashMap<>();
        store.own().forEach(segment -> segment.parameter().names()
                .forEach(name -> expected.put(name, FileLayout.fileShape(segment.parameter()).dims())));
        fresh.forEach(pattern -> pattern.requireMatch("what is made anew", expected.keySet()));
        skipped.forEach(pattern -> pattern.requireMatch("what is left out", weights.names()));
        Set<Parameter> anew = store.own().stream().map(ParameterStore.Segment::parameter).filter(this::isFresh)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        anew.forEach(parameter -> expected.keySet().removeAll(parameter.names()));

        List<String> left = new ArrayList<>();
        Map<String, String> taken = new LinkedHashMap<>();
        renamed(weights.names()).forEach((name, once) -> {
            if (matches(skipped, once) || matches(fresh, name)) {
                left.add(once);
            } else {
                taken.put(name, once);
            }
        });
        WeightFiles chosen = weights.only(taken);
        chosen.require(expected);
        for (ParameterStore.Segment segment : store.own()) {
            if (!anew.contains(segment.parameter())) {
                ModelWeights.into(store, segment, chosen);
            }
        }
        store.initialise(seed, anew::contains);
        Report report = new Report(List.copyOf(expected.keySet()), left,
                anew.stream().flatMap(parameter -> parameter.names().stream()).toList());
        LOG.info("{} parameters loaded, {} of the file left out: {}, {} made anew: {}", report.loaded.size(),
                left.size(), left, report.fresh.size(), report.fresh);
        return report;
    }

    private boolean isFresh(Parameter parameter) {
        long chosen = parameter.names().stream().filter(name -> matches(fresh, name)).count();
        if (chosen != 0 && chosen != parameter.names().size()) {
            throw new IllegalArgumentException(
                    "parameter " + parameter + " is one tensor under " + parameter.names().size() + " names, of which "
                            + chosen + " are made anew: name all of them or none");
        }
        return chosen != 0;
    }

    private static boolean matches(List<NamePattern> patterns, String name) {
        return patterns.stream().anyMatch(pattern -> pattern.matches(name));
    }

    /** The file's names by those they have in the model. */
    private Map<String, String> renamed(Set<String> names) {
        renamings.forEach(renaming -> renaming.from.requireMatch("what is renamed", names));
        Map<String, String> renamed = new LinkedHashMap<>();
        for (String name : names) {
            String today = renamings.stream().filter(renaming -> renaming.from.matches(name)).findFirst()
                    .map(renaming -> renaming.from.rename(name, renaming.to)).orElse(name);
            String other = renamed.put(today, name);
            if (other != null) {
                throw new IllegalArgumentException(
                        "both '" + other + "' and '" + name + "' of the file would be '" + today + "'");
            }
        }
        return renamed;
    }
}
