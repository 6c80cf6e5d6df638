package io.zoetrope.model.unet;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/**
 * The shape of a {@link UNet}.
 *
 * @param picture        what goes in and comes out
 * @param blockChannels  channels at each resolution, finest first; the resolution halves from one to the next
 * @param layersPerBlock residual blocks at each resolution on the way down; one more on the way up
 * @param downAttention  whether each resolution has attention after every residual block on the way down, finest first
 * @param upAttention    the same on the way up, coarsest first
 * @param blocks         how the blocks are made
 * @param headDim        width of an attention head; none: one head of all channels
 * @param middle         what lies between the way down and the way up
 * @param time           how the timestep is put into numbers
 * @param conditioning   what else the network is told
 * @param classes        number of classes to condition on where they have a table, else 0
 */
public record UNetConfig(Picture picture, List<Integer> blockChannels, int layersPerBlock, List<Boolean> downAttention,
        List<Boolean> upAttention, Blocks blocks, OptionalInt headDim, Middle middle, Time time,
        Conditioning conditioning, int classes) {

    static final int MOST_RESOLUTIONS = 16;
    static final int MOST_LAYERS = 64;
    static final int MOST_CHANNELS = 1 << 16;
    static final int MOST_PIXELS = 1 << 16;
    static final int MOST_CLASSES = 1 << 24;

    /** What a network is told beside the timestep. */
    public enum Conditioning {
        /** Nothing. */
        NONE,
        /** A class, I32 [N], each with a learned vector. */
        TABLE,
        /** A number, F32 or I32 [N], treated as the timestep is. */
        NUMBER,
        /** The vector itself, F32 or of the network's type, [N, {@link #embedding}]. */
        VECTOR
    }

    /**
     * What goes in and comes out.
     *
     * @param height of the pictures the network was made for; 0: not said, as is the width
     * @param in     channels of the input
     * @param out    channels of the output
     * @param centre whether inputs lie in [0, 1] and are brought to [−1, 1] first
     */
    public record Picture(int height, int width, int in, int out, boolean centre) {
        public Picture {
            if (height < 0 || width < 0 || height == 0 != (width == 0) || in < 1 || out < 1) {
                throw new IllegalArgumentException("UNet: pictures of " + height + "×" + width + " pixels and channels "
                        + in + " to " + out + ": expected at least 1");
            }
        }

        /** Pictures as wide as high that come out with the channels they went in with. */
        public static Picture square(int size, int channels) {
            return new Picture(size, size, channels, channels, false);
        }
    }

    /**
     * How residual and attention blocks are made.
     *
     * @param groups      of the group norms
     * @param epsilon     of the group norms
     * @param activation  after the norms
     * @param scaleShift whether the time embedding scales and shifts the second norm (Nichol and Dhariwal 2021, section
     *                    3) rather than being added before it
     * @param halvedAtEnd whether halving pads below and on the right alone, as the first DDPM code does, rather than on
     *                    all sides
     */
    public record Blocks(int groups, float epsilon, Activation activation, boolean scaleShift, boolean halvedAtEnd) {
        public Blocks {
            if (groups < 1 || !(epsilon > 0)) {
                throw new IllegalArgumentException("UNet: " + groups + " groups with epsilon " + epsilon
                        + ": expected at least 1, and a positive number");
            }
        }

        public static Blocks of(int groups) {
            return new Blocks(groups, 1e-5f, Activation.SILU, false, false);
        }
    }

    /**
     * The middle.
     *
     * @param attention whether there is any between its two residual blocks
     * @param groups    of the attention's norm; none: no norm
     * @param scale     by which every block's sum of input and change is divided
     */
    public record Middle(boolean attention, OptionalInt groups, float scale) {
        /** A middle with attention, normalised in so many groups. */
        public static Middle attending(int groups) {
            return new Middle(true, OptionalInt.of(groups), 1);
        }
    }

    /**
     * The sinusoidal embedding of the timestep: features exp(−ln(10⁴)·i/(half − shift)).
     *
     * @param shift        of the frequencies; 1: the last one is exactly 10⁻⁴
     * @param cosinesFirst whether cosines come before sines
     */
    public record Time(double shift, boolean cosinesFirst) {
        public static final Time SINES_FIRST = new Time(0, false);
    }

    public UNetConfig {
        blockChannels = List.copyOf(blockChannels);
        downAttention = List.copyOf(downAttention);
        upAttention = List.copyOf(upAttention);
        if (blockChannels.isEmpty() || blockChannels.size() != downAttention.size()
                || blockChannels.size() != upAttention.size()) {
            throw new IllegalArgumentException("UNet: " + blockChannels.size() + " resolutions with channels "
                    + blockChannels + ", " + downAttention.size() + " blocks down and " + upAttention.size()
                    + " up: expected one of each for each resolution");
        }
        if (blockChannels.size() > MOST_RESOLUTIONS || layersPerBlock < 1 || layersPerBlock > MOST_LAYERS
                || blockChannels.stream().anyMatch(width -> width < 1 || width > MOST_CHANNELS)) {
            throw new IllegalArgumentException("UNet: " + blockChannels.size() + " resolutions of " + layersPerBlock
                    + " layers with channels " + blockChannels + ": expected 1 to " + MOST_RESOLUTIONS + ", "
                    + MOST_LAYERS + " and " + MOST_CHANNELS);
        }
        requireMultiple("height", picture.height, blockChannels.size());
        requireMultiple("width", picture.width, blockChannels.size());
        if (classes < 0 || classes > 0 != (conditioning == Conditioning.TABLE)) {
            throw new IllegalArgumentException("UNet: " + classes + " classes with conditioning " + conditioning
                    + ": expected some with a table, none otherwise");
        }
        for (int width : blockChannels) {
            requireGroups(width, blocks.groups);
        }
        int last = blockChannels.get(blockChannels.size() - 1);
        if (middle.attention) {
            middle.groups.ifPresent(groups -> requireGroups(last, groups));
            requireHeads(last, headDim);
        }
        for (int level = 0; level < blockChannels.size(); level++) {
            if (downAttention.get(level) || upAttention.get(blockChannels.size() - 1 - level)) {
                requireHeads(blockChannels.get(level), headDim);
            }
        }
        if (!(blockChannels.get(0) / 2 > time.shift)) {
            throw new IllegalArgumentException("UNet: a time embedding of " + blockChannels.get(0)
                    + " features has too few for a frequency shift of " + time.shift);
        }
    }

    private static void requireMultiple(String what, int pixels, int resolutions) {
        int factor = 1 << (resolutions - 1);
        if (pixels % factor != 0) {
            throw new IllegalArgumentException("UNet: picture " + what + " " + pixels + " must be a multiple of "
                    + factor + " for " + resolutions + " resolutions");
        }
    }

    private static void requireGroups(int width, int groups) {
        if (groups < 1 || width % groups != 0) {
            throw new IllegalArgumentException("UNet: " + width + " channels do not divide into " + groups + " groups");
        }
    }

    private static void requireHeads(int width, OptionalInt headDim) {
        if (headDim.isPresent() && (headDim.getAsInt() < 1 || headDim.getAsInt() > width)) {
            throw new IllegalArgumentException(
                    "UNet: attention over " + width + " channels has no head of " + headDim.getAsInt());
        }
    }

    /**
     * A network whose way up mirrors its way down, for square pictures, with one head in each attention.
     *
     * @param attention whether each resolution has attention, finest first
     * @param classes   number of classes to condition on, 0 for none
     */
    public static UNetConfig symmetric(int imageSize, int channels, List<Integer> blockChannels, int layersPerBlock,
            List<Boolean> attention, int normGroups, int classes) {
        List<Boolean> up = new ArrayList<>(attention);
        Collections.reverse(up);
        return new UNetConfig(Picture.square(imageSize, channels), blockChannels, layersPerBlock, attention, up,
                Blocks.of(normGroups), OptionalInt.empty(), Middle.attending(normGroups), Time.SINES_FIRST,
                classes == 0 ? Conditioning.NONE : Conditioning.TABLE, classes);
    }

    /** The network for 28×28 grey pictures: 1,623,169 parameters without classes. */
    public static UNetConfig fashion() {
        return forPictures(28, 1);
    }

    /** The network of {@link #fashion} for square pictures of another size, a multiple of 4, and other channels. */
    public static UNetConfig forPictures(int size, int channels) {
        UNetConfig network = symmetric(size, channels, List.of(32, 64, 64), 2, List.of(false, false, true), 8, 0);
        return new UNetConfig(network.picture, network.blockChannels, network.layersPerBlock, network.downAttention,
                network.upAttention, network.blocks, OptionalInt.of(64), network.middle, network.time,
                network.conditioning, 0);
    }

    /**
     * Height of the pictures the network was made for.
     *
     * @throws IllegalArgumentException if its settings do not say
     */
    public int height() {
        requireSize();
        return picture.height;
    }

    /**
     * Width of the pictures the network was made for.
     *
     * @throws IllegalArgumentException if its settings do not say
     */
    public int width() {
        requireSize();
        return picture.width;
    }

    /**
     * Height and width of the square pictures the network was made for.
     *
     * @throws IllegalArgumentException if they are not
     */
    public int imageSize() {
        if (height() != width()) {
            throw new IllegalArgumentException(
                    "the model is for pictures of " + height() + "×" + width() + " pixels, expected square ones");
        }
        return height();
    }

    private void requireSize() {
        if (picture.height == 0) {
            throw new IllegalArgumentException(
                    "the model does not say for how large pictures it is: its sample_size is null;"
                            + " write their height and width into its config.json, such as [32, 32]");
        }
    }

    /** Channels of the pictures. */
    public int channels() {
        return picture.in;
    }

    /** Features of the sinusoidal time embedding. */
    public int timeFeatures() {
        return blockChannels.get(0);
    }

    /** Width of the time embedding after its two layers. */
    public int embedding() {
        return 4 * blockChannels.get(0);
    }
}
