package io.zoetrope.train;

/**
 * An endless sequence of shuffled indices that runs through all of 0 … count − 1 in each epoch, in a fresh order. Any
 * place in it is found at once and without memory: a Feistel network permutes the smallest power of 4 that holds the
 * indices, and is applied again until it gives one of them (cycle walking: Black and Rogaway 2002, section 3).
 *
 * @param seed  of the orders of all epochs
 * @param count indices in an epoch, 1 or more
 */
record ShuffledOrder(long seed, int count) {
    private static final int ROUNDS = 6;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /** The index at a place of the sequence, counted from 0. */
    int at(long place) {
        long key = mix(seed + GOLDEN * (place / count + 1));
        int half = (65 - Long.numberOfLeadingZeros(count - 1L)) / 2;
        long index = place % count;
        do {
            index = permuted(index, key, half);
        } while (index >= count);
        return (int) index;
    }

    /** A permutation of the numbers of 2·half bits. */
    private static long permuted(long number, long key, int half) {
        long mask = (1L << half) - 1;
        long left = number >>> half;
        long right = number & mask;
        for (int round = 0; round < ROUNDS; round++) {
            long next = left ^ mix(key + GOLDEN * round + right) & mask;
            left = right;
            right = next;
        }
        return left << half | right;
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mix(long bits) {
        long z = (bits ^ bits >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
