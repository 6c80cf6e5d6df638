package io.zoetrope.model.gan;

import java.util.List;

/**
 * The sizes of an adversarial pair of networks for square pictures.
 *
 * @param imageSize     height and width
 * @param channels      of the pictures
 * @param patch         1: the networks work at the picture's own resolution too; 2: from half of it down, which a strided
 *                      convolution leads to and a transposed one back from, for a fraction of the work
 * @param widths        channels of each resolution they work at, from the highest down, each half the one before
 * @param blocks        residual blocks at each resolution, in the same order
 * @param expansion     channels inside a block, as a multiple of its width
 * @param groupWidth    channels of a group of the convolution inside a block
 * @param latent        length of the generator's noise vector
 * @param classes       kinds of pictures that can be asked for; 0: none
 * @param classFeatures length of a class's learned vector
 */
public record GanShape(int imageSize, int channels, int patch, List<Integer> widths, List<Integer> blocks, int expansion,
        int groupWidth, int latent, int classes, int classFeatures) {
    public GanShape {
        widths = List.copyOf(widths);
        blocks = List.copyOf(blocks);
        require(channels >= 1 && latent >= 1 && expansion >= 1 && groupWidth >= 1,
                "channels " + channels + ", latent " + latent + ", expansion " + expansion + " and group width " + groupWidth
                        + " must be 1 or more");
        require(!widths.isEmpty() && widths.size() == blocks.size(), widths.size() + " widths and " + blocks.size()
                + " numbers of blocks: there must be one of each for every resolution");
        require(classes >= 0 && (classes == 0 || classFeatures >= 1), classes + " classes with " + classFeatures
                + " features: expected 0 or more, and features with classes");
        require(patch == 1 || patch == 2, "patch " + patch + ": expected 1 or 2");
        int shrink = patch << widths.size() - 1;
        require(imageSize >= 1 && imageSize % shrink == 0, "pictures of " + imageSize + " pixels do not halve as often as"
                + " they must: their size must be a multiple of " + shrink);
        for (int i = 0; i < widths.size(); i++) {
            require(blocks.get(i) >= 0, blocks.get(i) + " blocks: expected 0 or more");
            require(widths.get(i) >= 1 && widths.get(i) * expansion % groupWidth == 0, "width " + widths.get(i) + " times "
                    + expansion + " does not divide into groups of " + groupWidth);
        }
    }

    /** Width of the default networks at half the picture's resolution. */
    public static final int WIDTH = 32;

    /**
     * Networks that work at a half and a quarter of the resolution of square pictures of this size, a multiple of 4.
     *
     * @param width channels at half the resolution, a multiple of 8; at the quarter they are twice as many
     */
    public static GanShape forPictures(int size, int channels, int classes, int width) {
        return new GanShape(size, channels, 2, List.of(width, 2 * width), List.of(2, 2), 2, 16, 64, classes, 32);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException("adversarial networks: " + message);
        }
    }

    public int levels() {
        return widths.size();
    }

    /** Height and width at a level: 0 is the highest they work at. */
    int size(int level) {
        return imageSize / patch >> level;
    }

    int residualBlocks() {
        return blocks.stream().mapToInt(Integer::intValue).sum();
    }
}
