package io.zoetrope.cuda;

/** The number of blocks of a launch in each dimension. */
public record Grid(int x, int y, int z) {
    private static final long MAX_X = Integer.MAX_VALUE;
    private static final long MAX_YZ = 65535;

    public Grid {
        if (x < 1 || y < 1 || z < 1 || y > MAX_YZ || z > MAX_YZ) {
            throw new IllegalArgumentException("grid " + x + "×" + y + "×" + z + ": expected 1 to " + MAX_X
                    + " blocks in x and 1 to " + MAX_YZ + " in y and z");
        }
    }

    public static Grid of(long x) {
        return of(x, 1, 1);
    }

    public static Grid of(long x, long y) {
        return of(x, y, 1);
    }

    /** @throws IllegalArgumentException when a dimension exceeds what CUDA allows */
    public static Grid of(long x, long y, long z) {
        if (x > MAX_X || y > MAX_YZ || z > MAX_YZ) {
            throw new IllegalArgumentException("grid " + x + "×" + y + "×" + z + ": expected at most " + MAX_X
                    + " blocks in x and " + MAX_YZ + " in y and z");
        }
        return new Grid((int) x, (int) y, (int) z);
    }

    /** Enough blocks of {@code perBlock} items each for {@code items} of them, at least one. */
    public static Grid covering(long items, long perBlock) {
        return of(Math.max(1, (items + perBlock - 1) / perBlock));
    }
}
