package io.zoetrope.data;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which emoji are held out, and why. What decides is the labels, never the order or the number of the pictures, so that
 * one more emoji moves no other across a split.
 */
final class EmojiSplits {
    /** Learned from. */
    static final String TRAIN = "train";
    /** One skin tone of things whose other tones are seen. */
    static final String TONE = "held tone";
    /** One gender of an activity whose other gender is seen, in all tones. */
    static final String GENDER = "held gender";
    /** All pictures of a thing. */
    static final String CONCEPT = "unseen concept";
    /** In the order of tables. */
    static final List<String> HELD = List.of(TONE, GENDER, CONCEPT);

    private static final int TONES = 5;
    private static final int ONE_CONCEPT_IN = 21;
    private static final int ONE_ACTIVITY_IN = 4;
    private static final int TWO_BASES_IN = 5;

    private final Set<String> unseen = new HashSet<>();
    /** By concept: the gender that is held out. */
    private final Map<String, Integer> genders = new HashMap<>();
    /** By base: the tone that is held out. */
    private final Map<String, Integer> tones = new HashMap<>();

    /** @param emoji all of the set, in any order */
    EmojiSplits(Collection<EmojiSet.Emoji> emoji) {
        Map<String, Set<Integer>> gendersOf = new TreeMap<>();
        Map<String, Set<Integer>> tonesOf = new TreeMap<>();
        for (EmojiSet.Emoji one : emoji) {
            gendersOf.computeIfAbsent(one.concept, concept -> new TreeSet<>()).add(one.gender);
            tonesOf.computeIfAbsent(one.base, base -> new TreeSet<>()).add(one.tone);
        }
        gendersOf.forEach((concept, found) -> {
            if (found.contains(EmojiSet.FEMALE) && found.contains(EmojiSet.MALE)) {
                if (draw("activity", concept, ONE_ACTIVITY_IN) == 0) {
                    genders.put(concept, draw("gender", concept, 2) == 0 ? EmojiSet.FEMALE : EmojiSet.MALE);
                }
            } else if (draw("concept", concept, ONE_CONCEPT_IN) == 0) {
                unseen.add(concept);
            }
        });
        tonesOf.forEach((base, found) -> {
            if (found.size() > TONES && draw("base", base, TWO_BASES_IN) < 2) {
                tones.put(base, 1 + draw("tone", base, TONES));
            }
        });
    }

    /** {@link #TRAIN}, or the reason for which the picture is held out. */
    String of(EmojiSet.Emoji one) {
        if (unseen.contains(one.concept)) {
            return CONCEPT;
        }
        if (Integer.valueOf(one.gender).equals(genders.get(one.concept))) {
            return GENDER;
        }
        return Integer.valueOf(one.tone).equals(tones.get(one.base)) ? TONE : TRAIN;
    }

    /** A number below {@code bound} that depends on the words alone: FNV-1a, its bits mixed by a finaliser. */
    private static int draw(String use, String name, int bound) {
        int hash = 0x811C9DC5;
        for (char c : (use + ':' + name).toCharArray()) {
            hash = (hash ^ c) * 0x01000193;
        }
        hash = (hash ^ hash >>> 16) * 0x7FEB352D;
        hash = (hash ^ hash >>> 15) * 0x846CA68B;
        return Integer.remainderUnsigned(hash ^ hash >>> 16, bound);
    }
}
