package io.zoetrope.ops.rmsnorm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** Differentiable {@link RmsNorm}. */
public final class RmsNormFunctions {
    private RmsNormFunctions() {
    }

    /**
     * Root mean square normalisation over the innermost dimension.
     *
     * @param gamma F32 [C]; null: 1
     */
    public static Variable rmsNorm(Tape tape, Variable x, Variable gamma, float epsilon) {
        Tensor input = x.value();
        Tensor scale = Variable.valueOf(gamma);
        Tensor y = tape.empty(input.dtype(), input.shape());
        Tensor rstd = tape.empty(DType.F32, input.size() / input.dim(-1));
        RmsNorm.forward(input, scale, y, rstd, epsilon);
        Variable out = tape.output(y, x, gamma);
        if (gamma == null) {
            tape.note(out, dy -> tape.accumulate(x, dx -> RmsNorm.backward(dy, input, null, rstd, dx, null, false)),
                    input, rstd);
        } else {
            tape.note(out,
                    dy -> tape.accumulateParameterOrDiscard(gamma,
                            (dgamma, add) -> tape.accumulateOrDiscard(x,
                                    dx -> RmsNorm.backward(dy, input, scale, rstd, dx, dgamma, add))),
                    input, scale, rstd);
        }
        return out;
    }
}
