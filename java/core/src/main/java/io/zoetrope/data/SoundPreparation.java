package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Makes sounds of any rate, length and loudness such as a model was trained on, and shows them as it sees them: as mel
 * spectrograms.
 *
 * @param spectrogram what the model sees of a sound, at the rate of its sounds
 * @param samples     per clip
 * @param peak the largest value of each clip where the model's are all as loud, above 0 and at most 1; 0 where they
 *                    differ, and loudness is left as it is
 */
public record SoundPreparation(MelSpectrogram spectrogram, int samples, double peak) implements Preparation {
    private static final int LOOKED_AT = 1000;
    /** Peaks within this part of the usual one count as alike. */
    private static final double ALIKE = 0.1;
    /** Less than this, in decibels, is not heard. */
    private static final double LEAST_GAIN = 1;

    public SoundPreparation {
        if (samples < 1 || !(peak >= 0 && peak <= 1)) {
            throw new IllegalArgumentException("clips need at least 1 sample and a peak of 0 to 1, not " + samples
                    + " samples and a peak of " + peak);
        }
    }

    /**
     * For models trained on {@code set}: {@link MelSpectrogram#RECOGNITION} at its rate, its clips' length and
     * loudness.
     */
    public static SoundPreparation like(AudioDataset set) {
        return new SoundPreparation(MelSpectrogram.RECOGNITION.at(set.rate()), set.samples(),
                usualPeak(set.train().sounds()));
    }

    /** The middle of the first thousand clips' peaks if nine in ten are about as large, else 0. */
    private static double usualPeak(Sounds sounds) {
        double[] peaks = new double[Math.min(sounds.count(), LOOKED_AT)];
        for (int i = 0; i < peaks.length; i++) {
            peaks[i] = peak(sounds.toFloats(i, i + 1));
        }
        Arrays.sort(peaks);
        double middle = peaks[peaks.length / 2];
        long alike = Arrays.stream(peaks).filter(value -> Math.abs(value - middle) <= ALIKE * middle).count();
        return alike >= 0.9 * peaks.length ? Math.min(1, middle) : 0;
    }

    private static float peak(float[] values) {
        float peak = 0;
        for (float value : values) {
            peak = Math.max(peak, Math.abs(value));
        }
        return peak;
    }

    /**
     * Clips of the model's rate and length as it sees them, see {@link MelSpectrogram#images}.
     *
     * @throws IllegalArgumentException if they have another rate or length
     */
    public Images images(Sounds sounds) {
        requireFits(sounds);
        return spectrogram.images(sounds);
    }

    /**
     * Whether these have the model's rate and length.
     *
     * @throws IllegalArgumentException if not
     */
    public void requireFits(Sounds sounds) {
        if (sounds.samples() != samples || sounds.rate() != spectrogram.rate()) {
            throw new IllegalArgumentException(sounds + ": expected clips of " + samples + " samples at "
                    + spectrogram.rate() + " Hz, as the model was trained on");
        }
    }

    /**
     * Reads a WAV: its channels are averaged, it is resampled, its middle is taken or it is put in the middle of
     * silence, as {@link SoundFolder} does, and it is made as loud as the model's own sounds.
     */
    @Override
    public Prepared read(Path file) throws IOException {
        if (ImageFiles.isPicture(file)) {
            throw BadFileException.of(file, "is a picture", "a WAV file, for the model listens to sounds",
                    "Take a model of pictures for it, such as fashion-cnn");
        }
        WavFiles.Wave wave = WavFiles.read(file);
        int rate = spectrogram.rate();
        List<String> done = new ArrayList<>();
        if (wave.channels() > 1) {
            done.add("averaged its " + wave.channels() + " channels");
        }
        float[] values = wave.values();
        if (wave.rate() != rate) {
            values = Resampler.of(wave.rate(), rate).apply(values);
            done.add("resampled it from " + wave.rate() + " to " + rate + " Hz");
        }
        if (values.length > samples) {
            done.add(String.format(Locale.ROOT, "took the middle %.2f of its %.2f s", (double) samples / rate,
                    (double) values.length / rate));
        } else if (values.length < samples) {
            done.add(String.format(Locale.ROOT, "put its %.2f s in the middle of %.2f s, the rest silent",
                    (double) values.length / rate, (double) samples / rate));
        }
        short[] whole = Sounds.fromFloats(values, 1, values.length, rate).values();
        Sounds clip = new Sounds(1, samples, rate, SoundFolder.cut(whole, samples, 0, 1));
        return new Prepared(images(levelled(clip, done)), done);
    }

    private Sounds levelled(Sounds clip, List<String> done) {
        float[] values = clip.toFloats(0, 1);
        double found = peak(values);
        double gain = 20 * Math.log10(peak / found);
        if (peak == 0 || found == 0 || Math.abs(gain) < LEAST_GAIN) {
            return clip; // there is no usual loudness, or nothing but silence, or it is right
        }
        for (int i = 0; i < values.length; i++) {
            values[i] *= (float) (peak / found);
        }
        done.add(String.format(Locale.ROOT, "made it %.0f dB %s", Math.abs(gain), gain > 0 ? "louder" : "softer"));
        return Sounds.fromFloats(values, 1, samples, spectrogram.rate());
    }
}
