package io.zoetrope.data.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.data.SceneCaptions;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LexiconTest {
    private static Lexicon shipped() throws IOException {
        return SceneCaptions.shipped().lexicon();
    }

    @Test
    void linesGiveTheSameLexicon() throws IOException {
        Lexicon lexicon = shipped();
        Lexicon again = Lexicon.of(lexicon.valueLines(), lexicon.others());
        assertThat(again.valueLines()).isEqualTo(lexicon.valueLines());
        assertThat(again.slots()).isEqualTo(lexicon.slots()).isEqualTo(SceneCaptions.shipped().slots());
        assertThat(again.size()).isEqualTo(lexicon.size()).isGreaterThan(2000);
        assertThatThrownBy(() -> Lexicon.of(List.of("subject.fox fox"), List.of()))
                .hasMessageContaining("'subject.fox fox'");
        assertThatThrownBy(() -> Lexicon.of(List.of("a.b: c", "a.b: d"), List.of())).hasMessageContaining("twice");
    }

    @Test
    void wordsAreKnownWithTheirParticles() throws IOException {
        Lexicon lexicon = shipped();
        assertThat(List.of("panda", "Panda", "amusement", "slowly", "판다", "판다가", "해변에서", "천천히", "walrus"))
                .filteredOn(lexicon::knows)
                .containsExactly("panda", "Panda", "amusement", "slowly", "판다", "판다가", "해변에서", "천천히");
        assertThat(lexicon.knows("dairy")).as("of a held-out wording").isFalse();
        assertThat(lexicon.hasLettersOf("walrus")).isTrue();
        assertThat(lexicon.hasLettersOf("바다코끼리")).isTrue();
        assertThat(lexicon.hasLettersOf("שלום")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"subject,pengiun,penguin,penguin,1", "subject,pandaa,panda,panda,1", "subject,코키리가,코끼리,elephant,1",
            "place,dessert,desert,desert,1", "time,midnigth,midnight,night,1", "action,dancng,dancing,dance,1"})
    void whatIsWrittenNearlySoIsFound(String slot, String written, String wording, String value, int mistakes)
            throws IOException {
        assertThat(shipped().nearest(slot, written)).contains(new Lexicon.Near(wording, value, mistakes));
    }

    @ParameterizedTest
    @CsvSource({"subject,walrus", "subject,cab", "subject,crow", "place,kitchen", "subject,바다코끼리"})
    void whatIsNotNearIsNot(String slot, String written) throws IOException {
        Lexicon lexicon = Lexicon.of(List.of("subject.cat: cat", "subject.cow: cow", "subject.walker: walker",
                "place.chicken: chicks", "subject.bear: 곰"), List.of());
        assertThat(lexicon.nearest(slot, written)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'','',0", "a,'',1", "abc,abc,0", "abc,acb,1", "abc,abcd,1", "abcd,bacd,1", "kitten,sitting,3"})
    void mistakesAreCounted(String a, String b, int mistakes) {
        assertThat(Lexicon.mistakes(a, b)).isEqualTo(mistakes).isEqualTo(Lexicon.mistakes(b, a));
    }
}
