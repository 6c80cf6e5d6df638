package io.zoetrope.metric;

import java.util.ArrayList;
import java.util.List;

/**
 * Gathers how well a denoiser predicts noise, in bins of the timestep. Predictions are added sample by sample; sums
 * are kept in double, in the order they come, so the same samples give the same report.
 */
public final class NoisePredictionMeter {
    private final int timesteps;
    private final long[] samples;
    private final long[] elements;
    private final double[] squaredError;
    private final double[] cosine;
    private final double[] sum;
    private final double[] sumOfSquares;

    /**
     * @param timesteps T of the schedule
     * @param bins      how many bins of T/bins timesteps
     */
    public NoisePredictionMeter(int timesteps, int bins) {
        if (bins < 1 || bins > timesteps) {
            throw new IllegalArgumentException("bins must be between 1 and " + timesteps + ", not " + bins);
        }
        this.timesteps = timesteps;
        samples = new long[bins];
        elements = new long[bins];
        squaredError = new double[bins];
        cosine = new double[bins];
        sum = new double[bins];
        sumOfSquares = new double[bins];
    }

    /**
     * Adds one sample: {@code length} values at {@code offset} of both arrays.
     *
     * @param timestep   the sample's t, from 0 to T − 1
     * @param prediction what the denoiser said the noise is
     * @param noise      what it was
     */
    public void add(int timestep, float[] prediction, float[] noise, int offset, int length) {
        if (timestep < 0 || timestep >= timesteps) {
            throw new IllegalArgumentException(
                    "timestep must be between 0 and " + (timesteps - 1) + ", not " + timestep);
        }
        double error = 0;
        double product = 0;
        double predicted = 0;
        double actual = 0;
        double total = 0;
        for (int i = offset; i < offset + length; i++) {
            double p = prediction[i];
            double n = noise[i];
            error += (p - n) * (p - n);
            product += p * n;
            predicted += p * p;
            actual += n * n;
            total += n;
        }
        int bin = (int) ((long) timestep * samples.length / timesteps);
        samples[bin]++;
        elements[bin] += length;
        squaredError[bin] += error;
        cosine[bin] += predicted > 0 && actual > 0 ? product / Math.sqrt(predicted * actual) : 0;
        sum[bin] += total;
        sumOfSquares[bin] += actual;
    }

    /** The first timestep t with ⌊t·bins/T⌋ = bin, that is ⌈bin·T/bins⌉. */
    private int firstOf(int bin) {
        return (int) (((long) bin * timesteps + samples.length - 1) / samples.length);
    }

    /** What was gathered so far. */
    public NoisePredictionReport report() {
        List<NoisePredictionReport.Bin> bins = new ArrayList<>();
        for (int b = 0; b < samples.length; b++) {
            int from = firstOf(b);
            int to = firstOf(b + 1) - 1;
            double mean = sum[b] / elements[b];
            double variance = sumOfSquares[b] / elements[b] - mean * mean;
            double mse = squaredError[b] / elements[b];
            bins.add(new NoisePredictionReport.Bin(from, to, samples[b], mse, cosine[b] / samples[b],
                    1 - mse / variance));
        }
        return new NoisePredictionReport(bins);
    }
}
