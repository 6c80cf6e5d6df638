package io.zoetrope.model;

import io.zoetrope.metric.NoisePredictionPlot;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.train.LossCsv;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How well a model that is being trained predicts noise, by timestep: a line beside the loss, renewed every hundred
 * batches, and at each checkpoint {@code noise_prediction.csv}, a row of R² by timestep, and
 * {@code noise_prediction.png}, the curve now and before. Measuring leaves the training as it is: it draws from a seed
 * of its own.
 */
public final class NoisePredictionRecord {
    private static final long EVERY = 100;
    private static final Logger LOG = LoggerFactory.getLogger(NoisePredictionRecord.class);

    private final Supplier<NoisePredictionReport> measure;
    private long sinceMeasured;
    private String note = "";

    /** @param measure of the model as it is now, always with the same bins */
    public NoisePredictionRecord(Supplier<NoisePredictionReport> measure) {
        this.measure = measure;
    }

    /** So many batches were learned from and are done: measures when it is time to. */
    public void taken(long batches) {
        sinceMeasured += batches;
        if (sinceMeasured >= EVERY) {
            measured();
        }
    }

    /**
     * Measures now.
     *
     * @return R² and the mean square error over all timesteps, by name
     */
    public Map<String, Double> measure() {
        NoisePredictionReport.Bin all = measured().overall();
        return Map.of("noise_r2", all.r2(), "noise_mse", all.mse());
    }

    /** The latest measurement in one short line; empty before the first. */
    public String note() {
        return note;
    }

    /**
     * Adds a row to the run's file, or replaces that of the same step, and draws the curves.
     *
     * @throws IOException if a file of the run cannot be written
     */
    public void report(Path run, long step) throws IOException {
        NoisePredictionReport report = measured();
        List<String> columns = report.bins().stream().map(bin -> bin.from() + "-" + bin.to()).toList();
        Path file = run.resolve("noise_prediction.csv");
        try (LossCsv rows = LossCsv.open(file, columns, step - 1)) {
            rows.append(step, report.bins().stream().mapToDouble(NoisePredictionReport.Bin::r2).toArray());
        }
        double[][] curves = new double[columns.size()][];
        for (int bin = 0; bin < curves.length; bin++) {
            curves[bin] = LossCsv.read(file, columns.get(bin))[1];
        }
        try {
            NoisePredictionPlot.write(run.resolve("noise_prediction.png"), report.bins(),
                    LossCsv.read(file, columns.get(0))[0], curves);
        } catch (LinkageError | InternalError e) {
            // A headless Java runtime without fonts or libfreetype fails so; training must not.
            LOG.warn("cannot draw noise_prediction.png on this machine ({}): install fontconfig and a font",
                    e.toString());
        }
    }

    private NoisePredictionReport measured() {
        sinceMeasured = 0;
        NoisePredictionReport report = measure.get();
        note = report.line();
        return report;
    }
}
