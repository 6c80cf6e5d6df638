package io.zoetrope.figures;

import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/** Charts that look the same on every machine. */
public final class Charts {
    private Charts() {}

    /** An empty chart whose axes are numbered in the digits of no language in particular. */
    public static XYChart xy(int width, int height, String title, String xAxis) {
        XYChart chart = new XYChartBuilder().width(width).height(height).title(title).xAxisTitle(xAxis).build();
        chart.getStyler().setLocale(Locale.ROOT);
        return chart;
    }
}
