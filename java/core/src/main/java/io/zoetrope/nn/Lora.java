package io.zoetrope.nn;

import java.util.List;

/**
 * Low-rank adapters for a model's linear layers and convolutions (Hu et al. 2021, arXiv:2106.09685): a layer's weight W
 * becomes W + alpha/rank · B·A, and A and B alone are trained. B starts at zero, so an untrained adapter changes
 * nothing.
 *
 * @param rank    columns of B and rows of A, 1 or more
 * @param alpha   the update's factor times the rank
 * @param targets patterns of layers' names, which are their weights' without {@code .weight}
 * @param seed    of A's first values
 */
public record Lora(int rank, float alpha, List<NamePattern> targets, long seed) {
    public Lora {
        if (rank < 1) {
            throw new IllegalArgumentException("lora: rank is " + rank + ", expected 1 or more");
        }
        if (!Float.isFinite(alpha) || alpha == 0) {
            throw new IllegalArgumentException("lora: alpha is " + alpha + ", expected a finite number other than 0");
        }
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("lora: no targets, expected patterns of layers such as '*.to_q'");
        }
        targets = List.copyOf(targets);
    }

    /** Adapters for the layers that these {@link NamePattern globs} match. */
    public static Lora of(int rank, float alpha, String... targets) {
        return new Lora(rank, alpha, NamePattern.all(targets), 0);
    }

    public Lora withSeed(long newSeed) {
        return new Lora(rank, alpha, targets, newSeed);
    }

    /** alpha / rank. */
    public float scale() {
        return alpha / rank;
    }

    boolean targets(String layer) {
        return targets.stream().anyMatch(pattern -> pattern.matches(layer));
    }
}
