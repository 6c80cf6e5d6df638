package io.zoetrope.model.patches;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.model.patches.PatchTransformerConfig.Purpose;
import java.util.List;
import java.util.Locale;

/**
 * What a model of patches is, apart from its weights and its palette.
 *
 * @param network        the transformer
 * @param height         pixels of a picture, as {@code width} and {@code channels}
 * @param size           height and width of a patch, which divides both
 * @param classNames     what the classes mean, by number
 * @param darkBackground whether the pictures it knows are light on a dark ground
 */
public record PatchesConfig(PatchTransformerConfig network, int height, int width, int channels, int size,
        List<String> classNames, boolean darkBackground) {
    public PatchesConfig {
        classNames = List.copyOf(classNames);
        if (size < 1 || height % size != 0 || width % size != 0) {
            throw new IllegalArgumentException("pictures of " + width + "×" + height + " pixels do not divide into patches of "
                    + size + "×" + size);
        }
        if (network.rows() != height / size || network.columns() != width / size
                || network.patch() != size * size * channels || network.classes() != classNames.size()) {
            throw new IllegalArgumentException("a network for " + network.rows() + "×" + network.columns() + " patches of "
                    + network.patch() + " values and " + network.classes() + " classes does not fit pictures of " + height
                    + "×" + width + "×" + channels + " in patches of " + size + "×" + size + " with classes " + classNames);
        }
    }

    Config settings() {
        return Config.empty().with("_class_name", "PatchTransformer")
                .with("purpose", network.purpose().name().toLowerCase(Locale.ROOT)).with("height", height).with("width", width)
                .with("in_channels", channels).with("patch_size", size).with("num_vector_embeds", network.palette())
                .with("class_names", classNames).with("dark_background", darkBackground)
                .with("attention_head_dim", network.width() / network.heads()).with("num_attention_heads", network.heads())
                .with("num_layers", network.layers()).with("feed_forward_dim", network.hidden())
                .with("rotary", network.rotary());
    }

    static PatchesConfig of(Config settings) throws BadFileException {
        Purpose purpose = switch (settings.text("purpose")) {
            case "generate" -> Purpose.GENERATE;
            case "classify" -> Purpose.CLASSIFY;
            default -> throw new IllegalArgumentException("purpose '" + settings.text("purpose")
                    + "', expected generate or classify");
        };
        int height = settings.integer("height");
        int width = settings.integer("width");
        int channels = settings.integer("in_channels");
        int size = Math.max(1, settings.integer("patch_size"));
        List<String> names = settings.texts("class_names");
        int heads = settings.integer("num_attention_heads");
        PatchTransformerConfig network = new PatchTransformerConfig(purpose, height / size, width / size,
                size * size * channels, settings.integer("num_vector_embeds"), names.size(),
                Math.multiplyExact(heads, settings.integer("attention_head_dim")), settings.integer("num_layers"), heads,
                settings.integer("feed_forward_dim"), settings.flag("rotary", false));
        return new PatchesConfig(network, height, width, channels, size, names, settings.flag("dark_background", true));
    }
}
