package io.zoetrope.model.text;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Embedding;
import io.zoetrope.nn.LayerNormalization;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.TransformerBlock;
import io.zoetrope.ops.embed.Embed;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.reduce.ReduceFunctions;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads captions: each word the normed sum of its n-grams' vectors, then a transformer over the words. Places without a
 * word are tokens like others, all alike but for their place: what looks at the result may look there when no word
 * concerns it, and a caption of no words at all is what a model knows without one.
 */
public final class TextEncoder {
    private static final int EXPANSION = 4;
    private static final float LONGEST_WAVE = 100;

    /**
     * The shape of an encoder.
     *
     * @param tokens how text is cut
     * @param width  channels of a word
     * @param layers of the transformer
     * @param heads  which divide the width
     */
    public record Config(WordTokens tokens, int width, int layers, int heads) {
        private static final int MOST_LAYERS = 64;
        private static final int MOST_CHANNELS = 1 << 14;

        public Config {
            if (width < 2 || width > MOST_CHANNELS || width % 2 != 0 || layers < 0 || layers > MOST_LAYERS || heads < 1
                    || width % heads != 0) {
                throw new IllegalArgumentException("text encoder: width " + width + ", " + layers + " layers, " + heads
                        + " heads: expected an even width that the heads divide, and 0 to " + MOST_LAYERS + " layers");
            }
        }
    }

    private final Config config;
    private final Embedding ngrams;
    private final LayerNormalization wordNorm;
    private final List<TransformerBlock> blocks = new ArrayList<>();
    private final LayerNormalization lastNorm;

    /** Declares the encoder's parameters on {@code p}. */
    public TextEncoder(Config config, Parameters p) {
        this.config = config;
        int width = config.width();
        ngrams = new Embedding(p.at("ngrams"), config.tokens().buckets(), width);
        wordNorm = LayerNormalization.affine(p.at("word_norm"), width);
        for (int layer = 0; layer < config.layers(); layer++) {
            blocks.add(new TransformerBlock(
                    new TransformerBlock.Config(width, config.heads(), EXPANSION * width, false, 0),
                    p.at("layers." + layer)));
        }
        lastNorm = LayerNormalization.affine(p.at("last_norm"), width);
    }

    public Config config() {
        return config;
    }

    /**
     * The words of captions, each with its neighbours in view.
     *
     * @param ids I32 [N · words · grams], see {@link WordTokens#ids}
     * @return [N, words, width] in the compute type
     */
    public Variable forward(Tape tape, Tensor ids) {
        WordTokens tokens = config.tokens();
        int ofCaption = tokens.words() * tokens.grams();
        if (ids.dtype() != DType.I32 || ids.size() == 0 || ids.size() % ofCaption != 0) {
            throw new IllegalArgumentException("text encoder: ids are " + ids.describe() + ", expected I32 [N · "
                    + ofCaption + "]: " + tokens.words() + " words of " + tokens.grams() + " n-grams");
        }
        return tape.part(() -> compute(tape, ids.reshape(-1), ids.size() / ofCaption));
    }

    private Variable compute(Tape tape, Tensor ids, long captions) {
        WordTokens tokens = config.tokens();
        Variable grams = tape.reshape(ngrams.forward(tape, ids), captions * tokens.words(), tokens.grams(),
                config.width());
        Variable sums = ReduceFunctions.mean(tape, grams);
        tape.release(grams);
        Variable words = tape.reshape(wordNorm.forward(tape, sums), captions, tokens.words(), config.width());
        Tensor places = tape.empty(DType.F32, tokens.words(), config.width());
        Embed.positions(places, LONGEST_WAVE, tokens.words());
        Variable h = PointwiseFunctions.addPositions(tape, words, places);
        for (TransformerBlock block : blocks) {
            h = block.forward(tape, h, TransformerBlock.Context.NONE);
        }
        return lastNorm.forward(tape, h);
    }
}
