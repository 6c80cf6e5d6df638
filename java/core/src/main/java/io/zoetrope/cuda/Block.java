package io.zoetrope.cuda;

/** The number of threads of a block in each dimension. */
public record Block(int x, int y, int z) {
    private static final int MAX_XY = 1024;
    private static final int MAX_Z = 64;
    private static final int MAX_THREADS = 1024;

    public Block {
        if (x < 1 || y < 1 || z < 1 || x > MAX_XY || y > MAX_XY || z > MAX_Z || (long) x * y * z > MAX_THREADS) {
            throw new IllegalArgumentException("block " + x + "×" + y + "×" + z + ": expected 1 to " + MAX_XY
                    + " threads in x and y, 1 to " + MAX_Z + " in z and at most " + MAX_THREADS + " in all");
        }
    }

    /** So many threads in a row. */
    public static Block of(int threads) {
        return new Block(threads, 1, 1);
    }

    /** How many there are in all. */
    public int threads() {
        return x * y * z;
    }
}
