package io.zoetrope.cuda;

/** The number of blocks of a launch in each dimension. */
public record Grid(int x, int y, int z) {
    private static final long MAX_X = Integer.MAX_VALUE;
    private static final long MAX_YZ = 65535;

    public Grid {
        require(x, y, z);
    }

    /** So many blocks in a row. */
    public static Grid of(long x) {
        return of(x, 1, 1);
    }

    /** So many blocks in a rectangle. */
    public static Grid of(long x, long y) {
        return of(x, y, 1);
    }

    /** @throws IllegalArgumentException when a dimension is below 1 or exceeds what CUDA allows */
    public static Grid of(long x, long y, long z) {
        require(x, y, z);
        return new Grid((int) x, (int) y, (int) z);
    }

    static void require(long x, long y, long z) {
        if (x < 1 || y < 1 || z < 1 || x > MAX_X || y > MAX_YZ || z > MAX_YZ) {
            throw new IllegalArgumentException("grid " + x + "×" + y + "×" + z + ": expected 1 to " + MAX_X
                    + " blocks in x and 1 to " + MAX_YZ + " in y and z");
        }
    }

    /** Enough blocks of {@code perBlock} items each for {@code items} of them, at least one. */
    public static Grid covering(long items, long perBlock) {
        return new Grid(blocks(items, perBlock), 1, 1);
    }

    /** The x of {@link #covering}. */
    static int blocks(long items, long perBlock) {
        if (items < 0 || perBlock < 1) {
            throw new IllegalArgumentException("a grid for " + items + " items, " + perBlock
                    + " to a block: expected 0 or more items and 1 or more to a block");
        }
        long blocks = items == 0 ? 1 : (items - 1) / perBlock + 1;
        require(blocks, 1, 1);
        return (int) blocks;
    }
}
