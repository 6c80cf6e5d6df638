package io.zoetrope.model.words;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ConfigReader;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.model.text.TextEncoder;
import io.zoetrope.model.text.WordTokens;
import io.zoetrope.model.unet.TextUNet;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * What a model of pictures from words is, apart from its weights.
 *
 * @param imageSize height and width of the pictures, which are RGB
 * @param patch     pixels of a patch on each side that the network sees as the channels of one place
 * @param text      the encoder of captions
 * @param unet      the network that paints
 * @param vocabulary the words of the captions it learned from, in the order of the alphabet; of others it guesses by
 *                  their letters
 */
public record WordsConfig(int imageSize, int patch, TextEncoder.Config text, TextUNet.Config unet,
        List<String> vocabulary) {
    /** Of the pictures. */
    public static final int CHANNELS = 3;
    /** Channels of the default network at half the pictures' resolution. */
    public static final int WIDTH = 48;
    private static final String CLASS_NAME = "WordsNetwork";
    private static final int MOST_PIXELS = 1 << 12;
    private static final int MOST = 1 << 16;

    public WordsConfig {
        vocabulary = List.copyOf(vocabulary);
        int factor = patch * unet.factor();
        if (patch < 1 || imageSize < 1 || imageSize % factor != 0) {
            throw new IllegalArgumentException("pictures of " + imageSize + " pixels in patches of " + patch
                    + ": their size must be a multiple of " + factor);
        }
        if (unet.channels() != CHANNELS * patch * patch || unet.textWidth() != text.width()) {
            throw new IllegalArgumentException("the UNet has " + unet.channels() + " channels and words of "
                    + unet.textWidth() + ": expected " + CHANNELS * patch * patch + " and " + text.width());
        }
    }

    /**
     * The model for square pictures of this size, a multiple of 8.
     *
     * @param width channels at half the pictures' resolution, a multiple of 16; at the next two they are twice and four
     *              times as many
     */
    public static WordsConfig forPictures(int size, int width, List<String> vocabulary) {
        return of(size, 2, new TextEncoder.Config(new WordTokens(14, 24, 8192), 128, 1, 4),
                List.of(width, 2 * width, 4 * width), 2, 32, 8, vocabulary);
    }

    static WordsConfig of(int size, int patch, TextEncoder.Config text, List<Integer> widths, int attention,
            int headDim, int groups, List<String> vocabulary) {
        return new WordsConfig(size, patch, text,
                new TextUNet.Config(CHANNELS * patch * patch, widths, attention, headDim, groups, text.width()),
                vocabulary);
    }

    /** Places on each side that the network works at. */
    int places() {
        return imageSize / patch;
    }

    Config settings() {
        WordTokens tokens = text.tokens();
        return Config.empty().with("_class_name", CLASS_NAME).with("image_size", imageSize).with("patch", patch)
                .with("words", tokens.words()).with("grams", tokens.grams()).with("buckets", tokens.buckets())
                .with("text_width", text.width()).with("text_layers", text.layers()).with("text_heads", text.heads())
                .with("widths", unet.widths().stream().mapToInt(Integer::intValue).toArray())
                .with("attention", unet.attention()).with("head_dim", unet.headDim()).with("groups", unet.groups())
                .with("vocabulary", vocabulary);
    }

    /**
     * What a model's folder says it is.
     *
     * @throws BadFileException naming what is not understood
     */
    static WordsConfig of(ModelFolder files) throws IOException {
        files.require(Set.of(WordsModel.PIPELINE), Set.of(WordsModel.COMPONENT));
        return of(files.config(WordsModel.COMPONENT));
    }

    private static WordsConfig of(Config settings) throws BadFileException {
        ConfigReader reader = settings.reader(CLASS_NAME);
        int imageSize = reader.integer("image_size", 1, MOST_PIXELS);
        int patch = reader.integer("patch", 1, MOST_PIXELS);
        int words = reader.integer("words", 1, MOST);
        int grams = reader.integer("grams", 1, MOST);
        int buckets = reader.integer("buckets", 2, MOST);
        int width = reader.integer("text_width", 1, MOST);
        int layers = reader.integer("text_layers", 0, MOST);
        int heads = reader.integer("text_heads", 1, MOST);
        List<Integer> widths = reader.integers("widths", 1, MOST);
        int attention = reader.integer("attention", 0, MOST);
        int headDim = reader.integer("head_dim", 1, MOST);
        int groups = reader.integer("groups", 1, MOST);
        List<String> vocabulary = reader.names("vocabulary", MOST);
        reader.done();
        return reader.make(() -> of(imageSize, patch,
                new TextEncoder.Config(new WordTokens(words, grams, buckets), width, layers, heads), widths, attention,
                headDim, groups, vocabulary));
    }
}
