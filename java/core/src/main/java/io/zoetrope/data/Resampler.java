package io.zoetrope.data;

/**
 * Changes the sample rate by a windowed sinc (Smith, "Digital Audio Resampling"): each new sample is the old sound,
 * low-passed below both rates' limits, at the new sample's time. With a Kaiser window of 48 zero crossings a side and
 * β = 9, tones up to 0.87 of the lower rate's limit pass within 0.01 dB and what lies beyond the limit is damped by
 * more than 80 dB.
 */
final class Resampler {
    private static final int CROSSINGS = 48;
    private static final double BETA = 9;
    private static final double PEAK = bessel(BETA);
    /** Where the filter has fallen by half, of the lower limit. */
    private static final double CUTOFF = 0.94;
    /** Filters of at most so many weights in all are kept; others are computed for each sample. */
    private static final long KEPT_WEIGHTS = 1 << 22;

    private final int up;
    private final int down;
    private final double cutoff;
    private final int reach;
    private final float[][] kept;

    private Resampler(int from, int to) {
        int common = gcd(from, to);
        up = to / common;
        down = from / common;
        cutoff = up == down ? 1 : CUTOFF * Math.min(1, (double) up / down);
        reach = (int) Math.ceil(CROSSINGS / cutoff);
        kept = (long) up * 2 * reach <= KEPT_WEIGHTS ? new float[up][] : null;
    }

    /** From {@code from} to {@code to} samples a second. */
    static Resampler of(int from, int to) {
        if (from < 1 || to < 1) {
            throw new IllegalArgumentException("sample rates are positive, not " + from + " and " + to);
        }
        return new Resampler(from, to);
    }

    /** The sound at the new rate; before its start and after its end is silence. */
    float[] apply(float[] sound) {
        if (up == down) {
            return sound.clone();
        }
        long length = ((long) sound.length * up + down - 1) / down;
        if (length > Integer.MAX_VALUE - 16) {
            throw new IllegalArgumentException(sound.length + " samples become " + length + ", which no array holds");
        }
        float[] out = new float[(int) length];
        for (int i = 0; i < out.length; i++) {
            long time = (long) i * down;
            int whole = (int) (time / up);
            float[] weights = weights((int) (time % up));
            int first = whole - reach + 1;
            double sum = 0;
            int end = Math.min(weights.length, sound.length - first);
            for (int k = Math.max(0, -first); k < end; k++) {
                sum += weights[k] * sound[first + k];
            }
            out[i] = (float) sum;
        }
        return out;
    }

    /** Weights of the old samples round a new one that lies {@code phase / up} after an old one. */
    private float[] weights(int phase) {
        if (kept != null && kept[phase] != null) {
            return kept[phase];
        }
        float[] weights = new float[2 * reach];
        double total = 0;
        for (int k = 0; k < weights.length; k++) {
            double distance = k - reach + 1 - (double) phase / up;
            double value = sinc(cutoff * distance) * kaiser(distance / reach);
            weights[k] = (float) value;
            total += value;
        }
        for (int k = 0; k < weights.length; k++) {
            weights[k] /= (float) total; // constant sounds stay as they are, whatever the phase
        }
        if (kept != null) {
            kept[phase] = weights;
        }
        return weights;
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    }

    private static double kaiser(double x) {
        return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / PEAK;
    }

    /** The modified Bessel function of the first kind of order zero, by its series. */
    private static double bessel(double x) {
        double sum = 1;
        double term = 1;
        for (int k = 1; term > sum * 1e-17; k++) {
            term *= x / (2 * k) * (x / (2 * k));
            sum += term;
        }
        return sum;
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
