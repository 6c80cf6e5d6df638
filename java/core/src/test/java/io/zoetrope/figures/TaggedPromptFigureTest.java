package io.zoetrope.figures;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.scenes.TaggedPrompt;
import io.zoetrope.data.scenes.TaggedPromptTest;
import java.awt.image.BufferedImage;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TaggedPromptFigureTest {
    private static final int SUBJECT = 0xd55e00;
    private static final int PLACE = 0x0072b2;
    private static final int TIME = 0x009e73;

    private static Map<Integer, Integer> colours(BufferedImage image) {
        Map<Integer, Integer> count = new HashMap<>();
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                count.merge(image.getRGB(x, y) & 0xffffff, 1, Integer::sum);
            }
        }
        return count;
    }

    @Test
    void wordsAndBarsHaveTheColoursOfTheirSlots() {
        TaggedPrompt prompt = TaggedPromptTest.example();
        Map<Integer, Integer> colours = colours(TaggedPromptFigure.draw(prompt, prompt.drawn(1)));
        assertThat(colours.get(SUBJECT)).as("four words, and a bar of 0.9 of 300 × 14").isGreaterThan(270 * 14);
        assertThat(colours.get(TIME)).isBetween(100, 3000);
        assertThat(colours).as("no word speaks of it").doesNotContainKey(PLACE);
    }

    @Test
    void longPromptsTakeMoreLines() {
        TaggedPrompt prompt = TaggedPromptTest.example();
        TaggedPrompt longer = new TaggedPrompt(prompt.text(), Collections.nCopies(60, prompt.words().get(0)), 0,
                prompt.mentions(), prompt.slots());
        assertThat(TaggedPromptFigure.draw(longer, Map.of()).getHeight())
                .isGreaterThan(TaggedPromptFigure.draw(prompt, Map.of()).getHeight());
    }

    @Test
    void lettersThatNoFontHasAreTold() {
        TaggedPrompt prompt = TaggedPromptTest.example();
        assertThat(TaggedPromptFigure.canShow(prompt)).isTrue();
        TaggedPrompt.Word unassigned = new TaggedPrompt.Word("\u0378", prompt.words().get(0).slot(), 1, false);
        assertThat(TaggedPromptFigure.canShow(new TaggedPrompt("\u0378", Collections.singletonList(unassigned), 0,
                Collections.emptyList(), prompt.slots()))).isFalse();
    }
}
