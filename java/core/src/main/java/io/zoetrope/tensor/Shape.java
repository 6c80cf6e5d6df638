package io.zoetrope.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The extents of a tensor, outermost first; no dimension is a scalar of one element. Immutable. */
public final class Shape {
    private final long[] dims;
    private final long size;

    private Shape(long[] dims) {
        long counted = 1; // no part of the product overflows either, whatever is multiplied first
        boolean empty = false;
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("shape " + text(dims) + ": expected extents of 0 or more");
            }
            try {
                counted = Math.multiplyExact(counted, Math.max(1, dim));
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException("shape " + text(dims) + ": its size overflows 64 bits");
            }
            empty |= dim == 0;
        }
        this.dims = dims;
        this.size = empty ? 0 : counted;
    }

    public static Shape of(long... dims) {
        return new Shape(dims.clone());
    }

    public int rank() {
        return dims.length;
    }

    /** The extent of a dimension; negative counts from the end, -1 being the innermost. */
    public long dim(int index) {
        int at = index < 0 ? index + dims.length : index;
        if (at < 0 || at >= dims.length) {
            throw new IndexOutOfBoundsException("dimension " + index + " of shape " + this);
        }
        return dims[at];
    }

    /** The number of elements. */
    public long size() {
        return size;
    }

    public long[] dims() {
        return dims.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return text(dims);
    }

    private static String text(long[] dims) {
        return Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
