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
            c = new int[] {(int) (product1 >>> 32) ^ c[1] ^ k0, (int) product1, (int) (product0 >>> 32) ^ c[3] ^ k1,
                    (int) product0};
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

    /**
     * Where an epoch's permutation of 0 … bound-1 sends {@code place}: a Feistel network of six rounds over the next
     * power of four, walked until it falls inside the bound.
     */
    public static int shuffled(long seed, long stream, long epoch, int place, int bound) {
        int half = 1;
        while (1L << 2 * half < bound) {
            half++;
        }
        int mask = (1 << half) - 1;
        int x = place;
        do {
            int left = x >>> half;
            int right = x & mask;
            for (int round = 0; round < 6; round++) {
                int second = 0x80000000 + ((int) (epoch >>> 32) << 4) + round;
                int word = block(new int[] {right, second, (int) stream, (int) epoch},
                        new int[] {(int) seed, (int) (seed >>> 32)})[0];
                int next = left ^ word & mask;
                left = right;
                right = next;
            }
            x = left << half | right;
        } while (Integer.compareUnsigned(x, bound) >= 0);
        return x;
    }

    /** Uniform in (0, 1]. */
    public static double uniform(int word) {
        return ((word & LOW) + 0.5) / 4294967296.0;
    }

    /**
     * Standard normals of elements 0 … n-1, by Box and Muller with the angle's quadrant in the top bits of its word.
     */
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

    /**
     * The very bits that the device makes of a pair of words: its polynomials, operation by operation in single
     * precision. Every operation is exact by IEEE 754, so any device must agree.
     */
    public static float[] normalPair(int first, int second) {
        float u = Math.fma((float) (first & LOW), 0x1p-32f, 0x1p-33f);
        int bits = Float.floatToRawIntBits(u);
        int exponent = (bits - 0x3f2aaaab) >> 23;
        float f = Float.intBitsToFloat(bits - (exponent << 23)) - 1;
        float p = 0.13820241f;
        for (float coefficient : new float[] {-0.15122184f, 0.14042309f, -0.16472326f, 0.2000792f, -0.25004238f,
                0.33333266f, -0.5f}) {
            p = Math.fma(p, f, coefficient);
        }
        float logarithm = Math.fma(exponent, 0.6931472f, Math.fma(p * f, f, f));
        float radius = (float) Math.sqrt(-2 * logarithm);
        float r = (float) (second << 2 ^ 0x80000000) * 0x1p-32f;
        float z = r * r;
        float sine = r * Math.fma(Math.fma(Math.fma(-0.0046021785f, z, 0.07968023f), z, -0.6459635f), z, 1.5707964f);
        float cosine = Math.fma(Math.fma(Math.fma(-0.02042625f, z, 0.25360635f), z, -1.233698f), z, 1);
        return switch (second >>> 30) {
            case 0 -> new float[] {radius * cosine, radius * sine};
            case 1 -> new float[] {radius * -sine, radius * cosine};
            case 2 -> new float[] {radius * -cosine, radius * -sine};
            default -> new float[] {radius * sine, radius * -cosine};
        };
    }
}
