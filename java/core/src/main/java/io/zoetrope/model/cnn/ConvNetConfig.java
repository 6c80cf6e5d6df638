package io.zoetrope.model.cnn;

import java.util.List;

/**
 * The shape of a {@link ConvNet}.
 *
 * @param height      of the pictures
 * @param width       of the pictures
 * @param channels    of the pictures
 * @param classes     what it tells apart
 * @param stemFilters filters of the first convolution, 3 × 3
 * @param stemPool    side of the max pooling after it, 1 for none
 * @param widths      channels of each stage, finest first; the resolution halves from one to the next
 * @param blocks      residual blocks of each stage
 * @param normGroups  groups of the group norms; 0: batch norms
 */
public record ConvNetConfig(int height, int width, int channels, int classes, int stemFilters, int stemPool,
        List<Integer> widths, List<Integer> blocks, int normGroups) {
    private static final int MOST_STAGES = 8;
    static final int MOST_BLOCKS = 64;
    static final int MOST_CHANNELS = 1 << 14;
    static final int MOST_PIXELS = 1 << 14;
    private static final int LARGE = 48;

    public ConvNetConfig {
        widths = List.copyOf(widths);
        blocks = List.copyOf(blocks);
        if (height < 1 || width < 1 || height > MOST_PIXELS || width > MOST_PIXELS || channels < 1
                || channels > MOST_CHANNELS || classes < 1 || classes > MOST_CHANNELS) {
            throw new IllegalArgumentException("ConvNet: pictures of " + height + "×" + width + "×" + channels + " in "
                    + classes + " classes: expected 1 to " + MOST_PIXELS + " pixels a side, 1 to " + MOST_CHANNELS
                    + " channels and classes");
        }
        if (widths.isEmpty() || widths.size() > MOST_STAGES || widths.size() != blocks.size()) {
            throw new IllegalArgumentException("ConvNet: widths " + widths + " and blocks " + blocks
                    + ": expected one entry each for 1 to " + MOST_STAGES + " stages");
        }
        if (blocks.stream().anyMatch(count -> count < 1 || count > MOST_BLOCKS)) {
            throw new IllegalArgumentException(
                    "ConvNet: blocks " + blocks + ": expected 1 to " + MOST_BLOCKS + " a stage");
        }
        if (stemPool < 1 || stemPool > Math.min(height, width)) {
            throw new IllegalArgumentException("ConvNet: pooling of " + stemPool
                    + ": expected 1 (none) to the pictures' " + Math.min(height, width) + " pixels");
        }
        requireChannels(stemFilters, normGroups);
        for (int channelsOfStage : widths) {
            requireChannels(channelsOfStage, normGroups);
        }
    }

    private static void requireChannels(int channels, int groups) {
        if (channels < 1 || channels > MOST_CHANNELS || groups < 0 || groups > 0 && channels % groups != 0) {
            throw new IllegalArgumentException("ConvNet: " + channels + " channels with " + groups
                    + " norm groups: expected 1 to " + MOST_CHANNELS + " channels that divide into the groups");
        }
    }

    /**
     * Small enough to train without a GPU: two stages of one block; 0.4 million parameters. Pictures of {@value #LARGE}
     * pixels and more are pooled by 4 before them, others by 2.
     */
    public static ConvNetConfig small(int height, int width, int channels, int classes) {
        int pool = Math.min(height, width) >= LARGE ? 4 : 2;
        return new ConvNetConfig(height, width, channels, classes, 16, pool, List.of(64, 128), List.of(1, 1), 0);
    }

    /** The size of ResNet-18 (He et al. 2016) for small pictures: four stages of two blocks; 11 million parameters. */
    public static ConvNetConfig resNet18(int height, int width, int channels, int classes) {
        return new ConvNetConfig(height, width, channels, classes, 64, 1, List.of(64, 128, 256, 512),
                List.of(2, 2, 2, 2), 0);
    }

    /** The same shape with group norms of so many groups, or batch norms for 0. */
    public ConvNetConfig withNormGroups(int groups) {
        return new ConvNetConfig(height, width, channels, classes, stemFilters, stemPool, widths, blocks, groups);
    }

    /** Length of the features before the last layer. */
    public int features() {
        return widths.get(widths.size() - 1);
    }
}
