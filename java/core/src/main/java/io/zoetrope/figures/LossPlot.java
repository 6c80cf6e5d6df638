package io.zoetrope.figures;

import io.zoetrope.data.ImageFiles;
import java.io.IOException;
import java.nio.file.Path;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws a training curve: the loss of each step, thinned, and its running mean, on a logarithmic axis. */
public final class LossPlot {
    private static final int MOST_POINTS = 1000;

    private LossPlot() {}

    /**
     * Writes a PNG.
     *
     * @param steps  x, rising
     * @param losses y, as many; non-finite and non-positive ones are left out
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, double[] steps, double[] losses) throws IOException {
        double[][] shown = thinned(steps, losses);
        XYChart chart = Charts.xy(900, 500, "Training loss", "step");
        chart.setYAxisTitle("loss");
        chart.getStyler().setYAxisLogarithmic(true).setLegendPosition(Styler.LegendPosition.InsideNE);
        if (shown[0].length == 0) {
            return; // nothing to draw yet, and XChart refuses empty series
        }
        chart.addSeries("loss", shown[0], shown[1]).setMarker(SeriesMarkers.NONE).setLineWidth(0.7f);
        chart.addSeries("running mean", shown[0], shown[2]).setMarker(SeriesMarkers.NONE).setLineWidth(2.5f);
        ImageFiles.writePng(file, BitmapEncoder.getBufferedImage(chart));
    }

    /** {steps, mean loss of the steps that share a point, running mean with a memory of 1/20 of the run}. */
    public static double[][] thinned(double[] steps, double[] losses) {
        int usable = 0;
        double[] x = new double[losses.length];
        double[] y = new double[losses.length];
        for (int i = 0; i < losses.length; i++) {
            if (losses[i] > 0 && Double.isFinite(losses[i])) {
                x[usable] = steps[i];
                y[usable++] = losses[i];
            }
        }
        int group = Math.max(1, (usable + MOST_POINTS - 1) / MOST_POINTS);
        int points = (usable + group - 1) / group;
        double[][] shown = new double[3][points];
        double memory = Math.max(1, points / 20.0);
        double running = 0;
        double weight = 0;
        for (int p = 0; p < points; p++) {
            int from = p * group;
            int to = Math.min(usable, from + group);
            double sum = 0;
            for (int i = from; i < to; i++) {
                sum += y[i];
            }
            shown[0][p] = x[to - 1];
            shown[1][p] = sum / (to - from);
            running += (shown[1][p] - running) / memory;
            weight += (1 - weight) / memory; // corrects the start, as Adam's bias correction does
            shown[2][p] = running / weight;
        }
        return shown;
    }
}
