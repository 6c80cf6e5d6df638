package io.zoetrope.ops;

import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;

/**
 * What a launch is found by that was worked out before: an operation, its options, and the numbers that decide about
 * it, extents foremost. Each thread has one of these to look with, so that a call like one before allocates nothing;
 * what is kept is a {@link #copy}.
 */
public final class PlanKey {
    private static final int MOST = 32;
    private static final ThreadLocal<PlanKey> PROBE = ThreadLocal.withInitial(PlanKey::new);

    private final long[] numbers;
    private int count;
    private Object operation;
    private Object options;
    private Object choice;
    private Object tile;

    private PlanKey() {
        numbers = new long[MOST];
    }

    private PlanKey(PlanKey other) {
        numbers = Arrays.copyOf(other.numbers, other.count);
        count = other.count;
        operation = other.operation;
        options = other.options;
        choice = other.choice;
        tile = other.tile;
    }

    /**
     * This thread's, begun anew.
     *
     * @param options a value with {@code equals}
     * @param tier    in which it runs; null where that does not matter
     * @param tile    what is forced, or null
     */
    public static PlanKey of(String operation, Object options, Tier tier, String tile) {
        PlanKey probe = PROBE.get();
        probe.count = 0;
        probe.operation = operation;
        probe.options = options;
        probe.choice = tier;
        probe.tile = tile;
        return probe;
    }

    public PlanKey with(long number) {
        numbers[count++] = number;
        return this;
    }

    /** Type, rank and extents. */
    public PlanKey with(Tensor tensor) {
        with(tensor.dtype().ordinal());
        with(tensor.rank());
        for (int i = 0; i < tensor.rank(); i++) {
            with(tensor.dim(i));
        }
        return this;
    }

    public PlanKey copy() {
        return new PlanKey(this);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PlanKey key && Arrays.equals(numbers, 0, count, key.numbers, 0, key.count)
                && operation.equals(key.operation) && options.equals(key.options) && choice == key.choice
                && Objects.equals(tile, key.tile);
    }

    @Override
    public int hashCode() {
        int hash = 31 * (31 * operation.hashCode() + options.hashCode()) + (choice == null ? 0 : choice.hashCode());
        for (int i = 0; i < count; i++) {
            hash = 31 * hash + Long.hashCode(numbers[i]);
        }
        return hash;
    }
}
