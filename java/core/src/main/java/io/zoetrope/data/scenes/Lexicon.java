package io.zoetrope.data.scenes;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The words that captions are worded with, over all languages: which mean what, and which say nothing of a slot.
 * Tells whether a word is among them, and which wording one is that is written nearly so.
 */
public final class Lexicon {
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^\\p{L}\\p{N}]+");
    /** One letter, or jamo, in so many may be wrong: a word of four letters is another one then. */
    private static final int LETTERS_A_MISTAKE = 5;

    private final Slots slots;
    private final Map<String, Map<String, List<String>>> wordings;
    private final List<String> others;
    private final Set<String> known = new HashSet<>();
    private final Set<Integer> letters = new HashSet<>();

    /**
     * A wording that something is written nearly as.
     *
     * @param wording  as it is written right
     * @param value    that it means
     * @param mistakes letters to be changed, left out or put in
     */
    public record Near(String wording, String value, int mistakes) {
        /** The share of its letters that are written right. */
        public double likeness() {
            return 1 - (double) mistakes / letters(wording).length();
        }
    }

    private Lexicon(Map<String, Map<String, List<String>>> wordings, Collection<String> others) {
        this.wordings = wordings;
        this.others = List.copyOf(new TreeSet<>(others));
        Map<String, List<String>> values = new LinkedHashMap<>();
        wordings.forEach((slot, ofValue) -> {
            values.put(slot, List.copyOf(ofValue.keySet()));
            ofValue.values().forEach(phrases -> phrases.forEach(phrase -> known.addAll(words(phrase))));
        });
        known.addAll(this.others);
        known.forEach(word -> letters(word).chars().forEach(letters::add));
        slots = new Slots(values);
    }

    /** What grammars of the same slots and values may be learned from. */
    public static Lexicon of(Collection<CaptionGrammar> grammars) {
        Map<String, Map<String, List<String>>> wordings = new LinkedHashMap<>();
        Set<String> others = new TreeSet<>();
        for (CaptionGrammar grammar : grammars) {
            grammar.slots().values().forEach((slot, values) -> {
                Map<String, List<String>> ofSlot = wordings.computeIfAbsent(slot, name -> new LinkedHashMap<>());
                values.forEach(value -> ofSlot.computeIfAbsent(value, name -> new ArrayList<>())
                        .addAll(grammar.wordings(slot, value)));
            });
            grammar.otherTexts().forEach(text -> others.addAll(words(text)));
        }
        return new Lexicon(wordings, others);
    }

    /**
     * Of what {@link #valueLines} and {@link #others} give.
     *
     * @throws IllegalArgumentException naming a line that is none
     */
    public static Lexicon of(List<String> valueLines, List<String> others) {
        Map<String, Map<String, List<String>>> wordings = new LinkedHashMap<>();
        for (String line : valueLines) {
            int dot = line.indexOf('.');
            int colon = line.indexOf(": ");
            if (dot < 1 || colon < dot + 2 || colon + 2 >= line.length()) {
                throw new IllegalArgumentException("the line '" + line + "': expected slot.value: wording, wording");
            }
            Map<String, List<String>> ofSlot = wordings.computeIfAbsent(line.substring(0, dot),
                    slot -> new LinkedHashMap<>());
            if (ofSlot.put(line.substring(dot + 1, colon), List.of(line.substring(colon + 2).split(", "))) != null) {
                throw new IllegalArgumentException("the value of '" + line + "' stands there twice");
            }
        }
        return new Lexicon(wordings, others);
    }

    /** {@code slot.value: wording, wording}, a line for each value in order. */
    public List<String> valueLines() {
        List<String> lines = new ArrayList<>();
        wordings.forEach((slot, ofValue) -> ofValue
                .forEach((value, phrases) -> lines.add(slot + '.' + value + ": " + String.join(", ", phrases))));
        return lines;
    }

    /** Words that say nothing of a slot, in the order of the alphabet. */
    public List<String> others() {
        return others;
    }

    public Slots slots() {
        return slots;
    }

    /** A wording of the first value of each slot. */
    public String example() {
        return String.join(" ",
                wordings.values().stream().map(ofValue -> ofValue.values().iterator().next().get(0)).toList());
    }

    /** How many different words there are. */
    public int size() {
        return known.size();
    }

    /** Whether a word, of letters and digits alone, is among these, as it is or with Korean particles. */
    public boolean knows(String word) {
        String plain = word.toLowerCase(Locale.ROOT);
        return known.contains(plain) || Particles.without(plain).stream().anyMatch(known::contains);
    }

    /** Whether all letters of a word, Hangul in jamo, are among those of these words. */
    public boolean hasLettersOf(String word) {
        return letters(word.toLowerCase(Locale.ROOT)).chars().allMatch(letters::contains);
    }

    /** The wording of a slot that some words are written nearly as, if one is near enough to be meant. */
    public Optional<Near> nearest(String slot, String words) {
        List<String> written = new ArrayList<>(List.of(words.toLowerCase(Locale.ROOT)));
        written.addAll(Particles.without(written.get(0)));
        Near nearest = null;
        for (Map.Entry<String, List<String>> ofValue : wordings.get(slot).entrySet()) {
            for (String wording : ofValue.getValue()) {
                for (String candidate : written) {
                    int mistakes = mistakes(letters(candidate), letters(wording));
                    if (mistakes <= letters(candidate).length() / LETTERS_A_MISTAKE
                            && (nearest == null || mistakes < nearest.mistakes())) {
                        nearest = new Near(wording, ofValue.getKey(), mistakes);
                    }
                }
            }
        }
        return Optional.ofNullable(nearest);
    }

    private static List<String> words(String text) {
        return List.of(BETWEEN_WORDS.split(text.toLowerCase(Locale.ROOT).replace("'", "").strip()));
    }

    /** Hangul in jamo: a wrong vowel is one mistake, as a wrong letter is. */
    private static String letters(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFKD);
    }

    /** The edit distance in which two letters that changed places count one (optimal string alignment). */
    static int mistakes(String a, String b) {
        int[][] distance = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    distance[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                int least = Math.min(Math.min(distance[i - 1][j], distance[i][j - 1]) + 1,
                        distance[i - 1][j - 1] + change);
                boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2)
                        && a.charAt(i - 2) == b.charAt(j - 1);
                distance[i][j] = swapped ? Math.min(least, distance[i - 2][j - 2] + 1) : least;
            }
        }
        return distance[a.length()][b.length()];
    }
}
