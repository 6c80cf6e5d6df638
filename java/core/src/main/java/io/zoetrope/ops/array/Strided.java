package io.zoetrope.ops.array;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.tensor.Shape;
import java.util.Arrays;

/**
 * The extents of an output and the steps of operands along them, as {@code array/strides.cuh} takes them: dimensions of
 * extent 1 are gone, and those that lie next to each other in every operand are merged.
 */
final class Strided {
    /** The most dimensions that are left after merging. */
    static final int MOST = 6;
    private static final String[] EXTENTS = {"n0", "n1", "n2", "n3", "n4", "n5"};
    private static final String[] STEPS = {"s0", "s1", "s2", "s3", "s4", "s5"};

    private final long[] extents;
    private final long[][] steps;
    private final int rank;

    private Strided(long[] extents, long[][] steps, int rank) {
        this.extents = extents;
        this.steps = steps;
        this.rank = rank;
    }

    /**
     * @param steps one row an operand, of as many steps as there are extents
     * @throws IllegalArgumentException when more dimensions are left than the kernels know
     */
    static Strided of(String op, long[] extents, long[]... steps) {
        long[] merged = extents.clone();
        long[][] by = Arrays.stream(steps).map(long[]::clone).toArray(long[][]::new);
        int rank = 0;
        for (int d = 0; d < extents.length; d++) {
            if (extents[d] == 1) {
                continue;
            }
            boolean joins = rank > 0;
            for (int k = 0; joins && k < steps.length; k++) {
                joins = by[k][rank - 1] == steps[k][d] * extents[d];
            }
            int to = joins ? rank - 1 : rank++;
            merged[to] = joins ? merged[to] * extents[d] : extents[d];
            for (int k = 0; k < steps.length; k++) {
                by[k][to] = steps[k][d];
            }
        }
        if (rank > MOST) {
            throw new IllegalArgumentException(op + ": " + Arrays.toString(extents) + " has " + rank
                    + " dimensions that cannot be merged, expected at most " + MOST);
        }
        return new Strided(merged, by, rank);
    }

    /** Steps of a dense row-major array. */
    static long[] dense(long[] dims) {
        long[] steps = new long[dims.length];
        long step = 1;
        for (int d = dims.length - 1; d >= 0; d--) {
            steps[d] = step;
            step *= Math.max(1, dims[d]);
        }
        return steps;
    }

    /**
     * Steps that repeat an array of {@code from} over {@code to}, to which it must be
     * {@linkplain #broadcast broadcastable}.
     */
    static long[] repeated(Shape from, Shape to) {
        long[] dense = dense(from.dims());
        long[] steps = new long[to.rank()];
        int shift = to.rank() - from.rank();
        for (int d = Math.max(0, shift); d < steps.length; d++) {
            steps[d] = from.dim(d - shift) == 1 ? 0 : dense[d - shift];
        }
        return steps;
    }

    /** The shape that both are repeated to: extents are aligned at the innermost, and equal or 1. */
    static Shape broadcast(String op, Shape a, Shape b) {
        long[] dims = new long[Math.max(a.rank(), b.rank())];
        for (int d = 1; d <= dims.length; d++) {
            long one = d <= a.rank() ? a.dim(-d) : 1;
            long other = d <= b.rank() ? b.dim(-d) : 1;
            if (one != other && one != 1 && other != 1) {
                throw new IllegalArgumentException(op + ": shapes " + a + " and " + b + " do not fit: " + one
                        + " against " + other + ", expected the same or 1");
            }
            dims[dims.length - d] = one == 1 ? other : one;
        }
        return Shape.of(dims);
    }

    /** The axis counted from the outermost. */
    static int axis(String op, int axis, int rank) {
        if (axis < -rank || axis >= rank) {
            throw new IllegalArgumentException(op + ": axis is " + axis + ", expected " + -rank + " to " + (rank - 1)
                    + " for " + rank + " dimensions");
        }
        return axis < 0 ? axis + rank : axis;
    }

    /** The innermost step of an operand; 1 where there is one element. */
    long innermost(int operand) {
        return rank == 0 ? 1 : steps[operand][rank - 1];
    }

    /** Whether runs of {@code width} elements neither pass the end of a row nor begin off their alignment. */
    boolean inRunsOf(int width, boolean alsoPartial) {
        if (rank == 0 || !(alsoPartial && rank == 1) && extents[rank - 1] % width != 0) {
            return false;
        }
        for (long[] operand : steps) {
            for (int d = 0; d < rank - 1; d++) {
                if (operand[d] % width != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The same places in units of {@code width} elements. */
    Strided inUnitsOf(int width) {
        long[] fewer = extents.clone();
        long[][] by = Arrays.stream(steps).map(long[]::clone).toArray(long[][]::new);
        if (rank > 0) {
            fewer[rank - 1] /= width;
            for (long[] operand : by) {
                for (int d = 0; d < rank - 1; d++) {
                    operand[d] /= width;
                }
            }
        }
        return new Strided(fewer, by, rank);
    }

    Arguments extents(Arguments arguments) {
        put(arguments.structure("extents"), EXTENTS, extents, 1);
        return arguments.i32("rank", rank);
    }

    Arguments steps(Arguments arguments, String name, int operand) {
        return put(arguments.structure(name), STEPS, steps[operand], 0);
    }

    private Arguments put(Arguments arguments, String[] names, long[] values, long absent) {
        for (int i = 0; i < MOST; i++) {
            int d = i - MOST + rank;
            arguments.i64(names[i], d < 0 ? absent : values[d]);
        }
        return arguments;
    }
}
