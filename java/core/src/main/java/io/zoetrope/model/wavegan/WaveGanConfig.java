package io.zoetrope.model.wavegan;

import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import java.util.List;

/**
 * What an adversarial model of sounds is, apart from its weights: the sizes of both networks, after WaveGAN (Donahue et al.
 * 2019), and the classes.
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
public record WaveGanConfig(int samples, int rate, int width, int levels, int kernel, int stride, int shuffle, int latent,
        int classFeatures, List<String> classNames) {
    public WaveGanConfig {
        classNames = List.copyOf(classNames);
        require(width >= 1 && latent >= 1, "width " + width + " and latent " + latent + " must be 1 or more");
        require(levels >= 1 && levels <= 12, levels + " levels: expected 1 to 12");
        require(stride >= 2 && kernel >= stride && kernel <= 30, "kernel " + kernel + " and stride " + stride
                + ": expected a stride of 2 or more and a kernel from that to 30");
        require(shuffle >= 0, "shuffle " + shuffle + " must be 0 or more");
        require(classNames.isEmpty() || classFeatures >= 1, classNames.size() + " classes with " + classFeatures
                + " features: expected features with classes");
        require(rate >= 1, rate + " samples a second: expected 1 or more");
        long shrink = Math.round(Math.pow(stride, levels));
        require(samples >= shrink && samples % shrink == 0, samples + " samples are no multiple of " + shrink + ", stride "
                + stride + " taken " + levels + " times");
        require(samples / shrink * stride > shuffle, "shuffle " + shuffle + " is no less than the " + samples / shrink * stride
                + " places of the shortest shuffled level");
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
        return Config.empty().with("_class_name", "WaveGanGenerator").with("samples", samples).with("rate", rate)
                .with("width", width).with("levels", levels).with("kernel", kernel).with("stride", stride)
                .with("shuffle", shuffle).with("latent", latent).with("class_features", classFeatures)
                .with("class_names", classNames);
    }

    static WaveGanConfig of(Config settings) throws BadFileException {
        return new WaveGanConfig(settings.integer("samples"), settings.integer("rate"), settings.integer("width"),
                settings.integer("levels"), settings.integer("kernel"), settings.integer("stride"), settings.integer("shuffle"),
                settings.integer("latent"), settings.integer("class_features"), settings.texts("class_names"));
    }
}
