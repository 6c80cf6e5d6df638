package io.zoetrope.autograd;

import io.zoetrope.kernel.LayerNorm;
import io.zoetrope.kernel.Modulate;
import io.zoetrope.kernel.Pointwise;
import io.zoetrope.kernel.Reduce;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;

/** Differentiable operations on sequences of tokens [B, S, C], other than attention ({@link AttentionOps}). */
public final class TokenOps {
    private TokenOps() {
    }

    /** Layer normalisation over the innermost dimension. @param gamma F32 [C], as is {@code beta}; both null: 1 and 0 */
    public static Variable layerNorm(Tape tape, Variable x, Variable gamma, Variable beta, float epsilon) {
        if ((gamma == null) != (beta == null)) {
            throw new IllegalArgumentException("layer norm: gamma is " + gamma + ", beta is " + beta + ": expected both or neither");
        }
        Tensor input = x.value();
        long rows = input.size() / input.dim(-1);
        Tensor y = tape.empty(input.dtype(), input.shape());
        Tensor mean = tape.empty(DType.F32, rows);
        Tensor rstd = tape.empty(DType.F32, rows);
        Tensor scale = gamma == null ? null : gamma.value();
        LayerNorm.forward(input, scale, beta == null ? null : beta.value(), y, mean, rstd, epsilon);
        Variable out = tape.output(y, x, gamma, beta);
        if (gamma == null) {
            tape.note(out, dy -> tape.accumulate(x, dx ->
                    LayerNorm.backward(dy, input, null, mean, rstd, dx, null, null, false)));
        } else {
            tape.note(out, dy -> tape.accumulateParameter(gamma, (dgamma, addGamma) ->
                    tape.accumulateParameter(beta, (dbeta, addBeta) -> tape.accumulateOrDiscard(x, dx ->
                            LayerNorm.backward(dy, input, scale, mean, rstd, dx, dgamma, dbeta, addGamma && addBeta)))));
        }
        return out;
    }

    /**
     * x·(1 + scale) + shift with vectors for each sample.
     *
     * @param vectors [B, parts·C]
     * @param shift   which of the parts
     * @param scale   which of the parts
     */
    public static Variable modulate(Tape tape, Variable x, Variable vectors, int shift, int scale, int parts) {
        Tensor input = x.value();
        Tensor packed = vectors.value();
        Tensor y = tape.empty(input.dtype(), input.shape());
        Modulate.modulate(input, Modulate.Vectors.part(packed, scale, parts), Modulate.Vectors.part(packed, shift, parts), y);
        Variable out = tape.output(y, x, vectors);
        tape.note(out, dy -> tape.accumulateOrDiscard(vectors, d -> {
            d.zero();
            tape.accumulateOrDiscard(x, dx -> Modulate.modulateBackward(dy, input, Modulate.Vectors.part(packed, scale, parts),
                    dx, Modulate.Vectors.part(d, scale, parts), Modulate.Vectors.part(d, shift, parts)));
        }));
        return out;
    }

    /**
     * {@link #modulate} of a layer norm without a map of its own: one kernel unless a backward pass, which needs what is
     * between the two, may follow.
     */
    public static Variable layerNormModulated(Tape tape, Variable x, Variable vectors, int shift, int scale, int parts,
            float epsilon) {
        if (tape.isRecording()) {
            return modulate(tape, layerNorm(tape, x, null, null, epsilon), vectors, shift, scale, parts);
        }
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        LayerNorm.modulated(x.value(), Modulate.Vectors.part(vectors.value(), scale, parts),
                Modulate.Vectors.part(vectors.value(), shift, parts), y, epsilon);
        return tape.output(y, x, vectors);
    }

    /** residual + gate·x with a vector for each sample: part {@code gate} of {@code vectors} [B, parts·C]. */
    public static Variable gate(Tape tape, Variable x, Variable residual, Variable vectors, int gate, int parts) {
        Tensor input = x.value();
        Tensor packed = vectors.value();
        Tensor y = tape.empty(input.dtype(), input.shape());
        Modulate.gate(input, residual.value(), Modulate.Vectors.part(packed, gate, parts), y);
        Variable out = tape.output(y, x, residual, vectors);
        tape.note(out, dy -> {
            tape.accumulateOrDiscard(vectors, d -> {
                d.zero();
                tape.accumulateOrDiscard(x, dx -> Modulate.gateBackward(dy, input, Modulate.Vectors.part(packed, gate, parts),
                        dx, Modulate.Vectors.part(d, gate, parts)));
            });
            tape.accumulateShared(residual, dy);
        });
        return out;
    }

    /** x [B, S, C] plus fixed vectors for the places. @param positions F32 [S, C] */
    public static Variable addPositions(Tape tape, Variable x, Tensor positions) {
        Tensor input = x.value();
        if (!positions.shape().equals(Shape.of(input.dim(1), input.dim(2)))) {
            throw new IllegalArgumentException("add positions: " + positions + " for " + input + ", expected [" + input.dim(1)
                    + ", " + input.dim(2) + "]");
        }
        Tensor y = tape.empty(input.dtype(), input.shape());
        // A bias whose channels are all elements of a sample.
        Pointwise.addBias(input.reshape(input.dim(0), -1), positions.reshape(-1), y.reshape(input.dim(0), -1));
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulateShared(x, dy));
        return out;
    }

    /** The mean of each sample's tokens: [B, S, C] to [B, C]. */
    public static Variable mean(Tape tape, Variable x) {
        Tensor input = x.value();
        float share = 1f / input.dim(1);
        Tensor y = tape.empty(input.dtype(), input.dim(0), input.dim(2));
        Reduce.sumSpatial(input, y, share);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.addToSamples(null, dy, share, dx)));
        return out;
    }
}
