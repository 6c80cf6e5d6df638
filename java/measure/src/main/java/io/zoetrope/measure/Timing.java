package io.zoetrope.measure;

import java.util.Arrays;

/**
 * Milliseconds of one run, over rounds of runs.
 *
 * @param median of the rounds
 * @param low    the least
 * @param high   the most
 * @param rounds how many
 */
public record Timing(double median, double low, double high, int rounds) {
    static Timing of(double[] rounds) {
        double[] sorted = rounds.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Timing(median, sorted[0], sorted[sorted.length - 1], sorted.length);
    }
}
