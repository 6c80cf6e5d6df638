package io.zoetrope.option;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Something that a user may decide: a name such as {@code weight_decay}, a type, a range, and words that explain it.
 * Immutable; the methods that describe an option return a changed copy.
 *
 * <p>Help may refer to other options as {@code {name}}; whoever shows it puts in what they are called there.
 *
 * @param <T> Integer, Long, Double, String, Boolean or Path, as {@link #kind} says
 */
public final class Option<T> {
    /** What values are. */
    public enum Kind {
        /** A whole number. */
        INTEGER(Integer.class),
        /** A whole number of 64 bits. */
        LONG(Long.class),
        /** A real number. */
        NUMBER(Double.class),
        /** Any text. */
        TEXT(String.class),
        /** One of a few words. */
        CHOICE(String.class),
        /** Yes or no. */
        FLAG(Boolean.class),
        /** A file that is read. */
        INPUT_FILE(Path.class),
        /** A file that is written. */
        OUTPUT_FILE(Path.class),
        /** The name or the number of a class that a model knows. */
        CLASS_NAME(String.class);

        private final Class<?> type;

        Kind(Class<?> type) {
            this.type = type;
        }

        /** The type of values. */
        public Class<?> type() {
            return type;
        }
    }

    private final String name;
    private final Kind kind;
    private final List<String> choices;
    private String alias;
    private String label;
    private String help = "";
    private T otherwise;
    private String defaultText;
    private Predicate<T> range = value -> true;
    private String rangeText = "";
    private boolean required;
    private boolean positional;

    private Option(String name, Kind kind, List<String> choices, String label) {
        this.name = name;
        this.kind = kind;
        this.choices = List.copyOf(choices);
        this.label = label;
    }

    private Option(Option<T> other) {
        this(other.name, other.kind, other.choices, other.label);
        alias = other.alias;
        help = other.help;
        otherwise = other.otherwise;
        defaultText = other.defaultText;
        range = other.range;
        rangeText = other.rangeText;
        required = other.required;
        positional = other.positional;
    }

    public static Option<Integer> integer(String name) {
        return new Option<>(name, Kind.INTEGER, List.of(), "NUMBER");
    }

    public static Option<Long> longInteger(String name) {
        return new Option<>(name, Kind.LONG, List.of(), "NUMBER");
    }

    public static Option<Double> number(String name) {
        return new Option<>(name, Kind.NUMBER, List.of(), "NUMBER");
    }

    public static Option<String> text(String name, String label) {
        return new Option<>(name, Kind.TEXT, List.of(), label);
    }

    /** One of {@code choices}; upper and lower case are alike. */
    public static Option<String> choice(String name, String... choices) {
        return choice(name, List.of(choices));
    }

    /** One of {@code choices}; upper and lower case are alike. */
    public static Option<String> choice(String name, List<String> choices) {
        return new Option<>(name, Kind.CHOICE, choices, String.join("|", choices));
    }

    public static Option<Boolean> flag(String name) {
        return new Option<>(name, Kind.FLAG, List.of(), "");
    }

    public static Option<Path> input(String name, String label) {
        return new Option<>(name, Kind.INPUT_FILE, List.of(), label);
    }

    public static Option<Path> output(String name, String label) {
        return new Option<>(name, Kind.OUTPUT_FILE, List.of(), label);
    }

    public static Option<String> className(String name) {
        return new Option<>(name, Kind.CLASS_NAME, List.of(), "NAME");
    }

    /** A shorter name that users may say as well. */
    public Option<T> alias(String other) {
        Option<T> copy = new Option<>(this);
        copy.alias = other;
        return copy;
    }

    /** What stands for the value in help. */
    public Option<T> label(String text) {
        Option<T> copy = new Option<>(this);
        copy.label = text;
        return copy;
    }

    /** What it decides, in a sentence or two; the default is told by itself. */
    public Option<T> help(String text) {
        Option<T> copy = new Option<>(this);
        copy.help = text;
        return copy;
    }

    /** The value where none is given. */
    public Option<T> defaultsTo(T value) {
        Option<T> copy = new Option<>(this);
        copy.otherwise = value;
        copy.defaultText = null;
        return copy;
    }

    /** Where none is given it depends: on what, in words. */
    public Option<T> defaultDepends(String text) {
        Option<T> copy = new Option<>(this);
        copy.otherwise = null;
        copy.defaultText = text;
        return copy;
    }

    /** It must be given. */
    public Option<T> required() {
        Option<T> copy = new Option<>(this);
        copy.required = true;
        return copy;
    }

    /** It is what the task is about, and is given by its place, without its name. */
    public Option<T> positional() {
        Option<T> copy = required();
        copy.positional = true;
        return copy;
    }

    /** @param mustBe goes on after "must be": "more than 0" */
    public Option<T> mustBe(Predicate<T> allowed, String mustBe) {
        Option<T> copy = new Option<>(this);
        copy.range = allowed;
        copy.rangeText = mustBe;
        return copy;
    }

    /** For numbers. */
    public Option<T> atLeast(long least) {
        return mustBe(value -> ((Number) value).doubleValue() >= least, "at least " + least);
    }

    /** For numbers; both ends are allowed. */
    public Option<T> between(long least, long most) {
        return mustBe(value -> ((Number) value).doubleValue() >= least && ((Number) value).doubleValue() <= most,
                "between " + least + " and " + most);
    }

    /**
     * The value in the form that is kept.
     *
     * @throws OptionException if it is out of range
     */
    @SuppressWarnings("unchecked")
    T checked(T value) {
        if (kind == Kind.CHOICE) {
            return (T) choices.stream().filter(choice -> choice.equalsIgnoreCase((String) value)).findFirst()
                    .orElseThrow(() -> new OptionException(name, "is " + value + ", expected one of " + choices));
        }
        if (!range.test(value)) {
            throw new OptionException(name, "must be " + rangeText + ", not " + value);
        }
        return value;
    }

    public String name() {
        return name;
    }

    public Optional<String> alias() {
        return Optional.ofNullable(alias);
    }

    public Kind kind() {
        return kind;
    }

    /** The words a {@link Kind#CHOICE} is made among. */
    public List<String> choices() {
        return choices;
    }

    public String label() {
        return label;
    }

    public String help() {
        return help;
    }

    /** The value where none is given, if it is always the same. */
    public Optional<T> otherwise() {
        return Optional.ofNullable(otherwise);
    }

    /** The default in words; empty where there is nothing to say. */
    public Optional<String> defaultText() {
        boolean said = otherwise == null || otherwise instanceof Boolean no && !no;
        return Optional.ofNullable(
                said ? defaultText : otherwise instanceof Double number ? plain(number) : otherwise.toString());
    }

    private static String plain(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e9 ? String.format(Locale.ROOT, "%.0f", number)
                : Double.toString(number);
    }

    public boolean isRequired() {
        return required;
    }

    public boolean isPositional() {
        return positional;
    }

    @Override
    public String toString() {
        return name;
    }
}
