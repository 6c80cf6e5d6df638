package io.zoetrope.model;

import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import io.zoetrope.option.Values;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What to make, for models that know classes. */
public final class ClassChoice {
    public static final Option<String> CLASS = Option.className("class")
            .help("What to make, by name or number; 'any' where a model can do without.")
            .defaultDepends("the classes take turns");

    private ClassChoice() {
    }

    /** Which classes a model knows, in words. */
    public static String known(List<String> classNames) {
        return classNames.isEmpty() ? "knows no classes"
                : "knows " + classNames.size() + " classes: " + String.join(", ", classNames);
    }

    /** Whether the user wants no particular class, and said so. */
    public static boolean isAny(Values values) {
        return values.find(CLASS).filter("any"::equalsIgnoreCase).isPresent();
    }

    /**
     * The number of the class that was named, if one was.
     *
     * @throws OptionException when the model knows no such class
     */
    public static OptionalInt number(Values values, List<String> classNames) {
        Optional<String> name = values.find(CLASS);
        if (name.isEmpty()) {
            return OptionalInt.empty();
        }
        for (int i = 0; i < classNames.size(); i++) {
            if (classNames.get(i).equalsIgnoreCase(name.get()) || Integer.toString(i).equals(name.get())) {
                return OptionalInt.of(i);
            }
        }
        throw new OptionException(CLASS.name(), "is '" + name.get() + "', " + (classNames.isEmpty()
                ? "but this model knows no classes: leave it out" : "expected one of " + classNames));
    }

    /** The class that was named, or the classes in turn, for each; all 0 where there are none. */
    public static int[] labels(Values values, int count, List<String> classNames) {
        int[] labels = new int[count];
        Arrays.setAll(labels, i -> i % Math.max(1, classNames.size()));
        number(values, classNames).ifPresent(label -> Arrays.fill(labels, label));
        return labels;
    }
}
