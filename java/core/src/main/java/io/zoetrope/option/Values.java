package io.zoetrope.option;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Values of declared options, each of its type and within its range. Options are known by their names. Immutable. */
public final class Values {
    private final Map<String, Option<?>> declared = new LinkedHashMap<>();
    private final Map<String, Object> given = new LinkedHashMap<>();

    private Values() {
    }

    /**
     * Reads what was given.
     *
     * @param owner    whose options they are, for messages
     * @param declared all there are
     * @param given    values by the options' names: numbers, texts (files too), true or false
     * @throws OptionException  naming the option that is out of range
     * @throws BadFileException naming the one that is of another type
     * @throws IllegalArgumentException if there is a name that is not declared
     */
    public static Values of(String owner, List<Option<?>> declared, Config given) throws BadFileException {
        Values values = new Values();
        declared.forEach(option -> values.declared.put(option.name(), option));
        Set<String> unknown = new TreeSet<>(given.names());
        unknown.removeAll(values.declared.keySet());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(owner + " has no option " + unknown + ": expected one of "
                    + new ArrayList<>(values.declared.keySet()));
        }
        for (Option<?> option : declared) {
            if (given.has(option.name())) {
                values.given.put(option.name(), read(option, given));
            } else if (option.isRequired()) {
                throw new OptionException(option.name(), "is missing: expected " + option.label());
            }
        }
        return values;
    }

    @SuppressWarnings("unchecked")
    private static <T> T read(Option<T> option, Config given) throws BadFileException {
        String name = option.name();
        return option.checked((T) switch (option.kind()) {
            case INTEGER -> (Object) given.integer(name);
            case LONG -> given.longInteger(name);
            case NUMBER -> given.number(name);
            case FLAG -> given.flag(name, false);
            case TEXT, CHOICE, CLASS_NAME -> given.text(name);
            case INPUT_FILE, OUTPUT_FILE -> Path.of(given.text(name));
        });
    }

    /** The value that was given, else the default, if there is one. */
    @SuppressWarnings("unchecked")
    public <T> Optional<T> find(Option<T> option) {
        Option<?> known = declared.get(option.name());
        if (known == null) {
            throw new IllegalArgumentException(
                    "no option " + option.name() + " was declared: there are " + declared.keySet());
        }
        Object value = given.get(option.name());
        return value != null ? Optional.of((T) value) : (Optional<T>) known.otherwise();
    }

    /**
     * The value that was given, else the default.
     *
     * @throws OptionException if there is neither
     */
    public <T> T get(Option<T> option) {
        return find(option)
                .orElseThrow(() -> new OptionException(option.name(), "is missing: expected " + option.label()));
    }

    /**
     * All that was decided, defaults included, as {@link #of} takes it: the same settings do the same again. Not the
     * files that are written; of those that are read, their SHA-256.
     */
    public Config settings() throws IOException {
        Config all = Config.empty();
        for (Option<?> option : declared.values()) {
            Object value = find(option).orElse(null);
            if (value instanceof Number number) {
                all = all.with(option.name(), number);
            } else if (value instanceof Boolean flag) {
                all = all.with(option.name(), flag);
            } else if (option.kind() == Option.Kind.INPUT_FILE && value != null) {
                all = all.with(option.name(), Digests.sha256(Files.readAllBytes((Path) value)));
            } else if (option.kind() != Option.Kind.OUTPUT_FILE && value != null) {
                all = all.with(option.name(), (String) value);
            }
        }
        return all;
    }

    /** Whether the user gave one. */
    public boolean isGiven(Option<?> option) {
        return given.containsKey(option.name());
    }

    /** The files that are going to be written, defaults included. */
    public List<Path> outputs() {
        return declared.values().stream().filter(option -> option.kind() == Option.Kind.OUTPUT_FILE).map(this::find)
                .flatMap(Optional::stream).map(Path.class::cast).toList();
    }

    /** The name of the option that says that {@code file} is written. */
    public String outputName(Path file) {
        return declared.values().stream()
                .filter(option -> option.kind() == Option.Kind.OUTPUT_FILE && find(option).equals(Optional.of(file)))
                .findFirst().orElseThrow(() -> new IllegalArgumentException("no option names " + file)).name();
    }
}
