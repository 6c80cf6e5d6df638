package io.zoetrope.data.scenes;

import io.zoetrope.io.BadFileException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** Prompts as people write them, not of a grammar, with what they say. */
public final class LabelledPrompts {
    /**
     * A prompt and what it says.
     *
     * @param values  by slot
     * @param negated values that it says no to, by slot
     */
    public record Labelled(String text, Map<String, String> values, Map<String, SortedSet<String>> negated) {}

    /** Part of the prompts. */
    public enum Half {
        /** May be looked at while grammar and model are worked on. */
        DEVELOPMENT,
        /** For measuring alone. */
        TEST
    }

    private static final String UNKNOWN = "?";

    private LabelledPrompts() {
    }

    /**
     * Reads lines of {@code prompt | slot=value slot!=value} under [development] or [test].
     *
     * @param source for messages
     * @throws BadFileException naming the line that is not understood
     */
    public static List<Labelled> parse(String text, String source, Half half, Slots slots) throws BadFileException {
        List<Labelled> prompts = new ArrayList<>();
        Half section = null;
        int number = 0;
        for (String raw : text.split("\\R")) {
            number++;
            String line = raw.strip();
            try {
                if (line.startsWith("[")) {
                    section = line.equals("[development]") ? Half.DEVELOPMENT : Half.TEST;
                } else if (!line.isEmpty() && !line.startsWith("#") && section == half) {
                    prompts.add(prompt(line, slots));
                }
            } catch (IllegalArgumentException e) {
                throw BadFileException.of(source, "line " + number + ": " + e.getMessage(),
                        "prompt | slot=value slot!=value", "Correct the line");
            }
        }
        return prompts;
    }

    private static Labelled prompt(String line, Slots slots) {
        int bar = line.lastIndexOf('|');
        if (bar < 1) {
            throw new IllegalArgumentException("'" + line + "' has no |");
        }
        Map<String, String> values = new LinkedHashMap<>();
        Map<String, SortedSet<String>> negated = new LinkedHashMap<>();
        for (String label : line.substring(bar + 1).strip().split(" +")) {
            int equals = label.indexOf('=');
            boolean no = equals > 0 && label.charAt(equals - 1) == '!';
            String slot = label.substring(0, Math.max(0, no ? equals - 1 : equals));
            String value = label.substring(equals + 1);
            slots.number(slot);
            if (value.equals(UNKNOWN)) {
                continue; // words that mean none of the values leave a slot without one
            }
            slots.number(slot, value);
            if (no) {
                negated.computeIfAbsent(slot, name -> new TreeSet<>()).add(value);
            } else if (values.put(slot, value) != null) {
                throw new IllegalArgumentException("slot '" + slot + "' is labelled twice");
            }
        }
        return new Labelled(line.substring(0, bar).strip(), values, negated);
    }
}
