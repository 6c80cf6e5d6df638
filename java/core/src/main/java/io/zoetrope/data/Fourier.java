package io.zoetrope.data;

/**
 * The discrete Fourier transform X[k] = Σ x[n] · exp(−2πi·kn/N) for powers of two, in place, in double precision:
 * radix-2 decimation in time (Cooley and Tukey 1965). For spectrograms on the host, where it is not the bottleneck.
 */
final class Fourier {
    private final int size;
    private final double[] cosines;
    private final double[] sines;

    /** For {@code size} values, a power of two. */
    Fourier(int size) {
        if (size < 1 || Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("the transform takes a power of two of values, not " + size);
        }
        this.size = size;
        cosines = new double[size / 2];
        sines = new double[size / 2];
        for (int k = 0; k < size / 2; k++) {
            cosines[k] = Math.cos(2 * Math.PI * k / size);
            sines[k] = -Math.sin(2 * Math.PI * k / size);
        }
    }

    /** Transforms {@code real} + i · {@code imaginary} in place; both have the transform's size. */
    void transform(double[] real, double[] imaginary) {
        if (real.length != size || imaginary.length != size) {
            throw new IllegalArgumentException(
                    "the transform takes " + size + " values, not " + real.length + " and " + imaginary.length);
        }
        for (int i = 1; i < size; i++) {
            int j = Integer.reverse(i) >>> 32 - Integer.numberOfTrailingZeros(size);
            if (i < j) {
                swap(real, i, j);
                swap(imaginary, i, j);
            }
        }
        for (int half = 1; half < size; half *= 2) {
            int step = size / (2 * half);
            for (int start = 0; start < size; start += 2 * half) {
                for (int k = 0; k < half; k++) {
                    int low = start + k;
                    int high = low + half;
                    double re = real[high] * cosines[k * step] - imaginary[high] * sines[k * step];
                    double im = real[high] * sines[k * step] + imaginary[high] * cosines[k * step];
                    real[high] = real[low] - re;
                    imaginary[high] = imaginary[low] - im;
                    real[low] += re;
                    imaginary[low] += im;
                }
            }
        }
    }

    private static void swap(double[] values, int i, int j) {
        double value = values[i];
        values[i] = values[j];
        values[j] = value;
    }
}
