package io.zoetrope.model.patches;

import io.zoetrope.data.PatchGrid;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ConfigReader;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.nn.TransformerBlock;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a model of patches is, apart from its weights and its palette. A position is that of a patch, counted row by
 * row.
 *
 * @param purpose        what it predicts
 * @param height         pixels of a picture, as {@code width} and {@code channels}
 * @param size           height and width of a patch, which divides both
 * @param palette        patches of the palette that generators choose from; 0 for classifiers
 * @param classNames of the pictures: what classifiers tell apart, and what generators can be asked for (none: nothing)
 * @param darkBackground whether the pictures it knows are light on a dark ground
 * @param modelWidth     channels of a token, a multiple of 4
 * @param layers         transformer blocks
 * @param heads          which divide the model's width
 * @param hidden         channels inside the blocks' perceptrons
 * @param rotary whether queries and keys turn by row and column (then the channels of a head are a multiple of 4)
 */
public record PatchesConfig(Purpose purpose, int height, int width, int channels, int size, int palette,
        List<String> classNames, boolean darkBackground, int modelWidth, int layers, int heads, int hidden,
        boolean rotary) {
    private static final String CLASS_NAME = "PatchTransformer";
    private static final String PALETTE_CLASS = "PatchPalette";
    private static final Map<String, Purpose> PURPOSES = Map.of(Purpose.GENERATE.text(), Purpose.GENERATE,
            Purpose.CLASSIFY.text(), Purpose.CLASSIFY);
    private static final int MOST_PIXELS = 1 << 14;
    private static final int MOST_CHANNELS = 1 << 15;
    private static final int MOST_LAYERS = 256;
    private static final int MOST_CLASSES = 1 << 20;

    /** What a network predicts. */
    public enum Purpose {
        /** The palette's patch at every position: one after the other, and many at a time from those known. */
        GENERATE,
        /** The class of a picture. */
        CLASSIFY;

        /** @throws IllegalArgumentException naming what there is */
        public static Purpose named(String name) {
            for (Purpose purpose : values()) {
                if (purpose.text().equals(name)) {
                    return purpose;
                }
            }
            throw new IllegalArgumentException("purpose '" + name + "': expected generate or classify");
        }

        /** As settings name it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public PatchesConfig {
        classNames = List.copyOf(classNames);
        new PatchGrid(height, width, channels, size);
        boolean generates = purpose == Purpose.GENERATE;
        if (layers < 1 || classNames.size() < (generates ? 0 : 2) || (generates ? palette < 2 : palette != 0)) {
            throw new IllegalArgumentException("patch transformer: palette " + palette + ", classes " + classNames
                    + ", layers " + layers
                    + ": expected layers, a palette of at least 2 to generate and none to classify, and at least 2"
                    + " classes to classify");
        }
        if (modelWidth < 4 || modelWidth % 4 != 0 || heads < 1 || modelWidth % heads != 0 || hidden < 1
                || rotary && modelWidth / heads % 4 != 0) {
            throw new IllegalArgumentException("patch transformer: width " + modelWidth + ", heads " + heads
                    + ", hidden " + hidden + ": expected a width that is a multiple of 4 and of the heads"
                    + (rotary ? ", and heads whose channels are a multiple of 4" : ""));
        }
    }

    /** How pictures are cut into patches. */
    public PatchGrid grid() {
        return new PatchGrid(height, width, channels, size);
    }

    /** Patches from top to bottom. */
    public int rows() {
        return grid().rows();
    }

    /** Patches from left to right. */
    public int columns() {
        return grid().columns();
    }

    /** Values of a patch: its height times width times channels. */
    public int patch() {
        return grid().patch();
    }

    /** Tokens of a picture. */
    public int positions() {
        return grid().positions();
    }

    public int classes() {
        return classNames.size();
    }

    /** The token of a position that is not known. */
    public int mask() {
        return palette;
    }

    /** The token before the first. */
    public int start() {
        return palette + 1;
    }

    /** The class of a picture that is asked for without one. */
    public int anyClass() {
        return classNames.size();
    }

    TransformerBlock.Config block() {
        return new TransformerBlock.Config(modelWidth, heads, hidden, purpose == Purpose.GENERATE, 0);
    }

    Config settings() {
        return Config.empty().with("_class_name", CLASS_NAME).with("purpose", purpose.text()).with("height", height)
                .with("width", width).with("in_channels", channels).with("patch_size", size)
                .with("num_vector_embeds", palette).with("class_names", classNames)
                .with("dark_background", darkBackground).with("attention_head_dim", modelWidth / heads)
                .with("num_attention_heads", heads).with("num_layers", layers).with("feed_forward_dim", hidden)
                .with("rotary", rotary);
    }

    /**
     * What a model's folder says it is.
     *
     * @throws BadFileException naming what is not understood
     */
    static PatchesConfig of(ModelFolder files) throws IOException {
        if (!files.has(PatchesModel.COMPONENT)) {
            files.require(Set.of(PatchesModel.PIPELINE), Set.of(PatchesModel.COMPONENT));
        }
        PatchesConfig config = of(files.config(PatchesModel.COMPONENT));
        boolean generates = config.purpose == Purpose.GENERATE;
        files.require(Set.of(PatchesModel.PIPELINE),
                generates ? Set.of(PatchesModel.COMPONENT, PatchesModel.PALETTE) : Set.of(PatchesModel.COMPONENT));
        if (generates) {
            config.requirePalette(files.config(PatchesModel.PALETTE));
        }
        return config;
    }

    private static PatchesConfig of(Config settings) throws BadFileException {
        ConfigReader reader = settings.reader(CLASS_NAME);
        Purpose purpose = reader.choice("purpose", PURPOSES);
        int height = reader.integer("height", 1, MOST_PIXELS);
        int width = reader.integer("width", 1, MOST_PIXELS);
        int channels = reader.integer("in_channels", 1, MOST_CHANNELS);
        int size = reader.integer("patch_size", 1, MOST_PIXELS);
        int palette = reader.integer("num_vector_embeds", 0, MOST_CLASSES);
        List<String> classNames = reader.names("class_names", MOST_CLASSES);
        boolean darkBackground = reader.flag("dark_background", true);
        int headDim = reader.integer("attention_head_dim", 1, MOST_CHANNELS);
        int heads = reader.integer("num_attention_heads", 1, MOST_CHANNELS);
        int layers = reader.integer("num_layers", 1, MOST_LAYERS);
        int hidden = reader.integer("feed_forward_dim", 1, MOST_CHANNELS);
        boolean rotary = reader.flag("rotary", false);
        reader.done();
        return reader.make(() -> new PatchesConfig(purpose, height, width, channels, size, palette, classNames,
                darkBackground, heads * headDim, layers, heads, hidden, rotary));
    }

    Config paletteSettings() {
        return Config.empty().with("_class_name", PALETTE_CLASS).with("num_patches", palette).with("patch_size", size);
    }

    /** Throws unless a palette's file says what {@link #paletteSettings} does. */
    private void requirePalette(Config settings) throws BadFileException {
        ConfigReader reader = settings.reader(PALETTE_CLASS);
        reader.integer("num_patches", palette, palette);
        reader.integer("patch_size", size, size);
        reader.done();
    }
}
