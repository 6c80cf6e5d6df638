package io.zoetrope.data.scenes;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.regex.Pattern;

/**
 * Known captions that are near a prompt: those that say the same of the most slots; of those, the ones that use the
 * same words.
 */
public final class NearCaptions {
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^\\p{L}\\p{N}]+");

    /**
     * A caption and how near a prompt is to it.
     *
     * @param meaning share of what either says that both say, 0 to 1 (Dice 1945)
     * @param words   the same of their words
     */
    public record Near(LabelledCaption caption, double meaning, double words) {}

    private NearCaptions() {
    }

    /** The nearest of {@code captions}, nearest first. @param count how many at most */
    public static List<Near> of(TaggedPrompt prompt, Collection<LabelledCaption> captions, int count) {
        Set<String> said = facts(prompt.values(), prompt.negated());
        Set<String> words = words(prompt.text());
        return captions.stream()
                .map(caption -> new Near(caption, dice(said, facts(caption.values(), caption.negated())),
                        dice(words, words(caption.text()))))
                .sorted(Comparator.comparingDouble(Near::meaning).thenComparingDouble(Near::words).reversed())
                .limit(count).toList();
    }

    private static Set<String> facts(Map<String, String> values, Map<String, SortedSet<String>> negated) {
        Set<String> facts = new HashSet<>();
        values.forEach((slot, value) -> facts.add(slot + "=" + value));
        negated.forEach((slot, denied) -> denied.forEach(value -> facts.add(slot + "!=" + value)));
        return facts;
    }

    private static Set<String> words(String text) {
        return new HashSet<>(List.of(BETWEEN_WORDS.split(text.toLowerCase(Locale.ROOT).strip())));
    }

    private static double dice(Set<String> a, Set<String> b) {
        long both = a.stream().filter(b::contains).count();
        return a.isEmpty() && b.isEmpty() ? 1 : 2.0 * both / (a.size() + b.size());
    }
}
