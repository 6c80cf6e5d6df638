package io.zoetrope.model.wavegan;

/**
 * The sizes of an adversarial pair of networks for sounds, after WaveGAN (Donahue et al. 2019).
 *
 * @param samples       length of a sound
 * @param width         channels next to the sound; each level below has twice as many
 * @param levels        strided convolutions in each network
 * @param kernel        places each of them sees
 * @param stride        factor between the lengths of two levels
 * @param shuffle       places by which the discriminator's levels are shifted at most; 0: not at all
 * @param latent        length of the generator's noise vector
 * @param classes       kinds of sounds that can be asked for; 0: none
 * @param classFeatures length of a class's learned vector
 */
public record WaveGanShape(int samples, int width, int levels, int kernel, int stride, int shuffle, int latent, int classes,
        int classFeatures) {
    public WaveGanShape {
        require(width >= 1 && latent >= 1, "width " + width + " and latent " + latent + " must be 1 or more");
        require(levels >= 1 && levels <= 12, levels + " levels: expected 1 to 12");
        require(stride >= 2 && kernel >= stride && kernel <= 30, "kernel " + kernel + " and stride " + stride
                + ": expected a stride of 2 or more and a kernel from that to 30");
        require(shuffle >= 0, "shuffle " + shuffle + " must be 0 or more");
        require(classes >= 0 && (classes == 0 || classFeatures >= 1), classes + " classes with " + classFeatures
                + " features: expected 0 or more, and features with classes");
        long shrink = Math.round(Math.pow(stride, levels));
        require(samples >= shrink && samples % shrink == 0, samples + " samples are no multiple of " + shrink + ", stride "
                + stride + " taken " + levels + " times");
        require(samples / shrink * stride > shuffle, "shuffle " + shuffle + " is no less than the " + samples / shrink * stride
                + " places of the shortest shuffled level");
    }

    /** One second at 16 kHz, near enough: 16 384 samples, kernels of 25, strides of 4, shuffled by up to 2. */
    public static WaveGanShape second(int width, int classes) {
        return new WaveGanShape(16_384, width, 5, 25, 4, 2, 100, classes, 32);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException("adversarial networks for sounds: " + message);
        }
    }

    /** Places at a level: 0 is the sound itself. */
    int length(int level) {
        return samples / (int) Math.round(Math.pow(stride, level));
    }

    /** Channels at a level. */
    int channels(int level) {
        return level == 0 ? 1 : width << level - 1;
    }
}
