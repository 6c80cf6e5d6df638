package io.zoetrope.autograd;

import io.zoetrope.kernel.Activation;
import io.zoetrope.kernel.Attention;
import io.zoetrope.kernel.Conv2d;
import io.zoetrope.kernel.Embed;
import io.zoetrope.kernel.Gemm;
import io.zoetrope.kernel.GroupNorm;
import io.zoetrope.kernel.Modulate;
import io.zoetrope.kernel.Pointwise;
import io.zoetrope.kernel.Pool;
import io.zoetrope.kernel.Reduce;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** Differentiable operations: each runs its kernel and notes its backward rule on the tape. Layout NHWC. */
public final class Ops {
    private Ops() {
    }

    /**
     * Convolution of x [N,H,W,C] by w [K,R,S,C].
     *
     * @param bias      [K], or null
     * @param perSample [N,K] added to every pixel of a sample (the time embedding), or null
     * @param residual  like the result, added to it, or null
     */
    public static Variable conv2d(Tape tape, Variable x, Variable w, Variable bias, Variable perSample, Variable residual,
            Conv2d.Spec spec) {
        Tensor input = x.value();
        Tensor weight = w.value();
        Tensor y = tape.empty(input.dtype(), input.dim(0), spec.outHeight(input.dim(1), weight.dim(1)),
                spec.outWidth(input.dim(2), weight.dim(2)), weight.dim(0));
        Conv2d.forward(input, weight, valueOf(bias), valueOf(perSample), valueOf(residual), y, spec);
        Variable out = tape.output(y, x, w, bias, perSample, residual);
        tape.note(out, dy -> {
            long channels = dy.dim(3);
            tape.accumulateParameterAlone(w, (dw, add) -> Conv2d.wgrad(input, dy, dw, spec, add));
            tape.accumulateParameterAlone(bias, (db, add) -> Reduce.sumRows(dy.reshape(-1, channels), db, add));
            tape.accumulate(perSample, d -> Reduce.sumSpatial(dy.reshape(dy.dim(0), -1, channels), d, 1f));
            tape.accumulate(x, dx -> Conv2d.dgrad(dy, weight, dx, spec));
            tape.accumulateShared(residual, dy);
        });
        return out;
    }

    /** x [..., in] times the transpose of w [out, in], plus bias [out] (or null), plus residual like the result (or null). */
    public static Variable linear(Tape tape, Variable x, Variable w, Variable bias, Variable residual) {
        long in = w.value().dim(1);
        long outFeatures = w.value().dim(0);
        Tensor y = product(tape, x, w, new Gemm.Epilogue(valueOf(bias), null, valueOf(residual)), Activation.NONE);
        Tensor rows = x.value().reshape(-1, in);
        Variable out = tape.output(y, x, w, bias, residual);
        tape.note(out, dy -> {
            Tensor dyRows = dy.reshape(-1, outFeatures);
            tape.accumulateParameterAlone(w, (dw, add) -> linearWeightGradient(dyRows, rows, dw, add));
            tape.accumulateParameterAlone(bias, (db, add) -> Reduce.sumRows(dyRows, db, add));
            tape.accumulate(x, dx -> Gemm.run(dyRows, w.value(), null, dx.reshape(-1, in), Gemm.Spec.NN));
            tape.accumulateShared(residual, dy);
        });
        return out;
    }

    /**
     * GELU (tanh form) of {@link #linear}: one kernel unless a backward pass, which needs what GELU was applied to, may
     * follow.
     */
    public static Variable linearGelu(Tape tape, Variable x, Variable w, Variable bias) {
        if (tape.isRecording()) {
            return ActivationOps.gelu(tape, linear(tape, x, w, bias, null));
        }
        return tape.output(product(tape, x, w, Gemm.Epilogue.bias(valueOf(bias)), Activation.GELU), x, w, bias);
    }

    /** {@link TokenOps#gate} of {@link #linear}: one kernel unless a backward pass may follow, as in {@link #linearGelu}. */
    public static Variable linearGated(Tape tape, Variable x, Variable w, Variable bias, Variable residual, Variable vectors,
            int gate, int parts) {
        if (tape.isRecording()) {
            return TokenOps.gate(tape, linear(tape, x, w, bias, null), residual, vectors, gate, parts);
        }
        Gemm.Epilogue epilogue = new Gemm.Epilogue(valueOf(bias), Modulate.Vectors.part(vectors.value(), gate, parts),
                residual.value());
        return tape.output(product(tape, x, w, epilogue, Activation.NONE), x, w, bias, residual, vectors);
    }

    private static Tensor product(Tape tape, Variable x, Variable w, Gemm.Epilogue epilogue, Activation activation) {
        long in = w.value().dim(1);
        if (x.value().dim(-1) != in) {
            throw new IllegalArgumentException("linear: input " + x.shape() + " has " + x.value().dim(-1)
                    + " features, the weight " + w.shape() + " expects " + in);
        }
        long[] dims = x.shape().dims();
        dims[dims.length - 1] = w.value().dim(0);
        Tensor y = tape.empty(x.value().dtype(), dims);
        long out = w.value().dim(0);
        Tensor residual = epilogue.residual() == null ? null : epilogue.residual().reshape(-1, out);
        Gemm.fused(x.value().reshape(-1, in), w.value(), new Gemm.Epilogue(epilogue.bias(), epilogue.gate(), residual),
                y.reshape(-1, out), Gemm.Spec.NT.activation(activation));
        return y;
    }

    /** The wgrad of a 1×1 convolution: unlike a product, it is split along the rows, many for few weights. */
    private static void linearWeightGradient(Tensor dyRows, Tensor rows, Tensor dw, boolean add) {
        Conv2d.wgrad(rows.reshape(1, 1, -1, rows.dim(1)), dyRows.reshape(1, 1, -1, dyRows.dim(1)),
                dw.reshape(dw.dim(0), 1, 1, dw.dim(1)), Conv2d.Spec.of(1, 0), add);
    }

    /** Group normalisation of x [N,H,W,C], followed by SiLU where asked. */
    public static Variable groupNorm(Tape tape, Variable x, Variable gamma, Variable beta, int groups, float epsilon,
            boolean silu) {
        Tensor input = x.value();
        Tensor y = tape.empty(input.dtype(), input.shape());
        Tensor mean = tape.empty(DType.F32, input.dim(0), groups);
        Tensor rstd = tape.empty(DType.F32, input.dim(0), groups);
        GroupNorm.forward(input, gamma.value(), beta.value(), y, mean, rstd, groups, epsilon, silu);
        Variable out = tape.output(y, x, gamma, beta);
        tape.note(out, dy -> tape.accumulateParameter(gamma, (dgamma, addGamma) ->
                tape.accumulateParameter(beta, (dbeta, addBeta) ->
                        tape.accumulateOrDiscard(x, dx -> GroupNorm.backward(dy, input, gamma.value(), beta.value(), mean, rstd, dx,
                                dgamma, dbeta, groups, silu, addGamma && addBeta)))));
        return out;
    }

    public static Variable silu(Tape tape, Variable x) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        Pointwise.silu(x.value(), y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.siluBackward(dy, x.value(), dx)));
        return out;
    }

    public static Variable add(Tape tape, Variable a, Variable b) {
        Tensor y = tape.empty(a.value().dtype(), a.shape());
        Pointwise.add(a.value(), b.value(), y);
        Variable out = tape.output(y, a, b);
        tape.note(out, dy -> {
            tape.accumulateShared(a, dy);
            tape.accumulateShared(b, dy);
        });
        return out;
    }

    /** Self-attention over qkv [B,S,3,H,D]; the result is [B,S,H,D]. Scores are scaled by 1/√D. */
    public static Variable attention(Tape tape, Variable qkv, boolean causal) {
        Tensor packed = qkv.value();
        long batch = packed.dim(0);
        long length = packed.dim(1);
        long heads = packed.dim(3);
        long headDim = packed.dim(4);
        float scale = (float) (1 / Math.sqrt(headDim));
        Tensor o = tape.empty(packed.dtype(), batch, length, heads, headDim);
        Tensor lse = tape.empty(DType.F32, batch, heads, length);
        Attention.forwardPacked(packed, o, lse, scale, causal);
        Variable out = tape.output(o, qkv);
        tape.note(out, dOut -> tape.accumulate(qkv, dqkv ->
                Attention.backwardPacked(dOut, packed, o, lse, dqkv, scale, causal)));
        return out;
    }

    /** Nearest-neighbour upsampling of x [N,H,W,C] by two in height and width. */
    public static Variable upsample2x(Tape tape, Variable x) {
        Tensor input = x.value();
        Tensor y = tape.empty(input.dtype(), input.dim(0), 2 * input.dim(1), 2 * input.dim(2), input.dim(3));
        Pool.upsample2x(input, y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pool.upsample2xBackward(dy, dx)));
        return out;
    }

    /** Joins a [..., A] and b [..., B] to [..., A + B]. */
    public static Variable concatChannels(Tape tape, Variable a, Variable b) {
        long[] dims = a.shape().dims();
        dims[dims.length - 1] += b.value().dim(-1);
        Tensor y = tape.empty(a.value().dtype(), dims);
        Pointwise.concatChannels(a.value(), b.value(), y);
        Variable out = tape.output(y, a, b);
        tape.note(out, dy -> tape.accumulateOrDiscard(a, da -> tape.accumulateOrDiscard(b, db -> Pointwise.splitChannels(dy, da, db))));
        return out;
    }

    /** Rows of table [V,D] chosen by ids I32 [N]: [N,D]. */
    public static Variable lookup(Tape tape, Variable table, Tensor ids) {
        Tensor y = tape.empty(table.value().dtype(), ids.dim(0), table.value().dim(1));
        Embed.lookup(table.value(), ids, y);
        Variable out = tape.output(y, table);
        tape.note(out, dy -> tape.accumulateParameterAlone(table, (dtable, add) -> Embed.lookupBackward(dy, ids, dtable, add)));
        return out;
    }

    /** The same value under another shape. */
    public static Variable reshape(Tape tape, Variable x, long... dims) {
        Variable out = tape.output(x.value().reshape(dims), x);
        tape.note(out, dy -> tape.accumulateShared(x, dy));
        return out;
    }

    private static Tensor valueOf(Variable variable) {
        return variable == null ? null : variable.value();
    }
}
