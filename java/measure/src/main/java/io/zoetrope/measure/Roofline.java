package io.zoetrope.measure;

import io.zoetrope.data.ImageFiles;
import io.zoetrope.figures.Charts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The roofline plot (Williams, Waterman and Patterson 2009): arithmetic a second over arithmetic a byte, under the roof
 * that the copy's bandwidth and the best product set.
 */
public final class Roofline {
    private static final int POINTS = 64;

    private Roofline() {
    }

    /**
     * Writes a PNG.
     *
     * @return false, with nothing written, where no operation with arithmetic was measured, or the device not
     * calibrated
     */
    public static boolean write(Path file, Results results) throws IOException {
        Map<String, List<double[]>> points = points(results);
        Results.Calibration best = results.calibration();
        if (points.isEmpty() || best == null || best.gemmTflops() == 0) {
            return false;
        }
        XYChart chart = Charts.xy(1000, 640, "Roofline: " + results.machine().device(), "FLOP a byte");
        chart.setYAxisTitle("TFLOP/s");
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true)
                .setLegendPosition(Styler.LegendPosition.InsideSE);
        double least = points.values().stream().flatMap(List::stream).mapToDouble(point -> point[0]).min().orElse(1)
                / 2;
        double most = points.values().stream().flatMap(List::stream).mapToDouble(point -> point[0]).max().orElse(1) * 2;
        double[] x = new double[POINTS];
        double[] y = new double[POINTS];
        for (int i = 0; i < POINTS; i++) {
            x[i] = least * Math.pow(most / least, i / (POINTS - 1.0));
            y[i] = Math.min(best.gemmTflops(), x[i] * best.copyGBs() / 1e3);
        }
        chart.addSeries("limit", x, y).setMarker(SeriesMarkers.NONE);
        points.forEach((arm, all) -> {
            XYSeries series = chart.addSeries(arm, all.stream().mapToDouble(point -> point[0]).toArray(),
                    all.stream().mapToDouble(point -> point[1]).toArray());
            series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        });
        ImageFiles.writePng(file, BitmapEncoder.getBufferedImage(chart));
        return true;
    }

    private static Map<String, List<double[]>> points(Results results) {
        Map<String, List<double[]>> points = new LinkedHashMap<>();
        for (Results.Row row : results.rows()) {
            if (row.flops() > 0 && row.bytes() > 0) {
                points.computeIfAbsent(row.arm(), arm -> new ArrayList<>())
                        .add(new double[] {row.flops() / row.bytes(), row.flops() / row.ms() / 1e9});
            }
        }
        return points;
    }
}
