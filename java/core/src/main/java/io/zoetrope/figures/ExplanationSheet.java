package io.zoetrope.figures;

import io.zoetrope.data.ColourMap;
import io.zoetrope.data.Images;
import java.awt.AlphaComposite;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/**
 * Draws a {@link ClassifierExplanation} on one sheet: the decision, the filters, the maps from low to high, and
 * pooling.
 */
public final class ExplanationSheet {
    private static final int WIDTH = 1240;
    private static final int MARGIN = 28;
    private static final int LABEL = 190;
    private static final int PICTURE = 196;
    private static final int MAP = 58;
    private static final int MAP_GAP = 4;
    private static final int MOVE = 84;
    private static final int MOST_BARS = 5;
    private static final Color INK = new Color(0x22, 0x22, 0x22);
    private static final Color FAINT = new Color(0x66, 0x66, 0x66);
    private static final Color BAR = new Color(0x1f, 0x6f, 0xb4);
    private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 20);
    private static final Font HEADING = new Font(Font.SANS_SERIF, Font.BOLD, 15);
    private static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);

    private final ClassifierExplanation explanation;
    private final BufferedImage image;
    private final Graphics2D g;
    private int y = MARGIN;

    private ExplanationSheet(ClassifierExplanation explanation) {
        this.explanation = explanation;
        int rows = explanation.layers().size();
        int filterRows = (explanation.filters().count() + 15) / 16;
        int height = MARGIN + 34 + PICTURE + 76 + filterRows * (MAP + MAP_GAP) + 64 + rows * (MAP + 12) + 36
                + explanation.moves().size() * (MOVE + 14) + MARGIN;
        this.image = new BufferedImage(WIDTH, height, BufferedImage.TYPE_INT_RGB);
        this.g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, WIDTH, height);
    }

    /** @param title says which picture and which model */
    public static BufferedImage draw(ClassifierExplanation explanation, String title) {
        ExplanationSheet sheet = new ExplanationSheet(explanation);
        sheet.decision(title);
        sheet.filters();
        sheet.layers();
        sheet.moves();
        sheet.g.dispose();
        return sheet.image;
    }

    private void decision(String title) {
        text(TITLE, INK, title, MARGIN, y + 18);
        y += 34;
        List<Integer> ranking = explanation.ranking();
        Images picture = explanation.picture();
        int x = MARGIN;
        scaled(picture.toBuffered(0), x, y, PICTURE, PICTURE);
        text(TEXT, FAINT, "as the network sees it", x, y + PICTURE + 18);
        for (ClassifierExplanation.Heat heat : explanation.evidence()) {
            x += PICTURE + 20;
            overlay(picture, heat, x);
            text(TEXT, FAINT, "what speaks for “" + explanation.classNames().get(heat.classNumber()) + "”", x,
                    y + PICTURE + 18);
        }
        x += PICTURE + 36;
        for (int i = 0; i < Math.min(MOST_BARS, ranking.size()); i++) {
            int c = ranking.get(i);
            int top = y + i * 38;
            text(i == 0 ? HEADING : TEXT, INK, String.format(Locale.ROOT, "%s  %.1f %%",
                    explanation.classNames().get(c), 100 * explanation.probabilities()[c]), x, top + 14);
            g.setColor(BAR);
            g.fillRect(x, top + 19, Math.max(1, Math.round((WIDTH - MARGIN - x) * explanation.probabilities()[c])), 8);
        }
        y += PICTURE + 46;
    }

    /** The picture in grey under the evidence in colour. */
    private void overlay(Images picture, ClassifierExplanation.Heat heat, int x) {
        int rows = heat.heat().length;
        int columns = heat.heat()[0].length;
        byte[] levels = new byte[rows * columns];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = (byte) Math.round(255 * heat.heat()[i / columns][i % columns]);
        }
        BufferedImage colours = ColourMap.apply(new Images(1, rows, columns, 1, levels)).toBuffered(0);
        scaled(picture.toBuffered(0), x, y, PICTURE, PICTURE);
        g.setComposite(AlphaComposite.getInstance(AlphaComposite.SRC_OVER, 0.6f));
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        g.drawImage(colours, x, y, PICTURE, PICTURE, null);
        g.setComposite(AlphaComposite.SrcOver);
    }

    private void filters() {
        text(HEADING, INK, "First filters", MARGIN, y + 12);
        text(TEXT, FAINT, "each looks at 3 × 3 pixels: light weights add, dark ones subtract, grey does not count",
                MARGIN + LABEL, y + 12);
        y += 22;
        Images filters = explanation.filters();
        for (int i = 0; i < filters.count(); i++) {
            scaled(filters.toBuffered(i), MARGIN + LABEL + i % 16 * (MAP + MAP_GAP), y + i / 16 * (MAP + MAP_GAP), MAP,
                    MAP);
        }
        y += (filters.count() + 15) / 16 * (MAP + MAP_GAP) + 22;
    }

    private void layers() {
        text(HEADING, INK, "Feature maps", MARGIN, y + 12);
        text(TEXT, FAINT, "from low to high; light is a strong answer; the strongest maps of each layer",
                MARGIN + LABEL, y + 12);
        y += 24;
        for (ClassifierExplanation.Layer layer : explanation.layers()) {
            Images maps = layer.maps();
            text(TEXT, INK, layer.name(), MARGIN, y + 22);
            text(TEXT, FAINT, maps.width() + " × " + maps.height() + ", " + maps.count() + " of " + layer.count(),
                    MARGIN, y + 42);
            for (int i = 0; i < maps.count(); i++) {
                scaled(maps.toBuffered(i), MARGIN + LABEL + i * (MAP + MAP_GAP), y, MAP, MAP);
            }
            y += MAP + 12;
        }
        y += 18;
    }

    private void moves() {
        text(HEADING, INK, "What pooling keeps", MARGIN, y + 12);
        text(TEXT, FAINT, "as the picture moves to the right, how alike each layer's answer stays", MARGIN + LABEL,
                y + 12);
        y += 28;
        String name = explanation.classNames().get(explanation.ranking().get(0));
        for (ClassifierExplanation.Move move : explanation.moves()) {
            text(TEXT, INK,
                    move.pixels() == 0 ? "not moved"
                            : "moved by " + move.pixels() + (move.pixels() == 1 ? " pixel" : " pixels"),
                    MARGIN, y + 28);
            text(TEXT, FAINT, String.format(Locale.ROOT, "%s %.1f %%", name, 100 * move.probability()), MARGIN, y + 48);
            int x = MARGIN + LABEL;
            scaled(move.picture().toBuffered(0), x, y, MOVE, MOVE);
            scaled(move.map().toBuffered(0), x + MOVE + 12, y, MOVE, MOVE);
            scaled(move.pooled().toBuffered(0), x + 2 * (MOVE + 12), y, MOVE, MOVE);
            bars(move, x + 3 * (MOVE + 12) + 12);
            y += MOVE + 14;
        }
        int x = MARGIN + LABEL;
        text(TEXT, FAINT, "picture", x, y + 6);
        text(TEXT, FAINT, "one filter", x + MOVE + 12, y + 6);
        text(TEXT, FAINT, "pooled", x + 2 * (MOVE + 12), y + 6);
    }

    private void bars(ClassifierExplanation.Move move, int x) {
        int count = move.likeness().size() + 1;
        int step = MOVE / count;
        for (int i = 0; i < count; i++) {
            boolean last = i == count - 1;
            double likeness = Math.max(0, last ? move.ofFeatures() : move.likeness().get(i));
            String label = last ? "average over all places" : explanation.layers().get(i).name();
            int top = y + i * step;
            text(TEXT, INK, label, x, top + 13);
            int start = x + 170;
            int full = WIDTH - MARGIN - 60 - start;
            g.setColor(new Color(0xe6, 0xea, 0xee));
            g.fillRect(start, top + 4, full, 9);
            g.setColor(BAR);
            g.fillRect(start, top + 4, (int) Math.round(full * likeness), 9);
            text(TEXT, INK, String.format(Locale.ROOT, "%.0f %%", 100 * likeness), start + full + 10, top + 13);
        }
    }

    private void text(Font font, Color colour, String text, int x, int baseline) {
        g.setFont(font);
        g.setColor(colour);
        g.drawString(text, x, baseline);
    }

    /** With sharp pixels, as large as fits, under a thin frame. */
    private void scaled(BufferedImage picture, int x, int top, int width, int height) {
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
        g.drawImage(picture, x, top, width, height, null);
        g.setColor(new Color(0xbb, 0xbb, 0xbb));
        g.drawRect(x - 1, top - 1, width + 1, height + 1);
    }
}
