package io.zoetrope.data.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.data.SceneCaptions;
import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CaptionGrammarTest {
    private static final String SMALL = """
            # a comment
            [subject.noun]
            fox: fox | vixen
            owl: owl
            ?: yeti
            [place.at]
            city: in the [city] centre
            farm: on a [farm]
            [filler adjective]
            old, red
            [templates]
            a ({adjective}) {subject.noun} {place.at}
            [held templates]
            {place.at}, a {subject.noun}
            [negations]
            ~, not {!place.at}
            not a {!subject.noun} but ~
            [frames]
            show ~
            """;

    private static CaptionGrammar small() throws IOException {
        return CaptionGrammar.parse(SMALL, "small");
    }

    private static List<LabelledCaption> captions(CaptionGrammar grammar, CaptionGrammar.Part part) {
        SplittableRandom random = new SplittableRandom(5);
        return random.longs(400).mapToObj(seed -> grammar.draw(part, new SplittableRandom(seed))).toList();
    }

    @Test
    void captionsAreLabelledWordByWord() throws IOException {
        Set<String> texts = new HashSet<>();
        for (LabelledCaption caption : captions(small(), CaptionGrammar.Part.LEARNED)) {
            texts.add(caption.text());
            for (LabelledCaption.Span span : caption.spans()) {
                String words = caption.text().substring(span.begin(), span.end());
                assertThat(words).as(caption.text()).isEqualTo(span.value().orElse("yeti"));
                assertThat(span.negated()).as(caption.text()).isEqualTo(
                        caption.text().substring(0, span.begin()).matches("(.*, not (in the|on a)|(show )?not an?) "));
            }
        }
        assertThat(texts).contains("a red fox on a farm", "an owl in the city centre", "show an old owl on a farm",
                "a fox in the city centre, not on a farm", "a yeti on a farm");
        assertThat(texts).noneMatch(text -> text.contains("vixen") || text.startsWith("on a"));
    }

    @Test
    void whatIsSaidNoToIsNotSaid() throws IOException {
        List<LabelledCaption> captions = captions(small(), CaptionGrammar.Part.LEARNED);
        assertThat(captions).anyMatch(caption -> !caption.negated().isEmpty());
        for (LabelledCaption caption : captions) {
            caption.negated().forEach((slot, values) -> assertThat(values).as(caption.text())
                    .doesNotContain(caption.values().getOrDefault(slot, "")));
        }
    }

    @Test
    void whatIsHeldOutIsDrawnWhereAskedForAlone() throws IOException {
        assertThat(captions(small(), CaptionGrammar.Part.HELD_TEMPLATES)).allMatch(
                caption -> caption.text().matches("(show )?(not an? .* but )?(in the city centre|on a farm), an? .*"))
                .noneMatch(caption -> caption.text().contains("vixen"));
        assertThat(captions(small(), CaptionGrammar.Part.HELD_WORDINGS))
                .noneMatch(caption -> caption.text().contains("fox"))
                .anyMatch(caption -> caption.text().contains("vixen"));
    }

    @Test
    void theSameNumbersGiveTheSameCaption() throws IOException {
        assertThat(captions(small(), CaptionGrammar.Part.LEARNED))
                .isEqualTo(captions(small(), CaptionGrammar.Part.LEARNED));
        for (SceneCaptions.Language language : SceneCaptions.shipped().languages()) {
            assertThat(language.caption(CaptionGrammar.Part.LEARNED, 11))
                    .isEqualTo(language.caption(CaptionGrammar.Part.LEARNED, 11))
                    .isNotEqualTo(language.caption(CaptionGrammar.Part.LEARNED, 12));
        }
    }

    @ParameterizedTest
    @CsvSource({"판다,이,가,가", "닭,이,가,이", "공룡,을,를,을", "나비,을,를,를", "밤,은,는,은", "숲,과,와,과", "바다,과,와,와", "숲,으로,로,으로",
            "바다,으로,로,로", "서울,으로,로,로", "서울,을,를,을", "4k,이,가,가"})
    void particlesFollowTheFinalConsonant(String word, String afterConsonant, String afterVowel, String chosen) {
        assertThat(Particles.choose(word, afterConsonant, afterVowel)).isEqualTo(chosen);
    }

    @Test
    void koreanSpansHoldTheirParticles() throws IOException {
        CaptionGrammar grammar = CaptionGrammar.parse("""
                [subject.noun]
                panda: 판다
                chicken: 닭
                [place.noun]
                forest: 숲
                beach: 바다
                [templates]
                {place.noun}으로/로 {subject.noun}이/가
                [negations]
                ~, {!place.noun} 말고
                [frames]
                ~의 모습
                """, "korean");
        assertThat(captions(grammar, CaptionGrammar.Part.LEARNED)).extracting(LabelledCaption::text).contains("숲으로 판다가",
                "바다로 닭이", "바다로 판다가의 모습", "바다로 닭이, 숲 말고");
        for (LabelledCaption caption : captions(grammar, CaptionGrammar.Part.LEARNED)) {
            for (LabelledCaption.Span span : caption.spans()) {
                assertThat(caption.text().substring(span.begin(), span.end())).doesNotContain(" ").doesNotContain(",");
                assertThat(
                        span.end() == caption.text().length() || " ,".indexOf(caption.text().charAt(span.end())) >= 0)
                        .as(caption.toString()).isTrue();
            }
        }
    }

    /** Spans of the grammars that ship begin and end with words, and every value is drawn. */
    @Test
    void theGrammarsThatShipAreWhole() throws IOException {
        for (SceneCaptions.Language language : SceneCaptions.shipped().languages()) {
            Slots slots = language.grammar().slots();
            assertThat(slots.names()).containsExactly("subject", "action", "place", "time", "mood");
            assertThat(slots.values().get("subject")).hasSizeGreaterThan(55);
            assertThat(slots.values().get("place")).hasSize(11);
            assertThat(slots.values().get("time")).containsExactly("morning", "day", "evening", "night");
            assertThat(slots.values().get("mood")).containsExactly("calm", "joyful", "gloomy", "romantic", "stormy");
            Set<String> drawn = new HashSet<>();
            for (int i = 0; i < 3000; i++) {
                LabelledCaption caption = language.caption(CaptionGrammar.Part.LEARNED, i);
                assertThat(caption.text()).doesNotContain("{", "}", "  ", ",,", " ,", ".,")
                        .doesNotMatch(".*\\ba (?!uni|ufo|one)[aeiou].*").doesNotMatch(".*\\ban (uni|ufo|one).*")
                        .isEqualTo(caption.text().strip());
                drawn.addAll(caption.values().values());
                for (LabelledCaption.Span span : caption.spans()) {
                    assertThat(span.begin() == 0 || caption.text().charAt(span.begin() - 1) == ' ')
                            .as(caption.toString()).isTrue();
                    assertThat(span.end() == caption.text().length()
                            || !Character.isLetter(caption.text().charAt(span.end()))).as(caption.toString()).isTrue();
                }
            }
            assertThat(drawn).containsExactlyInAnyOrderElementsOf(slots.allValues());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fox: fox | vixen=>fox | vixen=>line 3: 'fox | vixen': expected a value",
            "fox: fox | vixen=>fox: |=>line 3: wordings []",
            "owl: owl=>fox: owl=>line 4: the value 'fox' stands there twice",
            "in the [city] centre=>in the [city centre=>line 7: the wording 'in the [city centre'",
            "({adjective})=>({colour})=>a template names {colour}", "({adjective})=>({adjective}=>'(' without ')'",
            "show ~=>show it=>expected a ~ in every frame", "[frames]=>[frame]=>line 18: no section is called [frame]",
            "{place.at}, a=>{place.near}, a=>a template names {place.near}",
            "# a comment=>hello=>line 1: 'hello' before"})
    void aGrammarThatIsNotUnderstoodIsRefusedByItsLine(String change) {
        String[] parts = change.split("=>");
        assertThat(SMALL).contains(parts[0]);
        assertThatThrownBy(() -> CaptionGrammar.parse(SMALL.replace(parts[0], parts[1]), "small.grammar"))
                .isInstanceOf(BadFileException.class).hasMessageContaining("small.grammar")
                .hasMessageContaining(parts[2]).hasMessageNotContaining("\n");
    }
}
