package io.zoetrope.ops;

import io.zoetrope.cuda.Geometry;

/**
 * What a tile of a matrix product costs. Wide tiles use operands again more often; narrow ones waste less on few
 * columns; small ones give every multiprocessor a block. The shape of a tile never changes the order of a sum, so the
 * choice may depend on the device.
 */
public final class Tiling {
    private static final double UNSUITED = 1e12;
    /** Up to here a tile may be padded; a wider one must divide the columns, or be narrow beside them. */
    private static final long PADDED = 64;

    private Tiling() {
    }

    public static long count(long extent, long tile) {
        return (extent + tile - 1) / tile;
    }

    /** Tiles that cover rows by columns. */
    public static long blocks(Geometry tile, long rows, long columns) {
        return count(rows, tile.tileM()) * count(columns, tile.tileN());
    }

    /** Of tiles that fill the multiprocessors the largest, else the smallest. */
    public static double cost(Geometry tile, boolean fills) {
        double area = (double) tile.tileM() * tile.tileN();
        return fills ? -area : area;
    }

    /** For a product of some batches; a side of {@value #PADDED} or less never pays for more than the smallest tile. */
    public static double productCost(Geometry tile, long rows, long columns, long batch, int multiprocessors) {
        return cost(tile, rows > PADDED && columns > PADDED && blocks(tile, rows, columns) * batch >= multiprocessors);
    }

    /**
     * Whether a tile's extent suits: the least of the candidates' that covers an extent of up to {@value #PADDED}, or a
     * larger one.
     *
     * @param least  see {@link Candidates#leastFrom}, from {@link #bound}
     * @param narrow whether a large tile also suits when it is narrow beside the extent
     */
    public static boolean suits(long tile, long extent, long least, boolean narrow) {
        return tile == least || tile > PADDED && (extent % tile == 0 || narrow && extent > 2 * tile);
    }

    public static long bound(long extent) {
        return Math.min(extent, PADDED);
    }

    public static double unsuited() {
        return UNSUITED;
    }
}
