package io.zoetrope.metric;

import java.util.Arrays;
import java.util.stream.IntStream;

/** What classifiers answer: the probability of each class, a row for each sample. */
public final class Probabilities {
    private Probabilities() {
    }

    /**
     * The number of the likeliest class in each row.
     *
     * @param probabilities [pictures][classes]
     */
    public static int[] likeliest(float[][] probabilities) {
        return Arrays.stream(probabilities)
                .mapToInt(row -> IntStream.range(0, row.length).reduce((a, b) -> row[b] > row[a] ? b : a).orElseThrow())
                .toArray();
    }
}
