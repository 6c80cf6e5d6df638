package io.zoetrope.data.scenes;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Ways to word the same: those that models may learn from, and those that are held out.
 *
 * @param <T>     a wording, or a template
 * @param learned one or more
 * @param held    may be none
 */
record Wordings<T>(List<T> learned, List<T> held) {
    /**
     * Words with those that say the value among them.
     *
     * @param before the words that say it; may be empty, as may {@code after}
     * @param said   the words that say it
     */
    record Phrase(String before, String said, String after) {
        /** Reads {@code at the [beach]}; without brackets all words say the value. */
        static Phrase parse(String text) {
            int open = text.indexOf('[');
            int close = text.indexOf(']');
            if (open < 0 && close < 0 && !text.isBlank()) {
                return new Phrase("", text, "");
            }
            if (open < 0 || close < open + 2 || text.indexOf('[', open + 1) >= 0) {
                throw new IllegalArgumentException("the wording '" + text + "': expected words, some in [brackets]");
            }
            return new Phrase(text.substring(0, open), text.substring(open + 1, close), text.substring(close + 1));
        }
    }

    Wordings {
        learned = List.copyOf(learned);
        held = List.copyOf(held);
        if (learned.isEmpty()) {
            throw new IllegalArgumentException("wordings " + held + ": expected some that are not held out");
        }
    }

    /** One of them. @param holding whether of those held out, where there are any */
    T draw(boolean holding, SplittableRandom random) {
        List<T> from = holding && !held.isEmpty() ? held : learned;
        return from.get(random.nextInt(from.size()));
    }
}
