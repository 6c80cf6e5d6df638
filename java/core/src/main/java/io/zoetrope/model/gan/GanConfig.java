package io.zoetrope.model.gan;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ConfigReader;
import io.zoetrope.io.ModelFolder;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * What an adversarial model of square pictures is, apart from its weights: the sizes of both networks and the classes.
 *
 * @param imageSize     height and width
 * @param channels      of the pictures
 * @param patch 1: the networks work at the picture's own resolution too; 2: from half of it down, which a strided
 *                      convolution leads to and a transposed one back from, for a fraction of the work
 * @param widths        channels of each resolution they work at, from the highest down, each half the one before
 * @param blocks        residual blocks at each resolution, in the same order
 * @param expansion     channels inside a block, as a multiple of its width
 * @param groupWidth    channels of a group of the convolution inside a block
 * @param latent        length of the generator's noise vector
 * @param classFeatures length of a class's learned vector
 * @param classNames    what the classes that can be asked for mean, by number; empty where there are none
 */
public record GanConfig(int imageSize, int channels, int patch, List<Integer> widths, List<Integer> blocks,
        int expansion, int groupWidth, int latent, int classFeatures, List<String> classNames) {
    /** Width of the default networks at half the picture's resolution. */
    public static final int WIDTH = 32;
    private static final String CLASS_NAME = "GanGenerator";
    private static final int MOST_PIXELS = 1 << 14;
    private static final int MOST_CHANNELS = 1 << 14;
    private static final int MOST_LEVELS = 12;
    private static final int MOST_BLOCKS = 64;
    private static final int MOST_CLASSES = 1 << 20;

    public GanConfig {
        widths = List.copyOf(widths);
        blocks = List.copyOf(blocks);
        classNames = List.copyOf(classNames);
        require(channels >= 1 && latent >= 1 && expansion >= 1 && groupWidth >= 1, "channels " + channels + ", latent "
                + latent + ", expansion " + expansion + " and group width " + groupWidth + " must be 1 or more");
        require(!widths.isEmpty() && widths.size() <= MOST_LEVELS && widths.size() == blocks.size(),
                widths.size() + " widths and " + blocks.size()
                        + " numbers of blocks: there must be one of each for every resolution, at most " + MOST_LEVELS);
        require(classNames.isEmpty() || classFeatures >= 1,
                classNames.size() + " classes with " + classFeatures + " features: expected features with classes");
        require(patch == 1 || patch == 2, "patch " + patch + ": expected 1 or 2");
        int shrink = patch << widths.size() - 1;
        require(imageSize >= 1 && imageSize % shrink == 0, "pictures of " + imageSize
                + " pixels do not halve as often as" + " they must: their size must be a multiple of " + shrink);
        for (int i = 0; i < widths.size(); i++) {
            require(blocks.get(i) >= 0, blocks.get(i) + " blocks: expected 0 or more");
            require(widths.get(i) >= 1 && widths.get(i) * expansion % groupWidth == 0,
                    "width " + widths.get(i) + " times " + expansion + " does not divide into groups of " + groupWidth);
        }
    }

    /**
     * Networks that work at a half and a quarter of the resolution of square pictures of this size, a multiple of 4.
     *
     * @param width channels at half the resolution, a multiple of 8; at the quarter they are twice as many
     */
    public static GanConfig forPictures(int size, int channels, List<String> classNames, int width) {
        return new GanConfig(size, channels, 2, List.of(width, 2 * width), List.of(2, 2), 2, 16, 64, 32, classNames);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException("adversarial networks: " + message);
        }
    }

    /** Kinds of pictures that can be asked for. */
    public int classes() {
        return classNames.size();
    }

    /** Resolutions the networks work at. */
    public int levels() {
        return widths.size();
    }

    /** Height and width at a level: 0 is the highest they work at. */
    int size(int level) {
        return imageSize / patch >> level;
    }

    /** In all; at least 1, as starts are scaled by it. */
    int residualBlocks() {
        return Math.max(1, blocks.stream().mapToInt(Integer::intValue).sum());
    }

    Config settings() {
        return Config.empty().with("_class_name", CLASS_NAME).with("image_size", imageSize).with("channels", channels)
                .with("patch", patch).with("widths", ints(widths)).with("blocks", ints(blocks))
                .with("expansion", expansion).with("group_width", groupWidth).with("latent", latent)
                .with("class_features", classFeatures).with("class_names", classNames);
    }

    /**
     * What a model's folder says it is.
     *
     * @throws BadFileException naming what is not understood
     */
    static GanConfig of(ModelFolder files) throws IOException {
        files.require(Set.of(GanModel.PIPELINE), Set.of(GanModel.COMPONENT));
        return of(files.config(GanModel.COMPONENT));
    }

    private static GanConfig of(Config settings) throws BadFileException {
        ConfigReader reader = settings.reader(CLASS_NAME);
        int imageSize = reader.integer("image_size", 1, MOST_PIXELS);
        int channels = reader.integer("channels", 1, MOST_CHANNELS);
        int patch = reader.integer("patch", 1, 2);
        List<Integer> widths = reader.integers("widths", 1, MOST_CHANNELS);
        List<Integer> blocks = reader.integers("blocks", 0, MOST_BLOCKS);
        int expansion = reader.integer("expansion", 1, MOST_CHANNELS);
        int groupWidth = reader.integer("group_width", 1, MOST_CHANNELS);
        int latent = reader.integer("latent", 1, MOST_CHANNELS);
        int classFeatures = reader.integer("class_features", 0, MOST_CHANNELS);
        List<String> classNames = reader.names("class_names", MOST_CLASSES);
        reader.done();
        return reader.make(() -> new GanConfig(imageSize, channels, patch, widths, blocks, expansion, groupWidth,
                latent, classFeatures, classNames));
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }
}
