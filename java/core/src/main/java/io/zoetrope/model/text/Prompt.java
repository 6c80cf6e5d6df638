package io.zoetrope.model.text;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a user asks to be shown, checked.
 *
 * @param text  as it was given
 * @param words as {@link WordTokens#split} gives them, at least one
 */
public record Prompt(String text, List<String> words) {
    /** Characters of a prompt; what is longer was meant for something else. */
    public static final int LONGEST = 1000;

    public Prompt {
        words = List.copyOf(words);
    }

    /** @throws IllegalArgumentException saying what is wrong with it, as the end of a sentence about the prompt */
    public static Prompt of(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("is empty: expected words, such as \"a red apple\"");
        }
        if (text.length() > LONGEST) {
            throw new IllegalArgumentException("is " + text.length() + " characters long: expected at most " + LONGEST);
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) && !Character.isWhitespace(c)) {
                throw new IllegalArgumentException(String.format(Locale.ROOT,
                        "has the control character U+%04X at place %d: expected words", (int) c, i + 1));
            }
        }
        List<String> words = WordTokens.split(text);
        if (words.isEmpty()) {
            throw new IllegalArgumentException("has no word: expected letters, such as \"a red apple\"");
        }
        return new Prompt(text, words);
    }

    /**
     * The words that are not of a vocabulary, as people write them.
     *
     * @param vocabulary as {@link WordTokens#shown} shows it
     */
    public List<String> unknown(List<String> vocabulary) {
        Set<String> known = new HashSet<>(vocabulary);
        return words.stream().map(WordTokens::shown).filter(word -> !known.contains(word)).distinct().toList();
    }
}
