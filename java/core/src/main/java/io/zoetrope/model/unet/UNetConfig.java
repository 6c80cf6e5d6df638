package io.zoetrope.model.unet;

import java.util.List;

/**
 * The shape of a {@link UNet}.
 *
 * @param imageSize      height and width of the pictures
 * @param channels       of the pictures
 * @param blockChannels  channels at each resolution, finest first; the resolution halves from one to the next
 * @param layersPerBlock residual blocks at each resolution on the way down; one more on the way up
 * @param attention      whether each resolution has attention after every residual block
 * @param normGroups     groups of the group norms
 * @param classes        number of classes to condition on, 0 for none
 */
public record UNetConfig(int imageSize, int channels, List<Integer> blockChannels, int layersPerBlock,
        List<Boolean> attention, int normGroups, int classes) {

    private static final int MOST_RESOLUTIONS = 16;
    private static final int MOST_LAYERS = 64;
    private static final int MOST_CHANNELS = 1 << 16;

    public UNetConfig {
        blockChannels = List.copyOf(blockChannels);
        attention = List.copyOf(attention);
        if (blockChannels.isEmpty() || blockChannels.size() != attention.size()) {
            throw new IllegalArgumentException("UNet: " + blockChannels.size() + " resolutions with channels " + blockChannels
                    + " and attention " + attention + ": expected one entry each, at least one");
        }
        if (blockChannels.size() > MOST_RESOLUTIONS || layersPerBlock > MOST_LAYERS
                || blockChannels.stream().anyMatch(width -> width > MOST_CHANNELS)) {
            throw new IllegalArgumentException("UNet: " + blockChannels.size() + " resolutions of " + layersPerBlock
                    + " layers with channels " + blockChannels + ": expected at most " + MOST_RESOLUTIONS + ", "
                    + MOST_LAYERS + " and " + MOST_CHANNELS);
        }
        int factor = 1 << (blockChannels.size() - 1);
        if (imageSize < 1 || imageSize % factor != 0) {
            throw new IllegalArgumentException("UNet: picture size " + imageSize + " must be a multiple of " + factor
                    + " for " + blockChannels.size() + " resolutions");
        }
        if (channels < 1 || layersPerBlock < 1 || normGroups < 1 || classes < 0) {
            throw new IllegalArgumentException("UNet: channels " + channels + ", layers " + layersPerBlock + ", groups "
                    + normGroups + ", classes " + classes + ": expected at least 1, 1, 1 and 0");
        }
        for (int width : blockChannels) {
            if (width < 1 || width % normGroups != 0) {
                throw new IllegalArgumentException("UNet: " + width + " channels do not divide into " + normGroups + " groups");
            }
        }
    }

    /** The network for 28×28 grey pictures: 1,623,169 parameters without classes. */
    public static UNetConfig fashion() {
        return new UNetConfig(28, 1, List.of(32, 64, 64), 2, List.of(false, false, true), 8, 0);
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
