package io.zoetrope.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.data.Description;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CaptionDrawsTest {
    private static final Description SURFER = new Description("1", "surfing", List.of(),
            List.of(new Description.Wording("woman surfing", List.of("beach", "sea", "wave", "sun")),
                    new Description.Wording("서핑하는 여자", List.of())));

    private static List<List<String>> drawn(CaptionDraws draws) {
        SplittableRandom random = new SplittableRandom(3);
        List<List<String>> all = new ArrayList<>();
        for (int i = 0; i < 4000; i++) {
            all.add(draws.draw(SURFER, random.split()));
        }
        return all;
    }

    @Test
    void everythingComesAsOftenAsItIsToldTo() {
        List<List<String>> all = drawn(CaptionDraws.USUAL);
        String korean = WordTokens.split("여자").get(0);
        double empty = all.stream().filter(List::isEmpty).count() / 4000.0;
        double foreign = all.stream().filter(words -> words.contains(korean)).count() / 4000.0;
        double tagged = all.stream().filter(words -> words.contains("sea")).count() / 4000.0;
        assertThat(empty).isCloseTo(0.1, within(0.02));
        assertThat(foreign).as("0.9 · 0.3 · 0.92, and a few where it was the last word").isCloseTo(0.25, within(0.03));
        assertThat(tagged).as("0.9 · 0.7 · 0.3 · three of four tags · 0.92").isCloseTo(0.13, within(0.02));
    }

    @Test
    void whatIsNeverAskedForNeverComes() {
        Set<List<String>> plain = new HashSet<>(drawn(new CaptionDraws(0, 1, 0, 0)));
        assertThat(plain).containsExactly(List.of("woman", "surfing"));
        assertThat(new HashSet<>(drawn(new CaptionDraws(0, 1, 0, 1)))).as("a caption does not lose all its words")
                .containsExactly(List.of("woman", "surfing"));
    }
}
