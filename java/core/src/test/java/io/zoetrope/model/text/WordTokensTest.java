package io.zoetrope.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WordTokensTest {
    private static final WordTokens TOKENS = new WordTokens(4, 12, 4096);

    private static Set<Integer> grams(String word) {
        Set<Integer> grams = new HashSet<>();
        Arrays.stream(TOKENS.ids(word)).filter(id -> id != WordTokens.NOTHING).forEach(grams::add);
        return grams;
    }

    private static int shared(String one, String other) {
        Set<Integer> both = grams(one);
        both.retainAll(grams(other));
        return both.size();
    }

    @Test
    void caseAccentsArticlesAndSignsDoNotCount() {
        assertThat(WordTokens.split("A  Piñata, the CAFÉ—and a woman’s hat!")).containsExactly("pinata", "cafe", "and",
                "womans", "hat");
        assertThat(WordTokens.split("ﬁre İstanbul")).as("ligatures, dotted capitals").containsExactly("fire",
                "istanbul");
        assertThat(WordTokens.split(" \n\t!? 🎉")).isEmpty();
        assertThat(TOKENS.ids("a red apple")).isEqualTo(TOKENS.ids("Red  APPLE."));
    }

    @Test
    void everyWordHasItsPlace() {
        int[] ids = TOKENS.ids("red fox");
        assertThat(ids).hasSize(4 * 12);
        // ^red$ whole, its three of three letters and two of four.
        assertThat(Arrays.copyOfRange(ids, 0, 6)).doesNotContain(WordTokens.NOTHING).doesNotHaveDuplicates();
        assertThat(Arrays.copyOfRange(ids, 6, 12)).containsOnly(WordTokens.NOTHING);
        assertThat(ids[12]).isNotZero();
        assertThat(Arrays.copyOfRange(ids, 24, 48)).containsOnly(WordTokens.NOTHING);
        assertThat(Arrays.copyOfRange(TOKENS.ids("fox"), 0, 12)).as("wherever it stands")
                .isEqualTo(Arrays.copyOfRange(ids, 12, 24));
        assertThat(TOKENS.ids("one two three four five six")).as("further words are not read")
                .isEqualTo(TOKENS.ids("one two three four"));
        assertThat(TOKENS.ids(List.of("", "fox"))).as("a word left out").startsWith(0).containsSequence(ids[12]);
        assertThat(TOKENS.ids("x".repeat(10_000))).isEqualTo(TOKENS.ids("x".repeat(64)));
    }

    @Test
    void relatedWordsShareNgrams() {
        assertThat(shared("surfing", "surfer")).isGreaterThan(3);
        assertThat(shared("surfing", "apple")).isZero();
        assertThat(shared("사과", "사과를")).as("a noun with a particle").isGreaterThan(2);
        assertThat(shared("사과", "고래")).isZero();
        assertThat(WordTokens.split("사과").get(0)).as("in jamo").hasSizeGreaterThan(2);
        assertThat(WordTokens.shown(WordTokens.split("사과").get(0))).isEqualTo("사과");
    }

    @ParameterizedTest
    @ValueSource(strings = {"red", "고양이", "שלום", "日本語", "Ω", "7"})
    void idsAreRowsOfTheTable(String word) {
        assertThat(grams(word)).isNotEmpty().allMatch(id -> id > 0 && id < 4096);
    }

    @Test
    void sizesAreChecked() {
        assertThatThrownBy(() -> new WordTokens(0, 1, 2)).hasMessageContaining("0 words");
        assertThatThrownBy(() -> new WordTokens(1, 1, 1)).hasMessageContaining("2 buckets or more");
    }
}
