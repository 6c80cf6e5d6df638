package io.zoetrope.ops.layernorm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.modulate.Modulate;
import io.zoetrope.ops.modulate.ModulateFunctions;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** Differentiable {@link LayerNorm} of tokens [B, S, C]. */
public final class LayerNormFunctions {
    private LayerNormFunctions() {
    }

    /**
     * Layer normalisation over the innermost dimension.
     *
     * @param gamma F32 [C], as is {@code beta}; both null: 1 and 0
     */
    public static Variable layerNorm(Tape tape, Variable x, Variable gamma, Variable beta, float epsilon) {
        if ((gamma == null) != (beta == null)) {
            throw new IllegalArgumentException("layer norm: gamma is " + Variable.describe(gamma) + ", beta is "
                    + Variable.describe(beta) + ": expected both or neither");
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
            tape.note(out,
                    dy -> tape.accumulate(x,
                            dx -> LayerNorm.backward(dy, input, null, mean, rstd, dx, null, null, false)),
                    input, mean, rstd);
        } else {
            tape.note(out,
                    dy -> tape.accumulateParameters(gamma, beta,
                            (dgamma, dbeta, add) -> tape.accumulateOrDiscard(x,
                                    dx -> LayerNorm.backward(dy, input, scale, mean, rstd, dx, dgamma, dbeta, add))),
                    input, scale, mean, rstd);
        }
        return out;
    }

    /**
     * {@link ModulateFunctions#modulate} of a layer norm without a map of its own: one kernel unless a backward pass,
     * which needs what is between the two, may follow.
     */
    public static Variable layerNormModulated(Tape tape, Variable x, Variable vectors, int shift, int scale, int parts,
            float epsilon) {
        if (tape.isRecording()) {
            return ModulateFunctions.modulate(tape, layerNorm(tape, x, null, null, epsilon), vectors, shift, scale,
                    parts);
        }
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        LayerNorm.modulated(x.value(), Modulate.Vectors.part(vectors.value(), scale, parts),
                Modulate.Vectors.part(vectors.value(), shift, parts), y, epsilon);
        return tape.output(y, x, vectors);
    }
}
