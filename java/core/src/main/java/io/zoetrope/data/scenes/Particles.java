package io.zoetrope.data.scenes;

import java.util.List;

/** Korean particles of two forms, the one after a final consonant and the one after a vowel. */
final class Particles {
    private static final char FIRST_SYLLABLE = '가';
    private static final char LAST_SYLLABLE = '힣';
    /** Each syllable of an initial and a vowel comes in so many: without a final consonant, then with each of 27. */
    private static final int FINALS = 28;
    private static final int RIEUL = 8;
    private static final String TOWARDS = "으로";

    /** What nouns are written with. */
    private static final List<String> ALL = List.of("이", "가", "을", "를", "은", "는", "과", "와", "의", "에", "도", "로", "으로",
            "에서", "만", "랑", "이랑", "들", "들이", "들은", "들을", "에게", "까지", "부터", "처럼", "에는", "에서는", "으로는", "이나", "나");

    private Particles() {
    }

    /**
     * The form that follows {@code word}.
     *
     * @param afterConsonant such as 이, 을, 은, 과 or 으로
     * @param afterVowel     such as 가, 를, 는, 와 or 로; after ㄹ, 로 stands too
     */
    static String choose(String word, String afterConsonant, String afterVowel) {
        char last = word.isEmpty() ? ' ' : word.charAt(word.length() - 1);
        if (last < FIRST_SYLLABLE || last > LAST_SYLLABLE) {
            return afterVowel;
        }
        int consonant = (last - FIRST_SYLLABLE) % FINALS;
        boolean open = consonant == 0 || consonant == RIEUL && afterConsonant.equals(TOWARDS);
        return open ? afterVowel : afterConsonant;
    }

    /** What {@code word} may be without a particle at its end. */
    static List<String> without(String word) {
        return ALL.stream().filter(particle -> word.length() > particle.length() && word.endsWith(particle))
                .map(particle -> word.substring(0, word.length() - particle.length())).toList();
    }
}
