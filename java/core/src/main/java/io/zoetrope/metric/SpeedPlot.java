package io.zoetrope.metric;

import io.zoetrope.data.ImageFiles;
import io.zoetrope.figures.Charts;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws a {@link SpeedReport}: a line for each sampler, the Pareto front under them, and what real pictures reach. */
final class SpeedPlot {
    private static final float FRONT_WIDTH = 7;
    private static final Color FRONT = new Color(0xd8, 0xd8, 0xd8);
    private static final float[] DASHES = {6, 6};

    private SpeedPlot() {
    }

    /**
     * Writes a PNG.
     *
     * @throws IllegalStateException when nothing was measured
     */
    static void write(Path file, SpeedReport report) throws IOException {
        if (report.cells().isEmpty()) {
            throw new IllegalStateException("there is nothing to plot: no cell is measured");
        }
        XYChart chart = Charts.xy(1000, 600,
                String.format(Locale.ROOT, "%s, %d pictures, on %s", report.setting().model(),
                        report.setting().pictures(), report.setting().machine()),
                report.setting().onCpu() ? "milliseconds of processor time a picture" : "milliseconds a picture");
        chart.setYAxisTitle("C-FD (lower is nearer to real pictures)");
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true)
                .setLegendPosition(Styler.LegendPosition.OutsideE);
        List<SpeedReport.Cell> front = report.front();
        // A line needs two points; a front of one is that point, twice.
        add(chart, report, "Pareto front", front.size() > 1 ? front : List.of(front.get(0), front.get(0)))
                .setMarker(SeriesMarkers.NONE).setLineColor(FRONT).setLineWidth(FRONT_WIDTH);
        report.cells().stream().map(SpeedReport.Cell::sampler).distinct()
                .forEach(sampler -> add(chart, report, sampler,
                        report.cells().stream().filter(cell -> cell.sampler().equals(sampler))
                                .sorted(Comparator.comparingInt(SpeedReport.Cell::steps)).toList())
                        .setMarker(SeriesMarkers.CIRCLE).setLineWidth(1.5f));
        double least = report.cells().stream().mapToDouble(report::cost).min().orElseThrow();
        double most = report.cells().stream().mapToDouble(report::cost).max().orElseThrow();
        // Only powers of ten are numbered.
        chart.getStyler().setXAxisMin(Math.pow(10, Math.floor(Math.log10(least))))
                .setXAxisMax(Math.pow(10, Math.floor(Math.log10(most)) + 1));
        double floor = report.floorMean();
        if (floor > 0) { // a logarithmic axis has no 0
            chart.addSeries("real pictures", new double[] {least, most}, new double[] {floor, floor})
                    .setMarker(SeriesMarkers.NONE).setLineColor(Color.DARK_GRAY)
                    .setLineStyle(new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, DASHES, 0));
        }
        ImageFiles.writePng(file, BitmapEncoder.getBufferedImage(chart));
    }

    private static XYSeries add(XYChart chart, SpeedReport report, String name, List<SpeedReport.Cell> cells) {
        return chart.addSeries(name, cells.stream().mapToDouble(report::cost).toArray(),
                cells.stream().mapToDouble(SpeedReport.Cell::frechet).toArray());
    }
}
