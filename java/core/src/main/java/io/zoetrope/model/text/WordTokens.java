package io.zoetrope.model.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Splits text into words and each word into hashed n-grams of its letters, so that every word of every script has a
 * place in a small table, and words with a common stem share most of theirs (Bojanowski et al. 2017, arXiv:1607.04606).
 * Accents are dropped, and English articles; Hangul syllables are taken apart into jamo, so that a noun with a particle
 * is near the noun.
 *
 * @param words   of a text; further ones are not read
 * @param grams   n-grams of a word; of a longer word the whole and the first ones
 * @param buckets rows of the table; row {@value #NOTHING} stands for no n-gram
 */
public record WordTokens(int words, int grams, int buckets) {
    /** The id where a word has no more n-grams, and of all in a place without a word. */
    public static final int NOTHING = 0;
    /** More letters than this make no word. */
    private static final int LONGEST_WORD = 64;
    private static final int MOST = 1 << 20;
    private static final int[] LENGTHS = {3, 4};
    private static final Set<String> ARTICLES = Set.of("a", "an", "the");
    private static final char BEGIN = '^';
    private static final char END = '$';
    private static final Pattern MARKS = Pattern.compile("\\p{Mn}+");
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^\\p{L}\\p{N}]+");
    private static final Pattern APOSTROPHE = Pattern.compile("(?<=\\p{L})['’](?=\\p{L})");

    public WordTokens {
        if (words < 1 || words > MOST || grams < 1 || grams > MOST || buckets < 2 || buckets > MOST) {
            throw new IllegalArgumentException("word tokens: " + words + " words of " + grams + " n-grams in " + buckets
                    + " buckets: expected 1 to " + MOST + ", with 2 buckets or more");
        }
    }

    /** The words of a text as they are told apart: lower case, without accents, Hangul in jamo. */
    public static List<String> split(String text) {
        String plain = MARKS
                .matcher(Normalizer.normalize(APOSTROPHE.matcher(text).replaceAll(""), Normalizer.Form.NFKD))
                .replaceAll("").toLowerCase(Locale.ROOT);
        List<String> found = new ArrayList<>();
        for (String word : BETWEEN_WORDS.split(plain)) {
            if (!word.isEmpty() && !ARTICLES.contains(word)) {
                found.add(word.substring(0, Math.min(LONGEST_WORD, word.length())));
            }
        }
        return found;
    }

    /** A word of {@link #split} as people write it: jamo joined to syllables. */
    public static String shown(String word) {
        return Normalizer.normalize(word, Normalizer.Form.NFC);
    }

    /** Ids of a text, [words · grams]. */
    public int[] ids(String text) {
        return ids(split(text));
    }

    /** Ids of words as {@link #split} gives them; an empty word leaves its place without one. */
    public int[] ids(List<String> split) {
        int[] ids = new int[words * grams];
        for (int w = 0; w < Math.min(words, split.size()); w++) {
            int at = w * grams;
            for (String gram : grams(split.get(w))) {
                if (at == (w + 1) * grams) {
                    break;
                }
                ids[at++] = 1 + Integer.remainderUnsigned(hash(gram), buckets - 1);
            }
        }
        return ids;
    }

    /** The word itself, then its n-grams, none twice. */
    private static Set<String> grams(String word) {
        Set<String> grams = new LinkedHashSet<>();
        if (word.isEmpty()) {
            return grams;
        }
        String bounded = BEGIN + word + END;
        grams.add(bounded);
        for (int length : LENGTHS) {
            for (int i = 0; i + length <= bounded.length(); i++) {
                grams.add(bounded.substring(i, i + length));
            }
        }
        return grams;
    }

    /** FNV-1a, its bits mixed by a finaliser. */
    private static int hash(String gram) {
        int hash = 0x811C9DC5;
        for (int i = 0; i < gram.length(); i++) {
            hash = (hash ^ gram.charAt(i)) * 0x01000193;
        }
        hash = (hash ^ hash >>> 16) * 0x7FEB352D;
        hash = (hash ^ hash >>> 15) * 0x846CA68B;
        return hash ^ hash >>> 16;
    }
}
