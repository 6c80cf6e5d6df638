package io.zoetrope.data.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Made by hand; what models make of prompts is tested with them. */
public class TaggedPromptTest {
    /** "fox, not owl, yeti, city": two subjects besides one that is denied and one that is unknown. */
    public static TaggedPrompt example() {
        Map<String, List<String>> values = new LinkedHashMap<>();
        values.put("subject", List.of("fox", "owl", "cat"));
        values.put("place", List.of("city", "farm"));
        values.put("time", List.of("day", "night"));
        List<TaggedPrompt.Word> words = List.of(word("owl", "subject"), word("not", null), word("fox", "subject"),
                word("cat", "subject"), word("yeti", "subject"), word("dark", "time"), word("night", "time"));
        return new TaggedPrompt("owl, not fox, cat yeti dark night", words, 0,
                List.of(new TaggedPrompt.Mention("subject", 0, 1, Optional.of("owl"), 0.9, false, Optional.empty()),
                        new TaggedPrompt.Mention("subject", 2, 1, Optional.of("fox"), 0.8, true, Optional.empty()),
                        new TaggedPrompt.Mention("subject", 3, 1, Optional.of("cat"), 0.99, false, Optional.empty()),
                        new TaggedPrompt.Mention("subject", 4, 1, Optional.empty(), 0.7, false, Optional.empty()),
                        new TaggedPrompt.Mention("time", 5, 2, Optional.of("night"), 0.6, true, Optional.empty())),
                new Slots(values));
    }

    private static TaggedPrompt.Word word(String text, String slot) {
        return new TaggedPrompt.Word(text, Optional.ofNullable(slot), 0.75, !text.equals("yeti"));
    }

    @Test
    void theFirstThatIsMeantDecides() {
        assertThat(example().values()).isEqualTo(Map.of("subject", "owl"));
        assertThat(example().negated())
                .isEqualTo(Map.of("subject", new TreeSet<>(Set.of("fox")), "time", new TreeSet<>(Set.of("night"))));
        assertThat(example().words(example().mentions().get(4))).isEqualTo("dark night");
    }

    @Test
    void whatIsNotSaidIsDrawnBySeedAndNeverWhatWasDenied() {
        assertThat(example().drawn(3)).isEqualTo(example().drawn(3));
        List<Map<String, String>> drawn = LongStream.range(0, 40).mapToObj(example()::drawn).toList();
        assertThat(drawn).allMatch(values -> values.keySet().equals(Set.of("place", "time")))
                .allMatch(values -> values.get("time").equals("day"));
        assertThat(drawn).extracting(values -> values.get("place")).contains("city", "farm");
    }

    @Test
    void captionsThatSayTheSameAreNear() {
        LabelledCaption owlAtNight = caption("an owl at night", "owl", "time", "night", false);
        LabelledCaption owlNotAtNight = caption("the owl, not at night", "owl", "time", "night", true);
        LabelledCaption catInTheCity = caption("cat in the city", "cat", "place", "city", false);
        List<NearCaptions.Near> near = NearCaptions.of(example(), List.of(catInTheCity, owlAtNight, owlNotAtNight), 2);
        assertThat(near).extracting(NearCaptions.Near::caption).containsExactly(owlNotAtNight, owlAtNight);
        assertThat(near.get(0).meaning()).as("two of three and two said alike").isEqualTo(4.0 / 5);
        assertThat(near.get(1).meaning()).isEqualTo(2.0 / 5);
        LabelledCaption otherWords = caption("that owl by day", "owl", "place", "city", false);
        LabelledCaption sameWords = caption("owl dark night yeti", "owl", "place", "city", false);
        assertThat(NearCaptions.of(example(), List.of(otherWords, sameWords), 1).get(0).caption()).isEqualTo(sameWords);
    }

    private static LabelledCaption caption(String text, String subject, String slot, String value, boolean negated) {
        int begin = text.indexOf(subject);
        int end = begin + subject.length();
        return new LabelledCaption(text,
                List.of(new LabelledCaption.Span(begin, end, "subject", Optional.of(subject), false),
                        new LabelledCaption.Span(end, text.length(), slot, Optional.of(value), negated)));
    }
}
