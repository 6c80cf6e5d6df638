package io.zoetrope.data;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * How loud a sound is at each pitch and time: windows of the sound (Hann) are transformed, their power is summed in
 * overlapping triangles evenly spaced on the mel scale (Stevens, Volkmann and Newman 1937; 2595 · log10(1 + f/700)),
 * and given in decibels below full scale: a sine of amplitude 1 reaches about 0.
 *
 * @param rate     samples a second of the sounds it takes
 * @param bands    pitches, low to high
 * @param hop      samples from one time to the next
 * @param window   samples looked at for one time, a power of two
 * @param floor    decibels taken for silence, negative
 */
public record MelSpectrogram(int rate, int bands, int hop, int window, float floor) {
    private static final double LOWEST = 50;
    private static final int MOST_BANDS = 4096;
    private static final int LONGEST_WINDOW = 1 << 20;
    /** Floats of 32 bits reach about so low. */
    private static final float LOWEST_FLOOR = -1000;
    /** The transform is finer than the window by this, so that even the narrowest triangle holds a frequency. */
    private static final int FINER = 2;
    /** Clips that one thread shows at a time. */
    private static final int SHARE = 64;
    /** Hann's equivalent noise bandwidth: a tone spreads its power over as many frequencies as the window resolves. */
    private static final double SPREAD = 1.5;

    /** What recognition sees of a second at 16 kHz: 64 pitches at 64 times, down to −80 dB. */
    public static final MelSpectrogram RECOGNITION = new MelSpectrogram(16_000, 64, 256, 512, -80);
    /** What people look at: 128 pitches, a time every 4 ms at 16 kHz. */
    public static final MelSpectrogram DISPLAY = new MelSpectrogram(16_000, 128, 64, 512, -80);

    public MelSpectrogram {
        if (rate < WavFiles.MIN_RATE || rate > WavFiles.MAX_RATE || bands < 1 || bands > MOST_BANDS || hop < 1
                || hop > LONGEST_WINDOW || window < 2 || Integer.bitCount(window) != 1 || window > LONGEST_WINDOW
                || !(floor <= -1 && floor >= LOWEST_FLOOR)) {
            throw new IllegalArgumentException(
                    "a mel spectrogram needs a rate of " + WavFiles.MIN_RATE + " to " + WavFiles.MAX_RATE + ", 1 to "
                            + MOST_BANDS + " bands, a hop of 1 to " + LONGEST_WINDOW + ", a power of two of "
                            + "at most as much for its window and a floor of " + LOWEST_FLOOR + " to -1 dB, not rate "
                            + rate + ", bands " + bands + ", hop " + hop + ", window " + window + ", floor " + floor);
        }
    }

    /** The same for sounds of another rate. */
    public MelSpectrogram at(int otherRate) {
        return new MelSpectrogram(otherRate, bands, hop, window, floor);
    }

    /** Times in a clip of {@code samples} samples: one for each hop that begins in it. */
    public int times(int samples) {
        return (samples + hop - 1) / hop;
    }

    /** Decibels in [{@code floor}, about 0] of clip {@code index}: [bands, times], low pitches first. */
    public float[] of(Sounds sounds, int index) {
        return new Worker().of(sounds, index);
    }

    /**
     * Spectrograms as grey pictures, high pitches at the top: [count, bands, times, 1], black at the floor, white at
     * 0 dB.
     */
    public Images images(Sounds sounds) {
        int times = times(sounds.samples());
        byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(sounds.count(), bands), times)];
        IntStream.range(0, (sounds.count() + SHARE - 1) / SHARE).parallel()
                .forEach(share -> draw(sounds, share * SHARE, Math.min(sounds.count(), (share + 1) * SHARE), pixels));
        return new Images(sounds.count(), bands, times, 1, pixels);
    }

    private void draw(Sounds sounds, int fromClip, int toClip, byte[] pixels) {
        Worker worker = new Worker();
        int times = times(sounds.samples());
        for (int i = fromClip; i < toClip; i++) {
            float[] decibels = worker.of(sounds, i);
            for (int band = 0; band < bands; band++) {
                for (int t = 0; t < times; t++) {
                    float level = 1 - decibels[band * times + t] / floor;
                    pixels[(i * bands + bands - 1 - band) * times + t] = (byte) Math.max(0,
                            Math.min(255, Math.round(255 * level)));
                }
            }
        }
    }

    /** As {@link #images}, in the colours of {@link ColourMap}. */
    public Images pictures(Sounds sounds) {
        return ColourMap.apply(images(sounds));
    }

    static double toMel(double hertz) {
        return 2595 * Math.log10(1 + hertz / 700);
    }

    static double toHertz(double mel) {
        return 700 * (Math.pow(10, mel / 2595) - 1);
    }

    /** Tables and scratch for many clips. */
    private final class Worker {
        private final int size = window * FINER;
        private final Fourier fourier = new Fourier(size);
        private final double[] real = new double[size];
        private final double[] imaginary = new double[size];
        private final double[] hann = new double[window];
        private final double[] power = new double[size / 2 + 1];
        /** For each band the first frequency that counts and the weights from there on. */
        private final int[] first = new int[bands];
        private final double[][] weights = new double[bands][];

        Worker() {
            double sum = 0;
            for (int i = 0; i < window; i++) {
                hann[i] = 0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / window);
                sum += hann[i];
            }
            for (int i = 0; i < window; i++) {
                hann[i] *= 2 / sum; // a sine of amplitude 1 between two frequencies' middles has magnitude 1
            }
            double low = toMel(Math.min(LOWEST, rate / 8.0));
            double high = toMel(rate / 2.0);
            for (int band = 0; band < bands; band++) {
                double left = toHertz(low + (high - low) * band / (bands + 1)) * size / rate;
                double middle = toHertz(low + (high - low) * (band + 1) / (bands + 1)) * size / rate;
                double right = toHertz(low + (high - low) * (band + 2) / (bands + 1)) * size / rate;
                triangle(band, left, middle, right);
            }
        }

        private void triangle(int band, double left, double middle, double right) {
            int from = (int) Math.ceil(left);
            int to = Math.min(power.length, (int) Math.floor(right) + 1);
            double[] row = new double[Math.max(1, to - from)];
            for (int k = from; k < to; k++) {
                row[k - from] = Math.max(0, Math.min((k - left) / (middle - left), (right - k) / (right - middle)));
            }
            if (Arrays.stream(row).sum() < 1e-3) { // narrower than the transform is fine: the nearest frequency stands for it
                from = Math.min(power.length - 1, (int) Math.round(middle));
                row = new double[] {1};
            }
            first[band] = from;
            weights[band] = row;
        }

        float[] of(Sounds sounds, int index) {
            if (sounds.rate() != rate) {
                throw new IllegalArgumentException("this spectrogram is for " + rate + " Hz, not for " + sounds);
            }
            int samples = sounds.samples();
            int start = Objects.checkIndex(index, sounds.count()) * samples;
            int times = times(samples);
            float[] decibels = new float[bands * times];
            // Two real windows at a time, as the parts of one complex one: the transform's symmetries separate them.
            for (int t = 0; t < times; t += 2) {
                cut(sounds.values(), start, samples, t, real);
                cut(sounds.values(), start, samples, t + 1, imaginary);
                fourier.transform(real, imaginary);
                for (int part = 0; part < 2 && t + part < times; part++) {
                    separate(part == 0 ? 1 : -1);
                    for (int band = 0; band < bands; band++) {
                        decibels[band * times + t + part] = level(band);
                    }
                }
            }
            return decibels;
        }

        /** The window round the middle of hop {@code t}, silent beyond the clip. */
        private void cut(short[] values, int start, int samples, int t, double[] into) {
            Arrays.fill(into, 0);
            int from = t * hop + hop / 2 - window / 2;
            for (int i = Math.max(0, -from); i < window && from + i < samples; i++) {
                into[i] = values[start + from + i] / 32768.0 * hann[i];
            }
        }

        /** The power of the first ({@code sign} 1) or the second (−1) of the two windows. */
        private void separate(int sign) {
            for (int k = 0; k < power.length; k++) {
                int mirror = (size - k) % size;
                double re = (real[k] + sign * real[mirror]) / 2;
                double im = (imaginary[k] - sign * imaginary[mirror]) / 2;
                power[k] = re * re + im * im;
            }
        }

        private float level(int band) {
            double sum = 0;
            for (int k = 0; k < weights[band].length; k++) {
                sum += weights[band][k] * power[first[band] + k];
            }
            return (float) Math.max(floor, 10 * Math.log10(Math.max(sum / (FINER * SPREAD), 1e-30)));
        }
    }
}
