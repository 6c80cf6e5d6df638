package io.zoetrope.model.text;

import io.zoetrope.data.Description;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * What a model is told of a picture in a training step: a wording of one of its languages, at times with some tags and
 * without some words, at times nothing at all, which is what guidance needs (Ho and Salimans 2022).
 *
 * @param nothing  how often a caption is left out
 * @param first    how often the wording is the first one, where there are several
 * @param tagged   how often tags go with the caption
 * @param wordLost how often each word of several is left out
 */
public record CaptionDraws(double nothing, double first, double tagged, double wordLost) {
    /** What suits captions of a few words. */
    public static final CaptionDraws USUAL = new CaptionDraws(0.1, 0.7, 0.3, 0.08);
    private static final int MOST_TAGS = 3;

    /**
     * All words that captions of these may hold, in the order of the alphabet, as {@link WordTokens#shown} shows them.
     */
    public static List<String> vocabulary(List<Description> descriptions) {
        SortedSet<String> words = new TreeSet<>();
        for (Description description : descriptions) {
            for (Description.Wording wording : description.wordings()) {
                words.addAll(WordTokens.split(wording.label()));
                wording.tags().forEach(tag -> words.addAll(WordTokens.split(tag)));
            }
        }
        return words.stream().map(WordTokens::shown).sorted().toList();
    }

    /** The words of a caption for {@code description}, as {@link WordTokens#split} gives them. */
    public List<String> draw(Description description, SplittableRandom random) {
        if (random.nextDouble() < nothing) {
            return List.of();
        }
        List<Description.Wording> wordings = description.wordings();
        Description.Wording wording = wordings.size() == 1 || random.nextDouble() < first ? wordings.get(0)
                : wordings.get(1 + random.nextInt(wordings.size() - 1));
        StringBuilder text = new StringBuilder(wording.label());
        if (!wording.tags().isEmpty() && random.nextDouble() < tagged) {
            List<String> tags = new ArrayList<>(wording.tags());
            for (int i = 0; i < MOST_TAGS && !tags.isEmpty(); i++) {
                text.append(' ').append(tags.remove(random.nextInt(tags.size())));
            }
        }
        List<String> words = WordTokens.split(text.toString());
        List<String> kept = words.size() == 1 ? words
                : words.stream().filter(word -> random.nextDouble() >= wordLost).toList();
        return kept.isEmpty() ? words : kept;
    }
}
