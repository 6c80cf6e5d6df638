package io.zoetrope.reference;

/** Philox4x32-10 in plain Java, from the paper, with the library's layout of key and counter. */
public final class ReferencePhilox {
    private static final long LOW = 0xffffffffL;

    private ReferencePhilox() {
    }

    /** Ten rounds; counter of four words, key of two. */
    public static int[] block(int[] counter, int[] key) {
        int[] c = counter.clone();
        int k0 = key[0];
        int k1 = key[1];
        for (int round = 0; round < 10; round++) {
            long product0 = (c[0] & LOW) * 0xD2511F53L;
            long product1 = (c[2] & LOW) * 0xCD9E8D57L;
            c = new int[] {(int) (product1 >>> 32) ^ c[1] ^ k0, (int) product1,
                (int) (product0 >>> 32) ^ c[3] ^ k1, (int) product0};
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return c;
    }

    /** The word of an element. */
    public static int word(long seed, long stream, long step, long element) {
        long block = element >>> 2;
        int[] words = block(new int[] {(int) block, (int) (block >>> 32), (int) stream, (int) (step + (stream >>> 32))},
                new int[] {(int) seed, (int) (seed >>> 32)});
        return words[(int) (element & 3)];
    }

    /** Uniform in (0, 1]. */
    public static double uniform(int word) {
        return ((word & LOW) + 0.5) / 4294967296.0;
    }

    /** Standard normals of elements 0 … n-1, by Box and Muller with the angle's quadrant in the top bits of its word. */
    public static double[] normals(long seed, long stream, long step, int n) {
        return normals(seed, stream, step, 0, n);
    }

    /** Standard normals of elements from … from+n-1. */
    public static double[] normals(long seed, long stream, long step, long from, int n) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            long element = from + i;
            long pair = element & ~1L;
            double radius = Math.sqrt(-2 * Math.log(uniform(word(seed, stream, step, pair))));
            double angle = 2 * Math.PI * (word(seed, stream, step, pair + 1) & LOW) / 4294967296.0 - Math.PI / 4;
            values[i] = radius * ((element & 1) == 0 ? Math.cos(angle) : Math.sin(angle));
        }
        return values;
    }
}
