package io.zoetrope.data.scenes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * What a prompt was understood to say.
 *
 * @param text     as it was given
 * @param words    as they were read, in order; of a long prompt the first ones
 * @param unread   how many words were not read because there are too many
 * @param mentions of slots, in order
 * @param slots    that it could speak of
 */
public record TaggedPrompt(String text, List<Word> words, int unread, List<Mention> mentions, Slots slots) {
    /**
     * A word.
     *
     * @param text       in lower case, without accents
     * @param slot       that it speaks of; empty: none
     * @param confidence 0 to 1, in its speaking of that slot, or of none
     * @param known      whether it was learned; others are guessed by their letters and the words around them
     */
    public record Word(String text, Optional<String> slot, double confidence, boolean known) {}

    /**
     * Words that speak of a slot.
     *
     * @param slot       that is spoken of
     * @param first      number of the first word
     * @param count      of the words
     * @param value      that they mean; empty: none that is known
     * @param confidence 0 to 1, in the value, or in that they mean none; where they are misspelt, the share of letters
     *                   that are right
     * @param negated    whether it is said not to be so
     * @param readAs     the wording that they were taken to be misspelt from, where that decided
     */
    public record Mention(String slot, int first, int count, Optional<String> value, double confidence, boolean negated,
            Optional<String> readAs) {}

    public TaggedPrompt {
        words = List.copyOf(words);
        mentions = List.copyOf(mentions);
    }

    /** The words of a mention. */
    public String words(Mention mention) {
        return String.join(" ",
                words.subList(mention.first(), mention.first() + mention.count()).stream().map(Word::text).toList());
    }

    /** The mention that decides each slot that has a value: the first that means one and is not negated. */
    public Map<String, Mention> deciding() {
        Map<String, Mention> deciding = new LinkedHashMap<>();
        for (String slot : slots.names()) {
            mentions.stream()
                    .filter(mention -> mention.slot().equals(slot) && !mention.negated() && mention.value().isPresent())
                    .findFirst().ifPresent(mention -> deciding.put(slot, mention));
        }
        return deciding;
    }

    /** The value of each slot that has one. */
    public Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>();
        deciding().forEach((slot, mention) -> values.put(slot, mention.value().orElseThrow()));
        return values;
    }

    /** Values that it says no to, by slot. */
    public Map<String, SortedSet<String>> negated() {
        Map<String, SortedSet<String>> negated = new LinkedHashMap<>();
        for (Mention mention : mentions) {
            if (mention.negated() && mention.value().isPresent()) {
                negated.computeIfAbsent(mention.slot(), slot -> new TreeSet<>()).add(mention.value().get());
            }
        }
        return negated;
    }

    /**
     * Values for the slots that have none, each drawn from those that it does not say no to.
     *
     * @param seed the same seed draws the same values
     */
    public Map<String, String> drawn(long seed) {
        Map<String, String> values = values();
        Map<String, SortedSet<String>> negated = negated();
        Map<String, String> drawn = new LinkedHashMap<>();
        SplittableRandom random = new SplittableRandom(seed);
        slots.values().forEach((slot, all) -> {
            SplittableRandom own = random.split(); // what one slot says changes no other
            List<String> free = new ArrayList<>(all);
            free.removeAll(negated.getOrDefault(slot, new TreeSet<>()));
            if (!values.containsKey(slot) && !free.isEmpty()) {
                drawn.put(slot, free.get(own.nextInt(free.size())));
            }
        });
        return drawn;
    }
}
