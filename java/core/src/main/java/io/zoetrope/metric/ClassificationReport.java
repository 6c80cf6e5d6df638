package io.zoetrope.metric;

import io.zoetrope.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How well a classifier tells classes apart, and how far its confidence can be trusted.
 *
 * @param classNames by number
 * @param confusion  [true class][predicted class], numbers of samples
 * @param logLoss    mean of −log of the probability given to the true class, in nats
 * @param bins       of the confidence, that is the largest probability, from 0 to 1 in equal steps
 */
public record ClassificationReport(List<String> classNames, int[][] confusion, double logLoss, List<Bin> bins) {
    private static final int BINS = 15;
    /** Keeps the logarithm finite where a probability was rounded to 0. */
    private static final double LEAST = 1e-12;

    /**
     * The samples whose largest probability lies in one step; figures are NaN without samples.
     *
     * @param confidence mean of the largest probability
     * @param accuracy   the share that was right
     */
    public record Bin(double from, double to, int samples, double confidence, double accuracy) {}

    public ClassificationReport {
        classNames = List.copyOf(classNames);
        bins = List.copyOf(bins);
        confusion = confusion.clone();
    }

    /**
     * @param probabilities [samples][classes]
     * @param labels        the true classes
     */
    public static ClassificationReport of(List<String> classNames, float[][] probabilities, int[] labels) {
        int classes = classNames.size();
        if (probabilities.length != labels.length || labels.length == 0) {
            throw new IllegalArgumentException(probabilities.length + " predictions for " + labels.length
                    + " labels: expected one each, at least one");
        }
        int[][] confusion = new int[classes][classes];
        int[] counts = new int[BINS];
        double[] confidence = new double[BINS];
        int[] right = new int[BINS];
        double logLoss = 0;
        for (int i = 0; i < labels.length; i++) {
            if (probabilities[i].length != classes || labels[i] < 0 || labels[i] >= classes) {
                throw new IllegalArgumentException("sample " + i + " has " + probabilities[i].length
                        + " probabilities and label " + labels[i] + ", expected " + classes + " classes");
            }
            int best = 0;
            for (int c = 1; c < classes; c++) {
                best = probabilities[i][c] > probabilities[i][best] ? c : best;
            }
            confusion[labels[i]][best]++;
            int bin = Math.min(BINS - 1, (int) (probabilities[i][best] * BINS));
            counts[bin]++;
            confidence[bin] += probabilities[i][best];
            right[bin] += best == labels[i] ? 1 : 0;
            logLoss -= Math.log(Math.max(LEAST, probabilities[i][labels[i]])) / labels.length;
        }
        List<Bin> bins = new ArrayList<>();
        for (int b = 0; b < BINS; b++) {
            bins.add(new Bin((double) b / BINS, (b + 1.0) / BINS, counts[b], confidence[b] / counts[b],
                    (double) right[b] / counts[b]));
        }
        return new ClassificationReport(classNames, confusion, logLoss, bins);
    }

    public int samples() {
        int sum = 0;
        for (int c = 0; c < confusion.length; c++) {
            sum += ofClass(c);
        }
        return sum;
    }

    /** The share of samples that were recognised. */
    public double accuracy() {
        int right = 0;
        for (int c = 0; c < confusion.length; c++) {
            right += confusion[c][c];
        }
        return (double) right / samples();
    }

    /** How many samples are of class {@code c}. */
    public int ofClass(int c) {
        return java.util.Arrays.stream(confusion[c]).sum();
    }

    /** The share of those taken for class {@code c} that are; NaN if none was. */
    public double precision(int c) {
        int taken = 0;
        for (int[] row : confusion) {
            taken += row[c];
        }
        return (double) confusion[c][c] / taken;
    }

    /** The share of class {@code c} that was recognised; NaN if there is none. */
    public double recall(int c) {
        return (double) confusion[c][c] / ofClass(c);
    }

    /** Harmonic mean of precision and recall. */
    public double f1(int c) {
        double p = precision(c);
        double r = recall(c);
        return p + r > 0 ? 2 * p * r / (p + r) : Double.isNaN(p + r) ? Double.NaN : 0;
    }

    /** Expected calibration error (Guo et al. 2017): mean distance of confidence from accuracy over all samples. */
    public double calibrationError() {
        double sum = 0;
        for (Bin bin : bins) {
            sum += bin.samples() > 0 ? bin.samples() * Math.abs(bin.confidence() - bin.accuracy()) : 0;
        }
        return sum / samples();
    }

    /** For people: the figures, and a line for each class with what it is most often taken for. */
    public String table() {
        int width = classNames.stream().mapToInt(String::length).max().orElse(0);
        StringBuilder table = new StringBuilder(
                String.format(Locale.ROOT, "accuracy %.2f %% of %d samples, log loss %.4f, calibration error %.2f %%%n",
                        100 * accuracy(), samples(), logLoss, 100 * calibrationError()));
        table.append(String.format(Locale.ROOT,
                "%-" + Math.max(5, width) + "s   samples  precision  recall     F1  most often taken for%n", "class"));
        for (int c = 0; c < confusion.length; c++) {
            int other = -1;
            for (int p = 0; p < confusion.length; p++) {
                other = p != c && confusion[c][p] > 0 && (other < 0 || confusion[c][p] > confusion[c][other]) ? p
                        : other;
            }
            table.append(String.format(Locale.ROOT, "%-" + Math.max(5, width) + "s  %8d  %8.1f%%  %5.1f%%  %5.1f  %s%n",
                    classNames.get(c), ofClass(c), 100 * precision(c), 100 * recall(c), 100 * f1(c),
                    other < 0 ? "" : classNames.get(other) + " (" + confusion[c][other] + ")"));
        }
        return table.toString();
    }

    /**
     * Writes everything as JSON; figures that do not exist are null.
     *
     * @throws IOException if it cannot be written
     */
    public void writeJson(Path file) throws IOException {
        StringBuilder json = new StringBuilder("{\n  \"accuracy\": " + json(accuracy()) + ",\n  \"samples\": "
                + samples() + ",\n  \"log_loss\": " + json(logLoss) + ",\n  \"calibration_error\": "
                + json(calibrationError()) + ",\n  \"classes\": [\n");
        for (int c = 0; c < confusion.length; c++) {
            json.append("    {\"name\": \"").append(classNames.get(c).replace("\\", "\\\\").replace("\"", "\\\""))
                    .append("\", \"samples\": ").append(ofClass(c)).append(", \"precision\": ")
                    .append(json(precision(c))).append(", \"recall\": ").append(json(recall(c))).append(", \"f1\": ")
                    .append(json(f1(c))).append(", \"taken_for\": ").append(java.util.Arrays.toString(confusion[c]))
                    .append('}').append(c < confusion.length - 1 ? ",\n" : "\n");
        }
        json.append("  ],\n  \"calibration\": [\n");
        for (int b = 0; b < bins.size(); b++) {
            Bin bin = bins.get(b);
            json.append("    {\"from\": ").append(bin.from()).append(", \"to\": ").append(bin.to())
                    .append(", \"samples\": ").append(bin.samples()).append(", \"confidence\": ")
                    .append(json(bin.confidence())).append(", \"accuracy\": ").append(json(bin.accuracy())).append('}')
                    .append(b < bins.size() - 1 ? ",\n" : "\n");
        }
        AtomicFiles.writeText(file, json.append("  ]\n}\n").toString());
    }

    private static String json(double value) {
        return Double.isFinite(value) ? Double.toString(value) : "null";
    }
}
