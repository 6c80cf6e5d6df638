package io.zoetrope.data;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which emoji are held out, and why. Everything that shows one thing in another style is held out for the same reason, so that
 * no twin lies across a split that claims it unseen; but a held style, of which exactly the twin is seen.
 */
final class EmojiSplits {
    /** Learned from. */
    static final String TRAIN = "train";
    /** One skin tone of things whose other tones are seen. */
    static final String TONE = "held tone";
    /** One gender of an activity whose other gender is seen, in all tones. */
    static final String GENDER = "held gender";
    /** One style of things that are seen in another. */
    static final String STYLE = "held style";
    /** All pictures of a thing. */
    static final String CONCEPT = "unseen concept";
    /** In the order of tables. */
    static final List<String> HELD = List.of(TONE, GENDER, STYLE, CONCEPT);

    private static final int TONES = 5;
    private static final int ONE_CONCEPT_IN = 21;
    private static final int ONE_ACTIVITY_IN = 4;
    private static final int TWO_BASES_IN = 5;
    private static final int ONE_STYLE_IN = 7;

    private final List<String> styles;
    private final Set<String> unseen = new HashSet<>();
    /** By concept: the gender that is held out. */
    private final Map<String, Integer> genders = new HashMap<>();
    /** By base: the tone that is held out. */
    private final Map<String, Integer> tones = new HashMap<>();

    /** @param emoji all of the set, in any order */
    EmojiSplits(Collection<EmojiSet.Emoji> emoji) {
        this.styles = new ArrayList<>(new TreeSet<>(emoji.stream().map(one -> one.style).toList()));
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
        if (Optional.ofNullable(genders.get(one.concept)).filter(gender -> gender == one.gender).isPresent()) {
            return GENDER;
        }
        if (Optional.ofNullable(tones.get(one.base)).filter(tone -> tone == one.tone).isPresent()) {
            return TONE;
        }
        boolean ofOneStyle = styles.size() > 1 && one.tone == EmojiSet.NONE && one.gender == EmojiSet.NONE
                && draw("style", one.base, ONE_STYLE_IN) == 0;
        return ofOneStyle && one.style.equals(styles.get(draw("which style", one.base, styles.size()))) ? STYLE : TRAIN;
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
