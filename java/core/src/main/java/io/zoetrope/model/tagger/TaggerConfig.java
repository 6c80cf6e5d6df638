package io.zoetrope.model.tagger;

import io.zoetrope.data.scenes.Lexicon;
import io.zoetrope.data.scenes.Slots;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ConfigReader;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.model.text.TextEncoder;
import io.zoetrope.model.text.WordTokens;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * What a tagger is, apart from its weights. For each word its network gives scores of {@link #tags}, then of
 * {@link #values}, then two: not negated and negated.
 *
 * @param text    the encoder of prompts
 * @param lexicon the words it learned, and with them the slots and values
 */
public record TaggerConfig(TextEncoder.Config text, Lexicon lexicon) {
    /** The tag of words that speak of no slot. */
    static final int OUTSIDE = 0;
    /** The number of no known value; those known follow. */
    static final int NO_VALUE = 0;
    private static final String CLASS_NAME = "TaggerNetwork";
    private static final int MOST = 1 << 16;

    /** The tagger that learns these words. */
    public static TaggerConfig of(Lexicon lexicon) {
        return new TaggerConfig(new TextEncoder.Config(new WordTokens(20, 16, 4096), 64, 1, 4), lexicon);
    }

    public Slots slots() {
        return lexicon.slots();
    }

    /** Outside, then for each slot the first word of a mention and a further one (BIO; Ramshaw and Marcus 1995). */
    int tags() {
        return 1 + 2 * slots().names().size();
    }

    /** The tag of a word of a mention of slot {@code slot}. */
    static int tag(int slot, boolean first) {
        return 1 + 2 * slot + (first ? 0 : 1);
    }

    /** The slot that a tag other than {@link #OUTSIDE} is of. */
    static int slotOf(int tag) {
        return (tag - 1) / 2;
    }

    /** Whether a tag begins a mention. */
    static boolean begins(int tag) {
        return tag % 2 == 1;
    }

    /** {@link #NO_VALUE}, then the values of all slots. */
    int values() {
        return 1 + slots().allValues().size();
    }

    /** Scores of a word. */
    int outputs() {
        return tags() + values() + 2;
    }

    Config settings() {
        WordTokens tokens = text.tokens();
        return Config.empty().with("_class_name", CLASS_NAME).with("words", tokens.words())
                .with("grams", tokens.grams()).with("buckets", tokens.buckets()).with("text_width", text.width())
                .with("text_layers", text.layers()).with("text_heads", text.heads())
                .with("values", lexicon.valueLines()).with("other_words", lexicon.others());
    }

    /** What a model's folder says it is. @throws BadFileException naming what is not understood */
    static TaggerConfig of(ModelFolder files) throws IOException {
        files.require(Set.of(TaggerModel.PIPELINE), Set.of(TaggerModel.COMPONENT));
        ConfigReader reader = files.config(TaggerModel.COMPONENT).reader(CLASS_NAME);
        int words = reader.integer("words", 1, MOST);
        int grams = reader.integer("grams", 1, MOST);
        int buckets = reader.integer("buckets", 2, MOST);
        int width = reader.integer("text_width", 1, MOST);
        int layers = reader.integer("text_layers", 0, MOST);
        int heads = reader.integer("text_heads", 1, MOST);
        List<String> values = reader.names("values", MOST);
        List<String> others = reader.names("other_words", MOST);
        reader.done();
        return reader.make(() -> new TaggerConfig(
                new TextEncoder.Config(new WordTokens(words, grams, buckets), width, layers, heads),
                Lexicon.of(values, others)));
    }
}
