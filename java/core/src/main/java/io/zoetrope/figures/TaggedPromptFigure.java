package io.zoetrope.figures;

import io.zoetrope.data.scenes.TaggedPrompt;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Draws what a prompt was understood to say: its words in the colour of the slot that they speak of, crossed out where
 * they are negated, with a bar of confidence under each; then a bar for each slot with its value, pale where the value
 * is drawn because the prompt does not say.
 */
public final class TaggedPromptFigure {
    private static final int WIDTH = 900;
    private static final int MARGIN = 28;
    private static final int GAP = 10;
    private static final int LINE = 52;
    private static final int ROW = 34;
    private static final int NAME = 90;
    private static final int BAR = 300;
    private static final Color INK = new Color(0x22, 0x22, 0x22);
    private static final Color FAINT = new Color(0x77, 0x77, 0x77);
    private static final Color TRACK = new Color(0xe6, 0xea, 0xee);
    /** Apart for the colour-blind, too (Okabe and Ito 2008). */
    private static final List<Color> COLOURS = List.of(new Color(0xd5, 0x5e, 0x00), new Color(0x00, 0x72, 0xb2),
            new Color(0x00, 0x9e, 0x73), new Color(0xcc, 0x79, 0xa7), new Color(0xe6, 0x9f, 0x00),
            new Color(0x56, 0xb4, 0xe9));
    private static final Font WORDS = new Font(Font.SANS_SERIF, Font.BOLD, 22);
    private static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 15);

    /** Where a word stands. */
    private record Place(int number, int x, int line, int width) {}

    private final TaggedPrompt prompt;
    private final Map<String, String> drawn;
    private final Graphics2D g;

    private TaggedPromptFigure(TaggedPrompt prompt, Map<String, String> drawn, Graphics2D g) {
        this.prompt = prompt;
        this.drawn = drawn;
        this.g = g;
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    }

    /** Whether the fonts of this machine have all letters of the prompt; else some are boxes in the figure. */
    public static boolean canShow(TaggedPrompt prompt) {
        return prompt.words().stream().allMatch(word -> WORDS.canDisplayUpTo(word.text()) < 0);
    }

    /** @param drawn values of slots that the prompt leaves open, by slot */
    public static BufferedImage draw(TaggedPrompt prompt, Map<String, String> drawn) {
        Graphics2D measuring = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        List<Place> places = places(prompt, measuring.getFontMetrics(WORDS));
        measuring.dispose();
        int lines = places.get(places.size() - 1).line() + 1;
        BufferedImage image = new BufferedImage(WIDTH,
                2 * MARGIN + lines * LINE + GAP + prompt.slots().names().size() * ROW, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, image.getWidth(), image.getHeight());
        TaggedPromptFigure figure = new TaggedPromptFigure(prompt, drawn, g);
        places.forEach(figure::word);
        figure.slots(MARGIN + lines * LINE + GAP);
        g.dispose();
        return image;
    }

    private static List<Place> places(TaggedPrompt prompt, FontMetrics metrics) {
        List<Place> places = new ArrayList<>();
        int x = MARGIN;
        int line = 0;
        for (int w = 0; w < prompt.words().size(); w++) {
            int width = metrics.stringWidth(prompt.words().get(w).text());
            if (x > MARGIN && x + width > WIDTH - MARGIN) {
                x = MARGIN;
                line++;
            }
            places.add(new Place(w, x, line, width));
            x += width + GAP;
        }
        return places;
    }

    private Color colour(String slot) {
        return COLOURS.get(prompt.slots().number(slot) % COLOURS.size());
    }

    private void word(Place place) {
        TaggedPrompt.Word word = prompt.words().get(place.number());
        Color colour = word.slot().map(this::colour).orElse(FAINT);
        int baseline = MARGIN + place.line() * LINE + 22;
        g.setFont(WORDS);
        g.setColor(colour);
        g.drawString(word.text(), place.x(), baseline);
        boolean negated = prompt.mentions().stream().anyMatch(mention -> mention.negated()
                && place.number() >= mention.first() && place.number() < mention.first() + mention.count());
        if (negated) {
            g.setStroke(new BasicStroke(2));
            g.drawLine(place.x(), baseline - 8, place.x() + place.width(), baseline - 8);
        }
        bar(colour, place.x(), baseline + 7, place.width(), 5, word.confidence());
    }

    private void bar(Color colour, int x, int y, int width, int height, double share) {
        g.setColor(TRACK);
        g.fillRect(x, y, width, height);
        g.setColor(colour);
        g.fillRect(x, y, (int) Math.round(width * share), height);
    }

    private void slots(int top) {
        Map<String, TaggedPrompt.Mention> deciding = prompt.deciding();
        int y = top;
        g.setFont(TEXT);
        for (String slot : prompt.slots().names()) {
            TaggedPrompt.Mention mention = deciding.get(slot);
            g.setColor(INK);
            g.drawString(slot, MARGIN, y + 15);
            bar(colour(slot), MARGIN + NAME, y + 3, BAR, 14, mention == null ? 0 : mention.confidence());
            g.setColor(mention == null ? FAINT : INK);
            String said = mention == null ? drawn.getOrDefault(slot, "nothing") + " (not said: drawn)" : String
                    .format(Locale.ROOT, "%s  %.0f %%", mention.value().orElseThrow(), 100 * mention.confidence());
            String not = prompt.negated().containsKey(slot) ? ", not " + String.join(", ", prompt.negated().get(slot))
                    : "";
            g.drawString(said + not, MARGIN + NAME + BAR + 16, y + 15);
            y += ROW;
        }
    }
}
