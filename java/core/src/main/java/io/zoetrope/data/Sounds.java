package io.zoetrope.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * A batch of mono clips of one length: signed 16-bit samples, [count, samples] row-major.
 *
 * <p>The samples are held by reference and not copied; treat them as read-only.
 */
public final class Sounds {
    private static final float SCALE = 32768;

    private final int count;
    private final int samples;
    private final int rate;
    private final short[] values;

    /**
     * @param samples per clip
     * @param rate    samples per second
     */
    public Sounds(int count, int samples, int rate, short[] values) {
        if (count < 1 || samples < 1 || rate < 1) {
            throw new IllegalArgumentException("sounds need positive sizes and a positive rate, not " + count + " × "
                    + samples + " at " + rate + " Hz");
        }
        if ((long) count * samples != values.length) {
            throw new IllegalArgumentException(count + " clips of " + samples + " samples hold "
                    + (long) count * samples + " values, not " + values.length);
        }
        this.count = count;
        this.samples = samples;
        this.rate = rate;
        this.values = values;
    }

    /** From values in [−1, 1], as models make them; beyond is clamped, NaN becomes silence. */
    public static Sounds fromFloats(float[] values, int count, int samples, int rate) {
        short[] shorts = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            shorts[i] = toShort(values[i]);
        }
        return new Sounds(count, samples, rate, shorts);
    }

    static short toShort(float value) {
        // Math.round(NaN) is 0.
        return (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, Math.round(value * SCALE)));
    }

    /** Clips {@code from} (inclusive) to {@code to} (exclusive) as values in [−1, 1). */
    public float[] toFloats(int from, int to) {
        Objects.checkFromToIndex(from, to, count);
        float[] floats = new float[(to - from) * samples];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values[from * samples + i] / SCALE;
        }
        return floats;
    }

    /** Writes clip {@code index} as values in [−1, 1) into {@code out} at {@code offset}. */
    public void toFloats(int index, float[] out, int offset) {
        int start = Objects.checkIndex(index, count) * samples;
        for (int i = 0; i < samples; i++) {
            out[offset + i] = values[start + i] / SCALE;
        }
    }

    public int count() {
        return count;
    }

    /** Samples per clip. */
    public int samples() {
        return samples;
    }

    /** Samples per second. */
    public int rate() {
        return rate;
    }

    /** The samples themselves, not a copy. */
    public short[] values() {
        return values;
    }

    /** How long each clip is. */
    public double seconds() {
        return (double) samples / rate;
    }

    /** Clips {@code from} (inclusive) to {@code to} (exclusive). */
    public Sounds slice(int from, int to) {
        Objects.checkFromToIndex(from, to, count);
        return new Sounds(to - from, samples, rate, Arrays.copyOfRange(values, from * samples, to * samples));
    }

    /** All clips in one, one after the other, with {@code pause} seconds of silence between. */
    public Sounds joined(double pause) {
        if (!(pause >= 0 && pause <= 3600)) {
            throw new IllegalArgumentException("a pause lasts 0 to 3600 seconds, not " + pause);
        }
        int gap = (int) Math.round(pause * rate);
        int length = Math.addExact(Math.multiplyExact(count, samples), Math.multiplyExact(count - 1, gap));
        short[] all = new short[length];
        for (int i = 0; i < count; i++) {
            System.arraycopy(values, i * samples, all, i * (samples + gap), samples);
        }
        return new Sounds(1, length, rate, all);
    }

    /**
     * Writes the only clip of this batch (see {@link #joined}) as a WAV of 16-bit PCM, whole or not at all.
     *
     * @throws IOException if it cannot be written
     */
    public void writeWav(Path file) throws IOException {
        if (count != 1) {
            throw new IllegalStateException("a WAV holds one clip, not " + count + "; use joined(pause) first");
        }
        WavFiles.write(file, this);
    }

    /**
     * Reads a WAV as a batch of one, at its own rate, channels mixed to one; see {@link WavFiles}.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Sounds read(Path file) throws IOException {
        WavFiles.Wave wave = WavFiles.read(file);
        return fromFloats(wave.values(), 1, wave.values().length, wave.rate());
    }

    /**
     * Reads a WAV as a batch of one, resampled to {@code rate} samples a second.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Sounds read(Path file, int rate) throws IOException {
        WavFiles.Wave wave = WavFiles.read(file);
        float[] resampled = Resampler.of(wave.rate(), rate).apply(wave.values());
        return fromFloats(resampled, 1, resampled.length, rate);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Sounds that && count == that.count && samples == that.samples && rate == that.rate
                && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Objects.hash(count, samples, rate, Arrays.hashCode(values));
    }

    @Override
    public String toString() {
        return count + (count == 1 ? " clip of " : " clips of ") + samples + " samples at " + rate + " Hz";
    }
}
