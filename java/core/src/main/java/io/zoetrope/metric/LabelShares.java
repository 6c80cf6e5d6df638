package io.zoetrope.metric;

import java.util.Arrays;
import java.util.Locale;

/**
 * How often each class occurs among samples, as a classifier labels them: which of the classes a generator makes at
 * all, and how evenly.
 *
 * @param counts samples of each class
 */
public record LabelShares(int[] counts) {
    public LabelShares {
        counts = counts.clone();
        if (Arrays.stream(counts).sum() == 0) {
            throw new IllegalArgumentException("there are no labels to count");
        }
    }

    /** @param labels class numbers 0 … classes-1 */
    public static LabelShares of(int[] labels, int classes) {
        int[] counts = new int[classes];
        for (int label : labels) {
            if (label < 0 || label >= classes) {
                throw new IllegalArgumentException("label " + label + " is none of the classes 0 … " + (classes - 1));
            }
            counts[label]++;
        }
        return new LabelShares(counts);
    }

    @Override
    public int[] counts() {
        return counts.clone();
    }

    public long samples() {
        return Arrays.stream(counts).asLongStream().sum();
    }

    /**
     * Classes with at least this part of an even share, such as 0.1: the modes that are covered. At least one sample
     * each.
     */
    public int covered(double partOfEvenShare) {
        double least = Math.max(1, partOfEvenShare * samples() / counts.length);
        return (int) Arrays.stream(counts).filter(count -> count >= least).count();
    }

    /** −Σ p·log p in nats: 0 when all samples are of one class, log(classes) when every class is as frequent. */
    public double entropy() {
        double samples = samples();
        return Arrays.stream(counts).filter(count -> count > 0)
                .mapToDouble(count -> -count / samples * Math.log(count / samples)).sum();
    }

    /**
     * Such as "9 of 10 classes, as many as 8.7 of even shares".
     *
     * @param partOfEvenShare see {@link #covered}
     */
    public String describe(double partOfEvenShare) {
        return String.format(Locale.ROOT, "%d of %d classes, as many as %.1f of even shares", covered(partOfEvenShare),
                counts.length, effectiveClasses());
    }

    /** e^entropy: as many classes of equal share would have this entropy. */
    public double effectiveClasses() {
        return Math.exp(entropy());
    }
}
