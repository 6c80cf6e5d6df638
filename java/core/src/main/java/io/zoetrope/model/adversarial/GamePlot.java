package io.zoetrope.model.adversarial;

import io.zoetrope.data.ImageFiles;
import io.zoetrope.figures.Charts;
import io.zoetrope.train.LossCsv;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws an adversarial game: losses, scores, penalties, gradient norms, and the variety of what is made. */
final class GamePlot {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 360;
    private static final int MOST_POINTS = 600;
    private static final int MOST_TICKS = 8;

    private GamePlot() {
    }

    /**
     * Writes a PNG of two columns of charts; a chart with nothing to show is left out.
     *
     * @param losses  a run's loss file with the columns of {@link GameRecord#COLUMNS}
     * @param variety its file of what the generator makes
     */
    static void write(Path file, Path losses, Path variety, int classes) throws IOException {
        List<BufferedImage> charts = new ArrayList<>();
        add(charts, losses, "Losses", false, List.of("d_loss", "g_loss"));
        add(charts, losses, "Mean scores of the discriminator", false, List.of("real_score", "fake_score"));
        add(charts, losses, "Squared gradient of the score by the picture", true, List.of("r1", "r2"));
        add(charts, losses, "Gradient norms of the players", true, List.of("d_gradient_norm", "g_gradient_norm"));
        add(charts, variety, "Variance of the pictures, as a share of the real ones'", false,
                List.of("variance_share"));
        add(charts, variety, "Classes covered of " + classes, false, List.of("classes_covered"));
        if (charts.isEmpty()) {
            return;
        }
        BufferedImage sheet = new BufferedImage(2 * WIDTH, (charts.size() + 1) / 2 * HEIGHT,
                BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = sheet.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        for (int i = 0; i < charts.size(); i++) {
            graphics.drawImage(charts.get(i), i % 2 * WIDTH, i / 2 * HEIGHT, null);
        }
        graphics.dispose();
        ImageFiles.writePng(file, sheet);
    }

    private static void add(List<BufferedImage> charts, Path csv, String title, boolean logarithmic,
            List<String> columns) throws IOException {
        XYChart chart = Charts.xy(WIDTH, HEIGHT, title, "step");
        chart.getStyler().setXAxisMaxLabelCount(MOST_TICKS).setYAxisLogarithmic(logarithmic)
                .setLegendPosition(Styler.LegendPosition.InsideNE);
        for (String column : columns) {
            double[][] shown = shown(LossCsv.read(csv, column), logarithmic);
            if (shown[0].length > 0) {
                chart.addSeries(column, shown[0], shown[1])
                        .setMarker(shown[0].length < 3 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE).setLineWidth(1.2f);
            }
        }
        if (!chart.getSeriesMap().isEmpty()) {
            charts.add(BitmapEncoder.getBufferedImage(chart));
        }
    }

    /** The finite points, at most {@value #MOST_POINTS}; on a logarithmic axis the positive ones. */
    static double[][] shown(double[][] series, boolean logarithmic) {
        int step = Math.max(1, (series[0].length + MOST_POINTS - 1) / MOST_POINTS);
        double[][] kept = new double[2][(series[0].length + step - 1) / step];
        int count = 0;
        for (int i = 0; i < series[0].length; i += step) {
            if (Double.isFinite(series[1][i]) && (!logarithmic || series[1][i] > 0)) {
                kept[0][count] = series[0][i];
                kept[1][count++] = series[1][i];
            }
        }
        return new double[][] {Arrays.copyOf(kept[0], count), Arrays.copyOf(kept[1], count)};
    }
}
