package io.zoetrope.metric;

import java.util.Arrays;

/** Mean and spread of repeated measurements. */
final class Spread {
    private Spread() {
    }

    static double mean(double... values) {
        return Arrays.stream(values).sum() / values.length;
    }

    /** The standard deviation of the population they are drawn from; NaN for fewer than two. */
    static double deviation(double... values) {
        double mean = mean(values);
        double squares = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
        return Math.sqrt(squares / (values.length - 1));
    }
}
