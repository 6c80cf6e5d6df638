package io.zoetrope.metric;

import io.zoetrope.data.ImageFiles;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Draws a {@link ClassificationReport}. */
public final class ClassificationPlots {
    private static final int CELL = 52;
    private static final int MARGIN = 24;
    private static final Color INK = new Color(0x22, 0x22, 0x22);
    private static final Color RIGHT = new Color(0x1f, 0x6f, 0xb4);
    private static final Color WRONG = new Color(0xc4, 0x4e, 0x1c);
    private static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
    private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 18);

    private ClassificationPlots() {
    }

    /**
     * Rows are true classes, columns predictions; the deeper the colour, the larger the share of the row.
     *
     * @throws IOException if it cannot be written
     */
    public static void confusion(ClassificationReport report, Path file) throws IOException {
        int classes = report.classNames().size();
        BufferedImage probe = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
        FontMetrics metrics = probe.getGraphics().getFontMetrics(TEXT);
        int label = report.classNames().stream().mapToInt(metrics::stringWidth).max().orElse(0) + 12;
        int left = MARGIN + 22 + label;
        int top = MARGIN + 40 + label;
        BufferedImage image = new BufferedImage(left + classes * CELL + MARGIN, top + classes * CELL + MARGIN + 10,
                BufferedImage.TYPE_INT_RGB);
        Graphics2D g = canvas(image);
        g.setFont(TITLE);
        g.drawString(
                String.format(Locale.ROOT, "Accuracy %.2f %% of %d samples", 100 * report.accuracy(), report.samples()),
                MARGIN, MARGIN + 14);
        g.setFont(TEXT);
        for (int i = 0; i < classes; i++) {
            String name = report.classNames().get(i);
            g.setColor(INK);
            g.drawString(name, left - 8 - metrics.stringWidth(name), top + i * CELL + CELL / 2 + 5);
            turned(g, name, left + i * CELL + CELL / 2 + 5, top - 8);
            for (int j = 0; j < classes; j++) {
                cell(g, report, i, j, left + j * CELL, top + i * CELL);
            }
        }
        g.setColor(INK);
        g.drawString("taken for →", left - 8 - metrics.stringWidth("taken for →"), top - 10);
        turned(g, "true class", MARGIN + 8, top + classes * CELL / 2 + metrics.stringWidth("true class") / 2);
        g.dispose();
        ImageFiles.writePng(file, image);
    }

    private static void cell(Graphics2D g, ClassificationReport report, int i, int j, int x, int y) {
        int count = report.confusion()[i][j];
        double share = report.ofClass(i) == 0 ? 0 : (double) count / report.ofClass(i);
        // The root shows the few mistakes beside the many hits.
        double depth = i == j ? share : Math.sqrt(share);
        Color full = i == j ? RIGHT : WRONG;
        g.setColor(new Color(blend(full.getRed(), depth), blend(full.getGreen(), depth), blend(full.getBlue(), depth)));
        g.fillRect(x, y, CELL - 1, CELL - 1);
        if (count > 0) {
            g.setColor(depth > 0.6 ? Color.WHITE : INK);
            String text = Integer.toString(count);
            g.drawString(text, x + (CELL - g.getFontMetrics().stringWidth(text)) / 2, y + CELL / 2 + 5);
        }
    }

    private static int blend(int full, double depth) {
        return (int) Math.round(246 + (full - 246) * Math.min(1, depth));
    }

    /**
     * Accuracy over confidence: on the diagonal a classifier is right as often as it says. Bars show the samples.
     *
     * @throws IOException if it cannot be written
     */
    public static void reliability(ClassificationReport report, Path file) throws IOException {
        int side = 480;
        int left = 80;
        int top = 70;
        BufferedImage image = new BufferedImage(left + side + 40, top + side + 70, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = canvas(image);
        g.setFont(TITLE);
        g.drawString(String.format(Locale.ROOT, "Calibration error %.2f %%", 100 * report.calibrationError()), left,
                36);
        g.setFont(TEXT);
        int most = report.bins().stream().mapToInt(ClassificationReport.Bin::samples).max().orElse(1);
        for (ClassificationReport.Bin bin : report.bins()) {
            int x = left + (int) Math.round(bin.from() * side);
            int width = (int) Math.round((bin.to() - bin.from()) * side) - 2;
            int height = (int) Math.round((double) bin.samples() / most * side * 0.3);
            g.setColor(new Color(0xd9, 0xe4, 0xee));
            g.fillRect(x + 1, top + side - height, width, height);
        }
        g.setColor(new Color(0x99, 0x99, 0x99));
        g.drawRect(left, top, side, side);
        g.drawLine(left, top + side, left + side, top);
        for (int tick = 0; tick <= 10; tick += 2) {
            int at = tick * side / 10;
            g.setColor(INK);
            g.drawString(tick * 10 + " %", left + at - 12, top + side + 20);
            g.drawString(tick * 10 + " %", left - 50, top + side - at + 5);
        }
        g.drawString("confidence", left + side / 2 - 36, top + side + 46);
        turned(g, "accuracy", 22, top + side / 2 + 30);
        g.setColor(RIGHT);
        g.setStroke(new BasicStroke(2.5f));
        int[] last = null;
        for (ClassificationReport.Bin bin : report.bins()) {
            if (bin.samples() > 0) {
                int x = left + (int) Math.round(bin.confidence() * side);
                int y = top + side - (int) Math.round(bin.accuracy() * side);
                g.fillOval(x - 4, y - 4, 9, 9);
                if (last != null) {
                    g.drawLine(last[0], last[1], x, y);
                }
                last = new int[] {x, y};
            }
        }
        g.dispose();
        ImageFiles.writePng(file, image);
    }

    private static Graphics2D canvas(BufferedImage image) {
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, image.getWidth(), image.getHeight());
        g.setColor(INK);
        return g;
    }

    private static void turned(Graphics2D g, String text, int x, int y) {
        AffineTransform before = g.getTransform();
        g.rotate(-Math.PI / 2, x, y);
        g.drawString(text, x, y);
        g.setTransform(before);
    }
}
