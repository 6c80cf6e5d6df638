package io.zoetrope.model.unet;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ConfigReader;
import io.zoetrope.model.unet.UNetConfig.Blocks;
import io.zoetrope.model.unet.UNetConfig.Conditioning;
import io.zoetrope.model.unet.UNetConfig.Middle;
import io.zoetrope.model.unet.UNetConfig.Picture;
import io.zoetrope.model.unet.UNetConfig.Time;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Between a {@link UNetConfig} and the settings of diffusers' {@code UNet2DModel}. Defaults are diffusers'; what this
 * network has no counterpart for is refused.
 */
public final class UNetSettings {
    /** diffusers' class. */
    public static final String CLASS_NAME = "UNet2DModel";
    private static final String PLAIN_DOWN = "DownBlock2D";
    private static final String ATTENTION_DOWN = "AttnDownBlock2D";
    private static final String PLAIN_UP = "UpBlock2D";
    private static final String ATTENTION_UP = "AttnUpBlock2D";
    private static final Map<String, Boolean> DOWN_BLOCKS = Map.of(PLAIN_DOWN, false, ATTENTION_DOWN, true);
    private static final Map<String, Boolean> UP_BLOCKS = Map.of(PLAIN_UP, false, ATTENTION_UP, true);
    private static final Map<String, Activation> ACTIVATIONS = Map.of("silu", Activation.SILU, "swish", Activation.SILU,
            "mish", Activation.MISH, "gelu", Activation.GELU, "relu", Activation.RELU);
    private static final Map<String, Conditioning> CLASS_EMBEDDINGS = Map.of("timestep", Conditioning.NUMBER,
            "identity", Conditioning.VECTOR);
    private static final Map<String, Boolean> SCALE_SHIFT = Map.of("default", false, "scale_shift", true);

    private UNetSettings() {
    }

    /**
     * The network that a configuration file describes.
     *
     * @throws BadFileException naming what is not understood
     * @throws BadFileException if the file says otherwise, or nothing, of it
     */
    public static UNetConfig read(Config settings) throws BadFileException {
        ConfigReader reader = settings.reader(CLASS_NAME);
        List<Integer> widths = reader.integers("block_out_channels", List.of(224, 448, 672, 896), 1,
                UNetConfig.MOST_CHANNELS);
        int layers = reader.integer("layers_per_block", 2, 1, UNetConfig.MOST_LAYERS);
        List<Boolean> down = reader.choices("down_block_types", List.of(false, true, true, true), DOWN_BLOCKS);
        List<Boolean> up = reader.choices("up_block_types", List.of(true, true, true, false), UP_BLOCKS);
        Picture picture = picture(reader);
        Blocks blocks = blocks(reader);
        OptionalInt headDim = reader.integerOrNull("attention_head_dim", OptionalInt.of(8), 1,
                UNetConfig.MOST_CHANNELS);
        Middle middle = middle(reader, blocks);
        Time time = time(reader);
        int classes = reader.integerOrNull("num_class_embeds", OptionalInt.empty(), 1, UNetConfig.MOST_CLASSES)
                .orElse(0);
        Conditioning conditioning = reader.choiceOrNull("class_embed_type",
                classes > 0 ? Conditioning.TABLE : Conditioning.NONE, CLASS_EMBEDDINGS);
        // Dropout acts in training alone; the number of timesteps counts where their embedding is learned.
        reader.number("dropout", 0, 0, 1);
        reader.integerOrNull("num_train_timesteps", OptionalInt.empty(), 1, Integer.MAX_VALUE);
        reader.done();
        return reader.make(() -> new UNetConfig(picture, widths, layers, down, up, blocks, headDim, middle, time,
                conditioning, conditioning == Conditioning.TABLE ? classes : 0));
    }

    private static Picture picture(ConfigReader reader) throws BadFileException {
        int height = 0;
        int width = 0;
        if (reader.isList("sample_size")) {
            List<Integer> pair = reader.integers("sample_size", List.of(), 1, UNetConfig.MOST_PIXELS);
            if (pair.size() != 2) {
                throw reader.refused("sample_size", "a size, or [height, width]");
            }
            height = pair.get(0);
            width = pair.get(1);
        } else {
            height = reader.integerOrNull("sample_size", OptionalInt.empty(), 1, UNetConfig.MOST_PIXELS).orElse(0);
            width = height;
        }
        return new Picture(height, width, reader.integer("in_channels", 3, 1, UNetConfig.MOST_CHANNELS),
                reader.integer("out_channels", 3, 1, UNetConfig.MOST_CHANNELS),
                reader.flag("center_input_sample", false));
    }

    private static Blocks blocks(ConfigReader reader) throws BadFileException {
        int groups = reader.integer("norm_num_groups", 32, 1, UNetConfig.MOST_CHANNELS);
        float epsilon = (float) reader.number("norm_eps", 1e-5, Float.MIN_NORMAL, 1);
        boolean scaleShift = reader.choice("resnet_time_scale_shift", false, SCALE_SHIFT);
        boolean halvedAtEnd = reader.integer("downsample_padding", 1, 0, 1) == 0;
        reader.mustBe("downsample_type", "conv");
        reader.mustBe("upsample_type", "conv");
        return new Blocks(groups, epsilon, reader.choice("act_fn", Activation.SILU, ACTIVATIONS), scaleShift,
                halvedAtEnd);
    }

    /**
     * Without groups of its own, its attention is normalised like the blocks, or not at all where those scale and
     * shift.
     */
    private static Middle middle(ConfigReader reader, Blocks blocks) throws BadFileException {
        OptionalInt groups = reader.integerOrNull("attn_norm_num_groups", OptionalInt.empty(), 1,
                UNetConfig.MOST_CHANNELS);
        boolean attention = reader.flag("add_attention", true);
        float scale = (float) reader.positive("mid_block_scale_factor", 1, 1e6);
        return new Middle(attention,
                groups.isPresent() || blocks.scaleShift() ? groups : OptionalInt.of(blocks.groups()), scale);
    }

    private static Time time(ConfigReader reader) throws BadFileException {
        reader.mustBe("time_embedding_type", "positional");
        return new Time(reader.number("freq_shift", 0, 0, UNetConfig.MOST_CHANNELS),
                reader.flag("flip_sin_to_cos", true));
    }

    /** What a configuration file says of this network. */
    public static Config write(UNetConfig unet) {
        Picture picture = unet.picture();
        Blocks blocks = unet.blocks();
        Middle middle = unet.middle();
        Config settings = Config.empty().with("_class_name", CLASS_NAME);
        settings = picture.height() == 0 ? settings.withNull("sample_size")
                : picture.height() == picture.width() ? settings.with("sample_size", picture.height())
                        : settings.with("sample_size", new int[] {picture.height(), picture.width()});
        settings = settings.with("in_channels", picture.in()).with("out_channels", picture.out())
                .with("block_out_channels", unet.blockChannels().stream().mapToInt(Integer::intValue).toArray())
                .with("layers_per_block", unet.layersPerBlock())
                .with("down_block_types",
                        unet.downAttention().stream().map(has -> has ? ATTENTION_DOWN : PLAIN_DOWN).toList())
                .with("up_block_types", unet.upAttention().stream().map(has -> has ? ATTENTION_UP : PLAIN_UP).toList())
                .with("norm_num_groups", blocks.groups());
        settings = unet.headDim().isPresent() ? settings.with("attention_head_dim", unet.headDim().getAsInt())
                : settings.withNull("attention_head_dim");
        settings = settings.with("act_fn", name(blocks.activation())).with("time_embedding_type", "positional")
                .with("flip_sin_to_cos", unet.time().cosinesFirst()).with("freq_shift", number(unet.time().shift()));
        return withUnusual(settings, unet, blocks, middle);
    }

    /** Adds the settings that differ from diffusers' defaults. */
    private static Config withUnusual(Config settings, UNetConfig unet, Blocks blocks, Middle middle) {
        Config all = settings;
        if (unet.picture().centre()) {
            all = all.with("center_input_sample", true);
        }
        if (blocks.epsilon() != 1e-5f) {
            all = all.with("norm_eps", Double.parseDouble(Float.toString(blocks.epsilon())));
        }
        if (blocks.scaleShift()) {
            all = all.with("resnet_time_scale_shift", "scale_shift");
        }
        if (blocks.halvedAtEnd()) {
            all = all.with("downsample_padding", 0);
        }
        if (!middle.attention()) {
            all = all.with("add_attention", false);
        }
        if (middle.groups().isPresent() && (blocks.scaleShift() || middle.groups().getAsInt() != blocks.groups())) {
            all = all.with("attn_norm_num_groups", middle.groups().getAsInt());
        }
        if (middle.scale() != 1) {
            all = all.with("mid_block_scale_factor", number(Double.parseDouble(Float.toString(middle.scale()))));
        }
        return switch (unet.conditioning()) {
            case NONE -> all;
            case TABLE -> all.with("num_class_embeds", unet.classes());
            case NUMBER -> all.with("class_embed_type", "timestep");
            case VECTOR -> all.with("class_embed_type", "identity");
        };
    }

    private static String name(Activation activation) {
        return activation.name().toLowerCase(Locale.ROOT);
    }

    /** A whole number without a point. */
    private static Number number(double value) {
        return value == Math.rint(value) && Math.abs(value) < Integer.MAX_VALUE ? (Number) (int) value : (Number) value;
    }
}
