package io.zoetrope.metric;

import io.zoetrope.data.ImageFiles;
import io.zoetrope.figures.Charts;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws how a training learns to predict noise: R² by timestep, now and at some earlier steps. */
public final class NoisePredictionPlot {
    private static final int MOST_CURVES = 6;
    private static final int PALEST = 210;
    private static final Color LATEST = new Color(0x1f, 0x77, 0xb4);

    private NoisePredictionPlot() {
    }

    /**
     * Writes a PNG; nothing where no bin was measured.
     *
     * @param bins   what the curves go over
     * @param steps  rising; when each curve was measured
     * @param curves R² [bin][curve], NaN where a bin had no sample
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, List<NoisePredictionReport.Bin> bins, double[] steps, double[][] curves)
            throws IOException {
        XYChart chart = Charts.xy(900, 500, "Noise prediction by timestep", "timestep (noise grows to the right)");
        chart.setYAxisTitle("R²");
        chart.getStyler().setYAxisMax(1.0).setLegendPosition(Styler.LegendPosition.OutsideE);
        int[] shown = shown(steps.length);
        for (int i = 0; i < shown.length; i++) {
            boolean latest = i == shown.length - 1;
            int grey = PALEST - PALEST * i / (2 * shown.length);
            add(chart, bins, steps[shown[i]], curves, shown[i], latest ? LATEST : new Color(grey, grey, grey), latest);
        }
        if (!chart.getSeriesMap().isEmpty()) {
            ImageFiles.writePng(file, BitmapEncoder.getBufferedImage(chart));
        }
    }

    private static void add(XYChart chart, List<NoisePredictionReport.Bin> bins, double step, double[][] curves,
            int curve, Color color, boolean latest) {
        int[] measured = IntStream.range(0, bins.size()).filter(bin -> Double.isFinite(curves[bin][curve])).toArray();
        if (measured.length == 0) {
            return; // XChart refuses empty series
        }
        double[] middles = Arrays.stream(measured).mapToDouble(bin -> (bins.get(bin).from() + bins.get(bin).to()) / 2.0)
                .toArray();
        double[] r2 = Arrays.stream(measured).mapToDouble(bin -> curves[bin][curve]).toArray();
        XYSeries series = chart.addSeries(String.format(Locale.ROOT, "step %.0f", step), middles, r2);
        series.setMarker(latest ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
        series.setMarkerColor(color);
        series.setLineColor(color);
        series.setLineWidth(latest ? 2.5f : 1.2f);
    }

    /** Some of so many curves, spread evenly; the last is always one. */
    static int[] shown(int curves) {
        int count = Math.min(curves, MOST_CURVES);
        int[] shown = new int[count];
        for (int i = 0; i < count; i++) {
            shown[i] = count == 1 ? curves - 1 : (int) Math.round((double) i * (curves - 1) / (count - 1));
        }
        return shown;
    }
}
