package io.zoetrope.ops.groupnorm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** Differentiable {@link GroupNorm}. */
public final class GroupNormFunctions {
    private GroupNormFunctions() {
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
        tape.note(out,
                dy -> tape
                        .accumulateParameters(gamma, beta,
                                (dgamma, dbeta, add) -> tape.accumulateOrDiscard(x,
                                        dx -> GroupNorm.backward(dy, input, gamma.value(), beta.value(), mean, rstd, dx,
                                                dgamma, dbeta, groups, silu, add))),
                input, gamma.value(), beta.value(), mean, rstd);
        return out;
    }
}
