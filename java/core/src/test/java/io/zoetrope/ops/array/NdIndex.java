package io.zoetrope.ops.array;

import io.zoetrope.tensor.Shape;

/** Row-major places, written apart from the library's. */
final class NdIndex {
    private NdIndex() {
    }

    static int[] of(int place, long... dims) {
        int[] at = new int[dims.length];
        for (int d = dims.length - 1; d >= 0; d--) {
            at[d] = (int) (place % dims[d]);
            place /= (int) dims[d];
        }
        return at;
    }

    static int place(int[] at, long... dims) {
        int place = 0;
        for (int d = 0; d < dims.length; d++) {
            place = place * (int) dims[d] + at[d];
        }
        return place;
    }

    /** The place in an operand of fewer elements that is repeated over {@code to}. */
    static int repeated(int place, long[] from, long[] to) {
        int[] at = of(place, to);
        int[] own = new int[from.length];
        for (int d = 0; d < from.length; d++) {
            own[d] = from[d] == 1 ? 0 : at[to.length - from.length + d];
        }
        return place(own, from);
    }

    static int size(long... dims) {
        return (int) Shape.of(dims).size();
    }
}
