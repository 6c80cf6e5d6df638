package io.zoetrope.io;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Reads a {@link Config} so that nothing in it is passed over in silence: every setting is read, or listed as without
 * effect, or refused by {@link #done}. A setting that is left out has its default; one that is there, null included,
 * must be a value that its reader understands.
 *
 * <pre>{@code
 * ConfigReader reader = config.reader("UNet2DModel");
 * int layers = reader.integer("layers_per_block", 2, 1, 64);
 * reader.withoutEffect("dropout");
 * reader.done();
 * }</pre>
 *
 * Every message is one line that names the file, the setting, its value and what would be understood.
 */
public final class ConfigReader {
    /** What diffusers writes about the file itself. */
    private static final Set<String> ABOUT = Set.of(Config.CLASS_NAME, "_diffusers_version", "_name_or_path",
            "_use_default_values");

    private final Config config;
    private final String className;
    private final Set<String> known = new HashSet<>(ABOUT);

    ConfigReader(Config config, String className) {
        this.config = config;
        this.className = className;
    }

    /**
     * A whole number from {@code low} to {@code high}; it must be there.
     *
     * @throws BadFileException if it is missing, or not what was expected, naming the setting
     */
    public int integer(String name, int low, int high) throws BadFileException {
        known.add(name);
        return inRange(name, config.integer(name), low, high);
    }

    /**
     * A whole number from {@code low} to {@code high}.
     *
     * @throws BadFileException if it is there, but not what was expected, naming the setting
     */
    public int integer(String name, int otherwise, int low, int high) throws BadFileException {
        return gives(name, between(low, high)) ? integer(name, low, high) : otherwise;
    }

    /**
     * As {@link #integer(String, int, int, int)} for a setting that may be null.
     *
     * @throws BadFileException if it is there, but not what was expected, naming the setting
     */
    public OptionalInt integerOrNull(String name, OptionalInt otherwise, int low, int high) throws BadFileException {
        if (isNull(name)) {
            return OptionalInt.empty();
        }
        return config.says(name) ? OptionalInt.of(integer(name, low, high)) : otherwise;
    }

    /**
     * A number from {@code low} to {@code high}.
     *
     * @throws BadFileException if it is there, but not what was expected, naming the setting
     */
    public double number(String name, double otherwise, double low, double high) throws BadFileException {
        return gives(name, "a number from " + low + " to " + high) ? number(name, low, high) : otherwise;
    }

    /**
     * A number above 0 and at most {@code most}.
     *
     * @throws BadFileException if it is there, but not what was expected, naming the setting
     */
    public double positive(String name, double otherwise, double most) throws BadFileException {
        String expected = "a number above 0, at most " + most;
        if (!gives(name, expected)) {
            return otherwise;
        }
        double value = config.number(name);
        if (!(value > 0 && value <= most)) {
            throw refused(name, expected);
        }
        return value;
    }

    /**
     * A number from {@code low} to {@code high}; it must be there.
     *
     * @throws BadFileException if it is missing, or not what was expected, naming the setting
     */
    public double number(String name, double low, double high) throws BadFileException {
        known.add(name);
        double value = config.number(name);
        if (!(value >= low && value <= high)) {
            throw refused(name, "a number from " + low + " to " + high);
        }
        return value;
    }

    public boolean flag(String name, boolean otherwise) throws BadFileException {
        return gives(name, "true or false") ? config.flag(name, otherwise) : otherwise;
    }

    /**
     * One of the texts that {@code values} knows, as what it stands for.
     *
     * @throws BadFileException if it is there, but not what was expected, naming the setting
     */
    public <T> T choice(String name, T otherwise, Map<String, T> values) throws BadFileException {
        return gives(name, oneOf(values.keySet())) ? choice(name, values) : otherwise;
    }

    /**
     * As {@link #choice(String, Object, Map)} for a setting that must be there.
     *
     * @throws BadFileException if it is missing, or not what was expected, naming the setting
     */
    public <T> T choice(String name, Map<String, T> values) throws BadFileException {
        known.add(name);
        T value = values.get(config.text(name));
        if (value == null) {
            throw refused(name, oneOf(values.keySet()));
        }
        return value;
    }

    /**
     * As {@link #choice(String, Object, Map)} for a setting that may be null, which stands for {@code otherwise} like
     * its absence.
     *
     * @throws BadFileException if it is there, but not what was expected, naming the setting
     */
    public <T> T choiceOrNull(String name, T otherwise, Map<String, T> values) throws BadFileException {
        return isNull(name) ? otherwise : choice(name, otherwise, values);
    }

    /**
     * Whole numbers from {@code low} to {@code high}, at least one.
     *
     * @throws BadFileException if it is there, but not what was expected, naming the setting
     */
    public List<Integer> integers(String name, List<Integer> otherwise, int low, int high) throws BadFileException {
        return gives(name, integersBetween(low, high)) ? integers(name, low, high) : otherwise;
    }

    /**
     * As {@link #integers(String, List, int, int)} for a setting that must be there.
     *
     * @throws BadFileException if it is missing, or not what was expected, naming the setting
     */
    public List<Integer> integers(String name, int low, int high) throws BadFileException {
        known.add(name);
        List<Integer> values = Arrays.stream(config.integers(name)).boxed().toList();
        if (values.isEmpty() || values.stream().anyMatch(value -> value < low || value > high)) {
            throw refused(name, integersBetween(low, high));
        }
        return values;
    }

    /**
     * Numbers from {@code low} to {@code high}, one for each of {@code count} things; they must be there.
     *
     * @throws BadFileException if it is missing, or not what was expected, naming the setting
     */
    public List<Double> numbers(String name, int count, double low, double high) throws BadFileException {
        known.add(name);
        List<Double> values = Arrays.stream(config.numbers(name)).boxed().toList();
        if (values.size() != count || values.stream().anyMatch(value -> !(value >= low && value <= high))) {
            throw refused(name, "a list of " + count + " numbers from " + low + " to " + high);
        }
        return values;
    }

    /**
     * Different texts, at most so many; they must be there, and may be none.
     *
     * @throws BadFileException if it is missing, or not what was expected, naming the setting
     */
    public List<String> names(String name, int most) throws BadFileException {
        known.add(name);
        List<String> values = config.texts(name);
        if (values.size() > most || new HashSet<>(values).size() < values.size()) {
            throw refused(name, "a list of at most " + most + " different texts");
        }
        return values;
    }

    /**
     * Texts that {@code values} knows, as what they stand for.
     *
     * @throws BadFileException if it is there, but not what was expected, naming the setting
     */
    public <T> List<T> choices(String name, List<T> otherwise, Map<String, T> values) throws BadFileException {
        String expected = "a list of " + oneOf(values.keySet());
        if (!gives(name, expected)) {
            return otherwise;
        }
        List<T> chosen = new ArrayList<>();
        for (String text : config.texts(name)) {
            if (!values.containsKey(text)) {
                throw refused(name, expected);
            }
            chosen.add(values.get(text));
        }
        return chosen;
    }

    /**
     * Numbers, or nothing where the setting is null or left out.
     *
     * @throws BadFileException if it is missing, or not what was expected, naming the setting
     */
    public double[] numbersOrNull(String name) throws BadFileException {
        if (isNull(name) || !config.says(name)) {
            return null;
        }
        known.add(name);
        return config.numbers(name);
    }

    /** Whether the setting is there; one that others depend on. */
    public boolean has(String name) {
        return config.says(name);
    }

    /** Whether the setting is a list; for one that may also be a single value. */
    public boolean isList(String name) {
        return config.isList(name);
    }

    /** Whether the setting is there and null; it is understood then. */
    public boolean isNull(String name) {
        boolean isNull = config.says(name) && !config.has(name);
        if (isNull) {
            known.add(name);
        }
        return isNull;
    }

    /** Settings that are known and change nothing that this library does, whatever their values. */
    public void withoutEffect(String... names) {
        known.addAll(List.of(names));
    }

    /**
     * A setting of which only the value that turns it off is supported, false or null.
     *
     * @throws BadFileException if it is anything else, naming the setting
     */
    public void mustBeOff(String name) throws BadFileException {
        if (!isNull(name) && flag(name, false)) {
            throw refused(name, "false: " + className + " is supported without it");
        }
    }

    /**
     * A setting of which only this text is supported; null and absence stand for it.
     *
     * @throws BadFileException if it is anything else, naming the setting
     */
    public void mustBe(String name, String only) throws BadFileException {
        choiceOrNull(name, only, Map.of(only, only));
    }

    /**
     * A setting that is supported only where it has no value.
     *
     * @throws BadFileException if it is anything else, naming the setting
     */
    public void mustBeNull(String name) throws BadFileException {
        if (!isNull(name) && config.says(name)) {
            throw refused(name, "null: " + className + " is supported without it");
        }
    }

    /** Refuses the value of a setting. */
    public BadFileException refused(String name, String expected) {
        return BadFileException.of(config.source(), "setting '" + name + "' is " + config.shown(name), expected,
                "Correct it, or use a model made of what is supported");
    }

    /**
     * What {@code maker} makes of the settings; what it says of them is said of their file.
     *
     * @throws BadFileException if the settings contradict each other
     */
    public <T> T make(Supplier<T> maker) throws BadFileException {
        try {
            return maker.get();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw BadFileException.of(config.source(), e.getMessage(), "settings that go together",
                    Remedy.of("Correct them"), e);
        }
    }

    /**
     * Refuses the settings that were neither read nor listed as without effect.
     *
     * @throws BadFileException naming the settings that nothing asked for
     */
    public void done() throws BadFileException {
        for (String name : config.names()) {
            if (!known.contains(name)) {
                throw BadFileException.of(config.source(),
                        "setting '" + name + "' is " + config.shown(name)
                                + ", and this version does not know what it means",
                        "the settings of a " + className + " that it knows", "Remove it if the model does not need it");
            }
        }
    }

    /** Notes that {@code name} is read: whether it is there; null is refused. */
    private boolean gives(String name, String expected) throws BadFileException {
        if (isNull(name)) {
            throw refused(name, expected);
        }
        known.add(name);
        return config.says(name);
    }

    private int inRange(String name, int value, int low, int high) throws BadFileException {
        if (value < low || value > high) {
            throw refused(name, between(low, high));
        }
        return value;
    }

    private static String between(int low, int high) {
        return low == high ? "the whole number " + low : "a whole number from " + low + " to " + high;
    }

    private static String integersBetween(int low, int high) {
        return "a list of one or more whole numbers from " + low + " to " + high;
    }

    private static String oneOf(Set<String> values) {
        List<String> sorted = values.stream().sorted().toList();
        return sorted.size() == 1 ? sorted.get(0)
                : String.join(", ", sorted.subList(0, sorted.size() - 1)) + " or " + sorted.get(sorted.size() - 1);
    }
}
