package io.zoetrope.model.wavegan;

import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ConfigReader;
import io.zoetrope.io.ModelFolder;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * What an adversarial model of sounds is, apart from its weights: the sizes of both networks, after WaveGAN (Donahue et
 * al. 2019), and the classes.
 *
 * @param samples       length of a sound
 * @param rate          samples a second
 * @param width         channels next to the sound; each level below has twice as many
 * @param levels        strided convolutions in each network
 * @param kernel        places each of them sees
 * @param stride        factor between the lengths of two levels
 * @param shuffle       places by which the discriminator's levels are shifted at most; 0: not at all
 * @param latent        length of the generator's noise vector
 * @param classFeatures length of a class's learned vector
 * @param classNames    what the classes that can be asked for mean, by number; empty where there are none
 */
public record WaveGanConfig(int samples, int rate, int width, int levels, int kernel, int stride, int shuffle,
        int latent, int classFeatures, List<String> classNames) {
    private static final String CLASS_NAME = "WaveGanGenerator";
    private static final int MOST_SAMPLES = 1 << 24;
    private static final int MOST_RATE = 1 << 20;
    private static final int MOST_CHANNELS = 1 << 14;
    private static final int MOST_LEVELS = 12;
    private static final int MOST_TAPS = 30;
    private static final int MOST_CLASSES = 1 << 20;

    public WaveGanConfig {
        classNames = List.copyOf(classNames);
        require(width >= 1 && latent >= 1, "width " + width + " and latent " + latent + " must be 1 or more");
        require(levels >= 1 && levels <= MOST_LEVELS, levels + " levels: expected 1 to " + MOST_LEVELS);
        require(stride >= 2 && kernel >= stride && kernel <= MOST_TAPS, "kernel " + kernel + " and stride " + stride
                + ": expected a stride of 2 or more and a kernel from that to " + MOST_TAPS);
        require(shuffle >= 0, "shuffle " + shuffle + " must be 0 or more");
        require(classNames.isEmpty() || classFeatures >= 1,
                classNames.size() + " classes with " + classFeatures + " features: expected features with classes");
        require(rate >= 1, rate + " samples a second: expected 1 or more");
        long shrink = Math.round(Math.pow(stride, levels));
        require(samples >= shrink && samples % shrink == 0, samples + " samples are no multiple of " + shrink
                + ", stride " + stride + " taken " + levels + " times");
        require(samples / shrink * stride > shuffle, "shuffle " + shuffle + " is no less than the "
                + samples / shrink * stride + " places of the shortest shuffled level");
    }

    /** Kernels of 25, strides of 4, shuffled by up to 2, for sounds of a multiple of 1024 samples. */
    public static WaveGanConfig forSounds(int samples, int rate, List<String> classNames, int width) {
        return new WaveGanConfig(samples, rate, width, 5, 25, 4, 2, 100, 32, classNames);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException("adversarial networks for sounds: " + message);
        }
    }

    /** Kinds of sounds that can be asked for. */
    public int classes() {
        return classNames.size();
    }

    /** What a classifier of these sounds looks at. */
    public MelSpectrogram recognition() {
        return MelSpectrogram.RECOGNITION.at(rate);
    }

    /** Positions at a level: 0 is the sound itself. */
    int length(int level) {
        return samples / (int) Math.round(Math.pow(stride, level));
    }

    /** Channels at a level. */
    int channels(int level) {
        return level == 0 ? 1 : width << level - 1;
    }

    Config settings() {
        return Config.empty().with("_class_name", CLASS_NAME).with("samples", samples).with("rate", rate)
                .with("width", width).with("levels", levels).with("kernel", kernel).with("stride", stride)
                .with("shuffle", shuffle).with("latent", latent).with("class_features", classFeatures)
                .with("class_names", classNames);
    }

    /**
     * What a model's folder says it is.
     *
     * @throws BadFileException naming what is not understood
     */
    static WaveGanConfig of(ModelFolder files) throws IOException {
        files.require(Set.of(WaveGanModel.PIPELINE), Set.of(WaveGanModel.COMPONENT));
        return of(files.config(WaveGanModel.COMPONENT));
    }

    private static WaveGanConfig of(Config settings) throws BadFileException {
        ConfigReader reader = settings.reader(CLASS_NAME);
        int samples = reader.integer("samples", 1, MOST_SAMPLES);
        int rate = reader.integer("rate", 1, MOST_RATE);
        int width = reader.integer("width", 1, MOST_CHANNELS);
        int levels = reader.integer("levels", 1, MOST_LEVELS);
        int kernel = reader.integer("kernel", 2, MOST_TAPS);
        int stride = reader.integer("stride", 2, MOST_TAPS);
        int shuffle = reader.integer("shuffle", 0, MOST_SAMPLES);
        int latent = reader.integer("latent", 1, MOST_CHANNELS);
        int classFeatures = reader.integer("class_features", 0, MOST_CHANNELS);
        List<String> classNames = reader.names("class_names", MOST_CLASSES);
        reader.done();
        return reader.make(() -> new WaveGanConfig(samples, rate, width, levels, kernel, stride, shuffle, latent,
                classFeatures, classNames));
    }
}
