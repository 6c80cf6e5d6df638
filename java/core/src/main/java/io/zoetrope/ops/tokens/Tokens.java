package io.zoetrope.ops.tokens;

import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * Sequences of tokens, I32 [B, S]: preparing them for training, drawing them from logits, and filling them in while
 * generating. Places, counts and random numbers can come from device memory, so that all of it replays as a graph.
 */
public final class Tokens {
    /** The longest sequence that can be masked. */
    public static final int MAX_SEQUENCE = 8192;
    private static final String MODULE = "embed/tokens";

    private Tokens() {
    }

    /** out[b, 0] = first, out[b, s] = tokens[b, s − 1]: what a causal network reads to predict {@code tokens}. */
    public static void shift(Tensor tokens, int first, Tensor out) {
        Operands operands = sequences("shift tokens", tokens).alike("out", out, "tokens", tokens);
        operands.reads("tokens", tokens).writes("out", out).device();
        Kernel kernel = tokens.device().kernel(MODULE, "shift_tokens");
        kernel.arguments().pointer("tokens", tokens).pointer("out", out).i64("size", tokens.size())
                .i32("sequence", tokens.dim(1)).i32("first", first)
                .launch(Grid.covering(tokens.size(), kernel.geometry().tileM()));
    }

    /**
     * Hides a random share of every sequence: max(1, ⌈cos(πr/2)·S⌉) tokens with r uniform (Chang et al. 2022).
     *
     * @param mask    what a hidden token becomes
     * @param out     like tokens
     * @param weights F32 [B, S]: 1 where a token was hidden, else 0
     */
    public static void mask(Tensor tokens, int mask, Tensor out, Tensor weights, RandomKey key) {
        Operands operands = sequences("mask tokens", tokens).alike("out", out, "tokens", tokens).sized("weights",
                weights, DType.F32, tokens.size());
        rankable(operands, tokens).reads("tokens, key state", tokens, key.state()).updates("out", out)
                .writes("weights", weights).device();
        Kernel kernel = tokens.device().kernel(MODULE, "mask_tokens");
        key.appendTo(kernel.arguments().pointer("tokens", tokens).pointer("out", out).pointer("weights", weights)
                .i32("sequence", tokens.dim(1)).i32("mask", mask))
                .launch(Grid.of(tokens.dim(0)), kernel.geometry().threads(), shared(tokens));
    }

    /** out[n] = labels[n], or {@code dropped} with this probability: what lets a model be guided away from no class. */
    public static void dropLabels(Tensor labels, int dropped, float probability, Tensor out, RandomKey key) {
        Operands operands = Operands.of("drop labels").type("labels", labels, DType.I32)
                .sized("out", out, DType.I32, labels.size())
                .require(probability >= 0 && probability <= 1, "probability is " + probability + ", expected 0 to 1");
        operands.nonEmpty("labels", labels).reads("labels, key state", labels, key.state()).updates("out", out)
                .device();
        Kernel kernel = labels.device().kernel(MODULE, "drop_labels");
        key.appendTo(kernel.arguments().pointer("labels", labels).pointer("out", out).i32("count", labels.size())
                .i32("dropped", dropped).f32("probability", probability))
                .launch(Grid.covering(labels.size(), kernel.geometry().tileM()));
    }

    /**
     * Draws a token for each row of logits.
     *
     * @param logits      F32 or BF16 [N, V]
     * @param tokens      I32 of N elements, written; −1 for a row with a NaN
     * @param confidence  F32 of N elements, written: the logarithm of softmax(logits) at the token; null: not wanted
     * @param temperature divides the logits; 0: the largest is taken, the lowest index among equals
     * @param topK        only the so many largest are drawn from; 0: all
     * @param topP        only the fewest whose probabilities reach this are drawn from; 1: all
     */
    public static void sample(Tensor logits, Tensor tokens, Tensor confidence, float temperature, int topK, float topP,
            RandomKey key) {
        Operands operands = Operands.of("sample tokens").floating("logits", logits).rank("logits", logits, 2, "[N, V]")
                .sized("tokens", tokens, DType.I32, logits.dim(0))
                .sizedIfGiven("confidence", confidence, DType.F32, logits.dim(0))
                .require(temperature >= 0 && Float.isFinite(temperature),
                        "temperature is " + temperature + ", expected 0 (the most likely token) or more")
                .require(topK >= 0, "topK is " + topK + ", expected 0 (all) or more")
                .require(topP > 0 && topP <= 1, "topP is " + topP + ", expected more than 0, at most 1 (all)");
        operands.reads("logits, key state", logits, key.state()).writes("tokens, confidence", tokens, confidence)
                .device();
        int vocabulary = operands.fits("the vocabulary", logits.dim(1));
        Kernel kernel = logits.device().kernel("random/sample_tokens", "sample_tokens_" + logits.dtype().suffix());
        key.appendTo(kernel.arguments().pointer("logits", logits).pointer("tokens", tokens)
                .pointer("confidence", confidence).i32("vocabulary", vocabulary).f32("temperature", temperature)
                .i32("top_k", topK == 0 ? vocabulary : Math.min(topK, vocabulary)).f32("top_p", topP))
                .launch(Grid.of(logits.dim(0)));
    }

    /**
     * out[b] = tokens[b, place − 1], or {@code first} at place 0.
     *
     * @param place I32 [1]
     */
    public static void take(Tensor tokens, Tensor place, int first, Tensor out) {
        atPlace("take token", tokens, place, "out", out).reads("tokens, place", tokens, place).writes("out", out)
                .device();
        Kernel kernel = tokens.device().kernel(MODULE, "take_token");
        kernel.arguments().pointer("tokens", tokens).pointer("counter", place).pointer("out", out)
                .i32("samples", tokens.dim(0)).i32("sequence", tokens.dim(1)).i32("first", first)
                .launch(Grid.covering(tokens.dim(0), kernel.geometry().tileM()));
    }

    /**
     * tokens[b, place] = values[b] where it is {@code hidden}; a token known before stays.
     *
     * @param place I32 [1]
     */
    public static void put(Tensor values, Tensor place, int hidden, Tensor tokens) {
        atPlace("put token", tokens, place, "values", values).reads("values, place", values, place)
                .writes("tokens", tokens).device();
        Kernel kernel = tokens.device().kernel(MODULE, "put_token");
        kernel.arguments().pointer("values", values).pointer("counter", place).pointer("tokens", tokens)
                .i32("samples", tokens.dim(0)).i32("sequence", tokens.dim(1)).i32("hidden", hidden)
                .launch(Grid.covering(tokens.dim(0), kernel.geometry().tileM()));
    }

    /**
     * One round of MaskGIT's decoding: the most confident of the masked tokens take their sampled values, so that
     * counts[round] tokens of each sequence are known; the rest stay masked. Equal confidences: the lower place first.
     *
     * @param tokens     in and out; those that are not {@code mask} stay as they are
     * @param sampled    like tokens
     * @param confidence F32 [B, S]
     * @param counts     I32 [rounds]
     * @param noise      F32 [rounds]: factor of Gumbel noise on the confidences; null: none
     * @param round      I32 [1], below the number of rounds
     */
    public static void keepConfident(Tensor tokens, Tensor sampled, Tensor confidence, Tensor counts, Tensor noise,
            Tensor round, int mask, RandomKey key) {
        Operands operands = sequences("keep confident tokens", tokens).alike("sampled", sampled, "tokens", tokens)
                .sized("confidence", confidence, DType.F32, tokens.size()).type("counts", counts, DType.I32)
                .nonEmpty("counts", counts).sizedIfGiven("noise", noise, DType.F32, counts.size())
                .sized("round", round, DType.I32, 1);
        rankable(operands, tokens).reads("sampled, confidence, counts, noise, round, key state", sampled, confidence,
                counts, noise, round, key.state()).writes("tokens", tokens).device();
        Kernel kernel = tokens.device().kernel(MODULE, "keep_confident");
        key.appendTo(kernel.arguments().pointer("tokens", tokens).pointer("sampled", sampled)
                .pointer("confidence", confidence).pointer("counts", counts).pointer("noise", noise)
                .pointer("counter", round).i32("sequence", tokens.dim(1)).i32("mask", mask))
                .launch(Grid.of(tokens.dim(0)), kernel.geometry().threads(), shared(tokens));
    }

    private static Operands sequences(String op, Tensor tokens) {
        return Operands.of(op).type("tokens", tokens, DType.I32).rank("tokens", tokens, 2, "[B, S]");
    }

    /**
     * One token of each sequence, at a place that is the same for all.
     *
     * @param column these tokens
     */
    private static Operands atPlace(String op, Tensor tokens, Tensor place, String name, Tensor column) {
        return sequences(op, tokens).sized("place", place, DType.I32, 1).sized(name, column, DType.I32, tokens.dim(0));
    }

    private static Operands rankable(Operands operands, Tensor tokens) {
        return operands.require(tokens.dim(1) <= MAX_SEQUENCE,
                "tokens is " + tokens.describe() + ": expected sequences of at most " + MAX_SEQUENCE);
    }

    private static int shared(Tensor tokens) {
        return Math.toIntExact(tokens.dim(1) * Integer.BYTES);
    }
}
