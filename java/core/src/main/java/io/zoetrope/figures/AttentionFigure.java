package io.zoetrope.figures;

import io.zoetrope.data.Images;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;

/**
 * Draws which patches one patch of a picture looks at: a row for each layer, a column for each head and one for their
 * mean. Every cell is the picture, dimmed, under a glow that is as bright as the weight beside the largest in the cell;
 * the patch that looks is framed.
 */
public final class AttentionFigure {
    private static final int CELL = 112;
    private static final int GAP = 8;
    private static final int TEXT = 16;
    private static final float DIM = 0.45f;
    private static final Color GROUND = new Color(24, 24, 28);
    private static final Color FRAME = new Color(80, 220, 255);

    private AttentionFigure() {
    }

    /**
     * @param picture the picture the maps belong to
     * @param row     of the patch that looks, from 0
     * @param column  of the patch that looks, from 0
     */
    public static BufferedImage draw(Images picture, AttentionMaps maps, int row, int column) {
        maps.from(0, 0, row, column); // a patch that is not there is refused before anything is drawn
        int across = maps.heads() + 1;
        int cellHeight = CELL * picture.height() / picture.width();
        BufferedImage figure = new BufferedImage(GAP + across * (CELL + GAP),
                TEXT + GAP + maps.layers() * (cellHeight + TEXT + GAP), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = figure.createGraphics();
        graphics.setColor(GROUND);
        graphics.fillRect(0, 0, figure.getWidth(), figure.getHeight());
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.drawString("patch " + row + "," + column + ": what it looks at", GAP, TEXT - 2);
        BufferedImage image = picture.toBuffered(0);
        for (int layer = 0; layer < maps.layers(); layer++) {
            for (int head = 0; head < across; head++) {
                boolean mean = head == maps.heads();
                float[] weights = mean ? maps.mean(layer, row, column) : maps.from(layer, head, row, column);
                int x = GAP + head * (CELL + GAP);
                int y = TEXT + GAP + layer * (cellHeight + TEXT + GAP);
                graphics.setColor(Color.LIGHT_GRAY);
                graphics.drawString("layer " + (layer + 1) + (mean ? ", all heads" : ", head " + (head + 1)), x,
                        y + TEXT - 4);
                cell(graphics, image, weights, maps, x, y + TEXT, cellHeight);
                graphics.setColor(FRAME);
                graphics.setStroke(new BasicStroke(2));
                int left = x + column * CELL / maps.columns();
                int top = y + TEXT + row * cellHeight / maps.rows();
                graphics.drawRect(left, top, CELL / maps.columns() - 1, cellHeight / maps.rows() - 1);
            }
        }
        graphics.dispose();
        return figure;
    }

    private static void cell(Graphics2D graphics, BufferedImage image, float[] weights, AttentionMaps maps, int x,
            int y, int height) {
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION,
                RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
        graphics.drawImage(image, x, y, CELL, height, null);
        graphics.setColor(new Color(0, 0, 0, DIM));
        graphics.fillRect(x, y, CELL, height);
        float most = 0;
        for (float weight : weights) {
            most = Math.max(most, weight);
        }
        for (int i = 0; i < weights.length; i++) {
            int row = i / maps.columns();
            int column = i % maps.columns();
            int left = column * CELL / maps.columns();
            int top = row * height / maps.rows();
            float share = most > 0 && Float.isFinite(weights[i]) ? weights[i] / most : 0;
            graphics.setColor(new Color(1f, 0.35f + 0.5f * share, 0.1f, 0.75f * share));
            graphics.fillRect(x + left, y + top, (column + 1) * CELL / maps.columns() - left,
                    (row + 1) * height / maps.rows() - top);
        }
    }
}
