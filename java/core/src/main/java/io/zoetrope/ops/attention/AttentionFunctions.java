package io.zoetrope.ops.attention;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.util.function.Consumer;

/** Differentiable attention for sequences of tokens. Scores are scaled by 1/√D. */
public final class AttentionFunctions {
    private AttentionFunctions() {
    }

    /** Self-attention over qkv [B,S,3,H,D], all of it causal or none; the result is [B,S,H,D]. */
    public static Variable attention(Tape tape, Variable qkv, boolean causal) {
        return selfAttention(tape, qkv, null, causal ? Math.toIntExact(qkv.value().dim(0)) : 0, null);
    }

    /**
     * Self-attention over qkv [B, S, 3, H, D]; the result is [B, S, H, D].
     *
     * @param qkv    turned in place where {@code rope} is given: it must feed nothing else
     * @param rope   table of {@link Rope} with at least S rows, row s for token s; null: no rotation
     * @param causal the first so many samples of the batch are causal, the others see all: 0 or B for one kind alone
     * @param watch  is handed the weights, F32 [B, H, S, S], valid as long as the tape; null: not wanted
     */
    public static Variable selfAttention(Tape tape, Variable qkv, Tensor rope, int causal, Consumer<Tensor> watch) {
        Tensor packed = qkv.value();
        if (packed.rank() != 5 || packed.dim(2) != 3 || causal < 0 || causal > packed.dim(0)) {
            throw new IllegalArgumentException("self-attention: qkv is " + packed.describe() + " with " + causal
                    + " causal samples, expected [B, S, 3, H, D] and 0 to B");
        }
        turn(packed, rope, false);
        long batch = packed.dim(0);
        long length = packed.dim(1);
        long heads = packed.dim(3);
        float scale = (float) (1 / Math.sqrt(packed.dim(4)));
        Tensor o = tape.empty(packed.dtype(), batch, length, heads, packed.dim(4));
        Tensor normalizer = tape.empty(DType.F32, batch, heads, length, 2);
        eachKind(batch, causal, (from, to, masked) -> Attention.forwardPacked(packed.slice(from, to), o.slice(from, to),
                normalizer.slice(from, to), scale, masked));
        if (watch != null) {
            Tensor weights = tape.empty(DType.F32, batch, heads, length, length);
            eachKind(batch, causal,
                    (from, to, masked) -> Attention.weights(Attention.Heads.part(packed.slice(from, to), 0),
                            Attention.Heads.part(packed.slice(from, to), 1), normalizer.slice(from, to),
                            weights.slice(from, to), scale, masked));
            watch.accept(tape.keep(weights));
        }
        Variable out = tape.output(o, qkv);
        tape.note(out, dOut -> tape.accumulate(qkv, dqkv -> {
            eachKind(batch, causal,
                    (from, to, masked) -> Attention.backwardPacked(dOut.slice(from, to), packed.slice(from, to),
                            o.slice(from, to), normalizer.slice(from, to), dqkv.slice(from, to), scale, masked));
            turn(dqkv, rope, true);
        }), packed, o, normalizer);
        return out;
    }

    /**
     * Attention of q [B, Sq, H, D] over keys and values kv [B, Sk, 2, H, D] of another sequence; the result is
     * [B, Sq, H, D].
     */
    public static Variable crossAttention(Tape tape, Variable q, Variable kv) {
        Tensor queries = q.value();
        Attention.Heads asked = Attention.Heads.of(queries);
        Attention.Heads keys = Attention.Heads.part(kv.value(), 0);
        Attention.Heads values = Attention.Heads.part(kv.value(), 1);
        float scale = (float) (1 / Math.sqrt(asked.dim()));
        Tensor o = tape.empty(queries.dtype(), queries.shape());
        Tensor normalizer = tape.empty(DType.F32, asked.batch(), asked.heads(), asked.sequence(), 2);
        Attention.forward(asked, keys, values, Attention.Heads.of(o), normalizer, scale, false);
        Variable out = tape.output(o, q, kv);
        tape.note(out,
                dOut -> tape
                        .accumulateOrDiscard(q,
                                dq -> tape.accumulateOrDiscard(kv, dkv -> Attention.backward(Attention.Heads.of(dOut),
                                        asked, keys, values, Attention.Heads.of(o), normalizer, Attention.Heads.of(dq),
                                        Attention.Heads.part(dkv, 0), Attention.Heads.part(dkv, 1), scale, false))),
                queries, kv.value(), o, normalizer);
        return out;
    }

    @FunctionalInterface
    private interface Part {
        void run(long from, long to, boolean masked);
    }

    private static void eachKind(long batch, long causal, Part part) {
        if (causal > 0) {
            part.run(0, causal, true);
        }
        if (causal < batch) {
            part.run(causal, batch, false);
        }
    }

    private static void turn(Tensor qkv, Tensor rope, boolean back) {
        if (rope != null) {
            Attention.Heads queriesAndKeys = Attention.Heads.parts(qkv, 0, 2);
            Rope.rotate(queriesAndKeys, queriesAndKeys, rope, 0, null, back);
        }
    }
}
