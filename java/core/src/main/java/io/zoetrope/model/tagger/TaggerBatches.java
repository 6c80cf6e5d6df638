package io.zoetrope.model.tagger;

import io.zoetrope.data.SceneCaptions;
import io.zoetrope.data.scenes.LabelledCaption;
import io.zoetrope.model.text.WordTokens;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.BatchSource;
import io.zoetrope.train.TrainingContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The captions of each step, drawn and labelled by the host before it. Of words, n-grams are left out, so that no word
 * is known by one of them alone. Words are at times replaced by nonsense, which means no known value where it stands
 * for what speaks of a slot, and nonsense is put between others: what was never seen is not to be taken for something
 * known.
 */
final class TaggerBatches implements BatchSource {
    private static final double WHOLE_LOST = 0.25;
    private static final double GRAM_LOST = 0.1;
    private static final double REPLACED = 0.1;
    private static final double UNKNOWN = 0.04;
    private static final double DISTURBED = 0.2;
    private static final int MOST_INSERTED = 3;
    private static final int NONSENSE_GRAMS = 12;

    /**
     * A word and what it is.
     *
     * @param text  as {@link WordTokens#split} gives it; empty for nonsense
     * @param value number, see {@link TaggerConfig}; of outside words none
     */
    record Token(String text, int tag, int value, boolean negated) {
        private static final Token NONSENSE = new Token("", TaggerConfig.OUTSIDE, TaggerConfig.NO_VALUE, false);

        /** Nonsense in its place. */
        private Token unknown() {
            return new Token("", tag, TaggerConfig.NO_VALUE, negated);
        }

        /** Whether it goes on with the mention of the word before. */
        private boolean continues() {
            return tag != TaggerConfig.OUTSIDE && !TaggerConfig.begins(tag);
        }
    }

    private final SceneCaptions captions;
    private final TaggerConfig config;
    private final long seed;
    private final int size;
    private final Batch batch;
    private final Tensor ids;
    private final Tensor tags;
    private final Tensor values;
    private final Tensor negated;
    private final Tensor isWord;
    private final Tensor isMention;

    /** @param size captions in a step */
    TaggerBatches(TrainingContext context, SceneCaptions captions, TaggerConfig config, int size) {
        Scope scope = context.scope();
        WordTokens tokens = config.text().tokens();
        long words = (long) size * tokens.words();
        this.captions = captions;
        this.config = config;
        this.seed = context.seed();
        this.size = size;
        this.ids = scope.zeros(DType.I32, size, tokens.words(), tokens.grams());
        this.tags = scope.zeros(DType.I32, words);
        this.values = scope.zeros(DType.I32, words);
        this.negated = scope.zeros(DType.I32, words);
        this.isWord = scope.zeros(DType.F32, words);
        this.isMention = scope.zeros(DType.F32, words);
        this.batch = new Batch(ids, null, scope.zeros(DType.I32, size));
    }

    @Override
    public Batch batch() {
        return batch;
    }

    /** Captions, I32 [size, words, grams]. */
    Tensor ids() {
        return ids;
    }

    /** The tag of each word, I32 [size · words]. */
    Tensor tags() {
        return tags;
    }

    /** The value of each word, I32 [size · words]. */
    Tensor values() {
        return values;
    }

    /** 1 where a word is negated, I32 [size · words]. */
    Tensor negated() {
        return negated;
    }

    /** 1 where there is a word, F32 [size · words]. */
    Tensor isWord() {
        return isWord;
    }

    /** 1 where a word speaks of a slot, F32 [size · words]. */
    Tensor isMention() {
        return isMention;
    }

    @Override
    public void upload(long before) {
        WordTokens tokens = config.text().tokens();
        int[] gram = new int[size * tokens.words() * tokens.grams()];
        int[] tag = new int[size * tokens.words()];
        int[] value = new int[tag.length];
        int[] negation = new int[tag.length];
        float[] word = new float[tag.length];
        float[] mention = new float[tag.length];
        for (int i = 0; i < size; i++) {
            SplittableRandom random = new SplittableRandom(seed ^ (before * size + i) * 0x9E3779B97F4A7C15L).split();
            List<Token> caption = disturbed(
                    tokens(captions.caption(random.nextInt(captions.trainingExamples())), config), random);
            for (int w = 0; w < Math.min(tokens.words(), caption.size()); w++) {
                Token token = caption.get(w);
                int at = i * tokens.words() + w;
                grams(token, random, gram, at * tokens.grams());
                tag[at] = token.tag();
                value[at] = token.value();
                negation[at] = token.negated() ? 1 : 0;
                word[at] = 1;
                mention[at] = token.tag() == TaggerConfig.OUTSIDE ? 0 : 1;
            }
        }
        ids.copyFrom(gram);
        tags.copyFrom(tag);
        values.copyFrom(value);
        negated.copyFrom(negation);
        isWord.copyFrom(word);
        isMention.copyFrom(mention);
    }

    @Override
    public void queue() {
        // the host has done all of it
    }

    /** The words of a caption and what they are. */
    static List<Token> tokens(LabelledCaption caption, TaggerConfig config) {
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        for (LabelledCaption.Span span : caption.spans()) {
            addOutside(tokens, caption.text().substring(at, span.begin()));
            int slot = config.slots().number(span.slot());
            int value = span.value().map(name -> 1 + config.slots().number(span.slot(), name))
                    .orElse(TaggerConfig.NO_VALUE);
            boolean first = true;
            for (String word : WordTokens.split(caption.text().substring(span.begin(), span.end()))) {
                tokens.add(new Token(word, TaggerConfig.tag(slot, first), value, span.negated()));
                first = false;
            }
            at = span.end();
        }
        addOutside(tokens, caption.text().substring(at));
        return tokens;
    }

    private static void addOutside(List<Token> tokens, String text) {
        WordTokens.split(text)
                .forEach(word -> tokens.add(new Token(word, TaggerConfig.OUTSIDE, TaggerConfig.NO_VALUE, false)));
    }

    private static List<Token> disturbed(List<Token> caption, SplittableRandom random) {
        int inserted = random.nextDouble() < DISTURBED ? 1 + random.nextInt(MOST_INSERTED) : 0;
        List<Token> disturbed = new ArrayList<>(caption);
        for (int i = 0; i < disturbed.size();) {
            Token token = disturbed.get(i);
            int end = endOfMention(disturbed, i);
            if (random.nextDouble() < (token.tag() == TaggerConfig.OUTSIDE ? REPLACED : UNKNOWN)) {
                disturbed.subList(i, end).replaceAll(Token::unknown);
            }
            i = end;
        }
        for (int i = 0; i < inserted; i++) {
            int at = random.nextInt(disturbed.size() + 1);
            if (at == disturbed.size() || !disturbed.get(at).continues()) {
                disturbed.add(at, Token.NONSENSE);
            }
        }
        return disturbed;
    }

    /** The place after a mention that begins at {@code first}, or after the one word there that is outside of any. */
    private static int endOfMention(List<Token> tokens, int first) {
        int end = first + 1;
        while (end < tokens.size() && tokens.get(end).continues()) {
            end++;
        }
        return end;
    }

    private void grams(Token token, SplittableRandom random, int[] target, int at) {
        WordTokens tokens = config.text().tokens();
        if (token.text().isEmpty()) {
            int count = 1 + random.nextInt(Math.min(NONSENSE_GRAMS, tokens.grams()));
            for (int g = 0; g < count; g++) {
                target[at + g] = 1 + random.nextInt(tokens.buckets() - 1);
            }
            return;
        }
        int[] own = Arrays.copyOf(tokens.ids(List.of(token.text())), tokens.grams());
        for (int g = 0; g < own.length; g++) {
            boolean lost = random.nextDouble() < (g == 0 ? WHOLE_LOST : GRAM_LOST);
            target[at + g] = lost ? WordTokens.NOTHING : own[g];
        }
    }
}
