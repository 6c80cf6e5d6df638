package io.zoetrope.model.patches;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.nn.TransformerBlock;
import java.util.List;
import java.util.Locale;

/**
 * What a model of patches is, apart from its weights and its palette. A position is that of a patch, counted row by row.
 *
 * @param purpose        what it predicts
 * @param height         pixels of a picture, as {@code width} and {@code channels}
 * @param size           height and width of a patch, which divides both
 * @param palette        patches of the palette that generators choose from; 0 for classifiers
 * @param classNames     of the pictures: what classifiers tell apart, and what generators can be asked for (none: nothing)
 * @param darkBackground whether the pictures it knows are light on a dark ground
 * @param modelWidth     channels of a token, a multiple of 4
 * @param layers         transformer blocks
 * @param heads          which divide the model's width
 * @param hidden         channels inside the blocks' perceptrons
 * @param rotary         whether queries and keys turn by row and column (then the channels of a head are a multiple of 4)
 */
public record PatchesConfig(Purpose purpose, int height, int width, int channels, int size, int palette,
        List<String> classNames, boolean darkBackground, int modelWidth, int layers, int heads, int hidden, boolean rotary) {
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
        if (size < 1 || height < 1 || width < 1 || channels < 1 || height % size != 0 || width % size != 0) {
            throw new IllegalArgumentException("pictures of " + width + "×" + height + "×" + channels
                    + " do not divide into patches of " + size + "×" + size + " pixels");
        }
        Math.multiplyExact(Math.multiplyExact(size, size), channels);
        boolean generates = purpose == Purpose.GENERATE;
        if (layers < 1 || classNames.size() < (generates ? 0 : 2) || (generates ? palette < 2 : palette != 0)) {
            throw new IllegalArgumentException("patch transformer: palette " + palette + ", classes " + classNames + ", layers "
                    + layers + ": expected layers, a palette of at least 2 to generate and none to classify, and at least 2"
                    + " classes to classify");
        }
        if (modelWidth < 4 || modelWidth % 4 != 0 || heads < 1 || modelWidth % heads != 0 || hidden < 1
                || rotary && modelWidth / heads % 4 != 0) {
            throw new IllegalArgumentException("patch transformer: width " + modelWidth + ", heads " + heads + ", hidden "
                    + hidden + ": expected a width that is a multiple of 4 and of the heads"
                    + (rotary ? ", and heads whose channels are a multiple of 4" : ""));
        }
    }

    /** Patches from top to bottom. */
    public int rows() {
        return height / size;
    }

    /** Patches from left to right. */
    public int columns() {
        return width / size;
    }

    /** Values of a patch: its height times width times channels. */
    public int patch() {
        return size * size * channels;
    }

    /** Tokens of a picture. */
    public int positions() {
        return rows() * columns();
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
        return Config.empty().with("_class_name", "PatchTransformer").with("purpose", purpose.text()).with("height", height)
                .with("width", width).with("in_channels", channels).with("patch_size", size).with("num_vector_embeds", palette)
                .with("class_names", classNames).with("dark_background", darkBackground)
                .with("attention_head_dim", modelWidth / heads).with("num_attention_heads", heads).with("num_layers", layers)
                .with("feed_forward_dim", hidden).with("rotary", rotary);
    }

    static PatchesConfig of(Config settings) throws BadFileException {
        int heads = settings.integer("num_attention_heads");
        return new PatchesConfig(Purpose.named(settings.text("purpose")), settings.integer("height"), settings.integer("width"),
                settings.integer("in_channels"), settings.integer("patch_size"), settings.integer("num_vector_embeds"),
                settings.texts("class_names"), settings.flag("dark_background", true),
                Math.multiplyExact(heads, settings.integer("attention_head_dim")), settings.integer("num_layers"), heads,
                settings.integer("feed_forward_dim"), settings.flag("rotary", false));
    }
}
