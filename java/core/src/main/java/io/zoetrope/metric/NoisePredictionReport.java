package io.zoetrope.metric;

import io.zoetrope.data.ImageFiles;
import io.zoetrope.figures.Charts;
import io.zoetrope.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * How well a denoiser predicts noise, by timestep. For unit noise the predictor that always says 0 has MSE 1, cosine 0
 * and R² 0; a perfect one has 0, 1 and 1.
 *
 * @param bins from the least noise to the most; a bin without samples has NaN figures
 */
public record NoisePredictionReport(List<Bin> bins) {
    private static final String BLOCKS = "▁▂▃▄▅▆▇█";

    /**
     * The timesteps {@code from} to {@code to}, both included.
     *
     * @param samples pictures that fell into this bin
     * @param mse     mean squared error per element
     * @param cosine  mean over the samples of the cosine between predicted and true noise
     * @param r2      1 − MSE / variance of the noise
     */
    public record Bin(int from, int to, long samples, double mse, double cosine, double r2) {}

    public NoisePredictionReport {
        bins = List.copyOf(bins);
    }

    /** Over all samples of all bins; R² is the samples' mean, as the noise's variance is the same in every bin. */
    public Bin overall() {
        long samples = 0;
        double mse = 0;
        double cosine = 0;
        double r2 = 0;
        for (Bin bin : bins) {
            if (bin.samples() > 0) {
                samples += bin.samples();
                mse += bin.samples() * bin.mse();
                cosine += bin.samples() * bin.cosine();
                r2 += bin.samples() * bin.r2();
            }
        }
        return new Bin(bins.get(0).from(), bins.get(bins.size() - 1).to(), samples, mse / samples, cosine / samples,
                r2 / samples);
    }

    /**
     * R² in one short line, such as {@code R² ▁▅▇██ 0.93}: a block a bin from the least noise to the most, as high as
     * R² from 0 to 1 (lower is 0, a bin without samples blank), and the mean.
     */
    public String line() {
        StringBuilder line = new StringBuilder("R² ");
        for (Bin bin : bins) {
            line.append(bin.samples() == 0 ? ' ' : BLOCKS.charAt(height(bin.r2())));
        }
        return line.append(String.format(Locale.ROOT, " %.3f", overall().r2())).toString();
    }

    private static int height(double r2) {
        return (int) Math.max(0, Math.min(BLOCKS.length() - 1, Math.floor(r2 * BLOCKS.length())));
    }

    /** A table for people, one line a bin. */
    public String table() {
        StringBuilder table = new StringBuilder("  timesteps  samples       MSE    cosine        R²\n");
        bins.forEach(bin -> table.append(line(bin.from() + "–" + bin.to(), bin)));
        return table.append(line("all", overall())).toString();
    }

    private static String line(String label, Bin bin) {
        return String.format(Locale.ROOT, "%11s  %7d  %8.5f  %8.5f  %8.5f%n", label, bin.samples(), bin.mse(),
                bin.cosine(), bin.r2());
    }

    /**
     * Writes the bins as JSON; figures of empty bins are null.
     *
     * @throws IOException if it cannot be written
     */
    public void writeJson(Path file) throws IOException {
        StringBuilder json = new StringBuilder("{\n  \"bins\": [\n");
        for (int i = 0; i < bins.size(); i++) {
            json.append("    ").append(json(bins.get(i))).append(i < bins.size() - 1 ? ",\n" : "\n");
        }
        json.append("  ],\n  \"overall\": ").append(json(overall())).append("\n}\n");
        AtomicFiles.writeText(file, json.toString());
    }

    private static String json(Bin bin) {
        return "{\"from\": " + bin.from() + ", \"to\": " + bin.to() + ", \"samples\": " + bin.samples() + ", \"mse\": "
                + json(bin.mse()) + ", \"cosine\": " + json(bin.cosine()) + ", \"r2\": " + json(bin.r2()) + "}";
    }

    private static String json(double value) {
        return Double.isFinite(value) ? Double.toString(value) : "null";
    }

    /**
     * Draws R², cosine and MSE over the timestep as a PNG.
     *
     * @throws IOException if it cannot be written
     */
    public void writePlot(Path file) throws IOException {
        List<Bin> shown = bins.stream().filter(bin -> bin.samples() > 0 && Double.isFinite(bin.mse())).toList();
        if (shown.isEmpty()) {
            throw new IllegalStateException("there is nothing to plot: no bin has a sample");
        }
        double[] t = shown.stream().mapToDouble(bin -> (bin.from() + bin.to()) / 2.0).toArray();
        XYChart chart = Charts.xy(900, 500, "Noise prediction by timestep", "timestep (noise grows to the right)");
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        chart.addSeries("R²", t, shown.stream().mapToDouble(Bin::r2).toArray()).setMarker(SeriesMarkers.CIRCLE);
        chart.addSeries("cosine", t, shown.stream().mapToDouble(Bin::cosine).toArray()).setMarker(SeriesMarkers.NONE);
        chart.addSeries("MSE", t, shown.stream().mapToDouble(Bin::mse).toArray()).setMarker(SeriesMarkers.NONE);
        ImageFiles.writePng(file, BitmapEncoder.getBufferedImage(chart));
    }
}
