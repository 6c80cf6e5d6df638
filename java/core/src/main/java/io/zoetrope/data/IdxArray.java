package io.zoetrope.data;

import java.util.Arrays;

/**
 * An array of unsigned bytes as an IDX file holds it, row-major.
 *
 * @param dims sizes, outermost first, each positive
 * @param data values, as many as the product of {@code dims}
 */
public record IdxArray(int[] dims, byte[] data) {
    public IdxArray {
        long size = 1;
        for (int dim : dims) {
            size = Math.multiplyExact(size, (long) dim);
        }
        if (size != data.length) {
            throw new IllegalArgumentException(
                    "dims " + Arrays.toString(dims) + " hold " + size + " values, not " + data.length);
        }
    }

    /** How many axes there are. */
    public int rank() {
        return dims.length;
    }
}
