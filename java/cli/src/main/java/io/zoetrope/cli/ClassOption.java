package io.zoetrope.cli;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** {@code --class}, for models that know classes. */
final class ClassOption {
    @Option(names = "--class", paramLabel = "NAME",
            description = "What to make, by name or number; 'any' where a model can do without. Default: the classes take "
                    + "turns; to complete a picture, any.")
    private Optional<String> name = Optional.empty();

    /** Whether no particular class is wanted. */
    boolean isAny() {
        return name.isPresent() && name.get().equalsIgnoreCase("any");
    }

    /**
     * The number of the class that was named, if one was.
     *
     * @throws IllegalArgumentException when the model knows no such class
     */
    OptionalInt number(List<String> classNames) {
        if (name.isEmpty()) {
            return OptionalInt.empty();
        }
        for (int i = 0; i < classNames.size(); i++) {
            if (classNames.get(i).equalsIgnoreCase(name.get()) || Integer.toString(i).equals(name.get())) {
                return OptionalInt.of(i);
            }
        }
        throw new IllegalArgumentException("--class is '" + name.get() + "', expected one of " + classNames);
    }
}
