package io.zoetrope.reference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Sampling and masking of tokens in double precision, straight from their definitions. */
public final class ReferenceTokens {
    private ReferenceTokens() {
    }

    /** softmax(logits / temperature). */
    public static double[] softmax(double[] logits, double temperature) {
        double max = Arrays.stream(logits).max().orElse(0);
        double[] p = Arrays.stream(logits).map(v -> Math.exp((v - max) / temperature)).toArray();
        double sum = Arrays.stream(p).sum();
        return Arrays.stream(p).map(v -> v / sum).toArray();
    }

    /**
     * The probabilities that are drawn from: the topK largest, of those the fewest whose share reaches topP, made to
     * add up to one; 0 elsewhere. Equal logits: the lower index first.
     */
    public static double[] kept(double[] logits, double temperature, int topK, double topP) {
        double[] p = softmax(logits, temperature);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < p.length; i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingDouble(i -> -logits[i])); // stable
        List<Integer> largest = order.subList(0, topK == 0 ? p.length : Math.min(topK, p.length));
        double share = largest.stream().mapToDouble(i -> p[i]).sum();
        double[] out = new double[p.length];
        double sum = 0;
        for (int i : largest) {
            out[i] = p[i];
            sum += p[i];
            if (sum >= topP * share) {
                break;
            }
        }
        double total = sum;
        return Arrays.stream(out).map(v -> v / total).toArray();
    }

    /** The places in the order of falling scores, equal ones in ascending order. */
    public static int[] ranking(double[] scores) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingDouble(i -> -scores[i]));
        return order.stream().mapToInt(Integer::intValue).toArray();
    }
}
