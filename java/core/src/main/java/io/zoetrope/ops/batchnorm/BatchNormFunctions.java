package io.zoetrope.ops.batchnorm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** Differentiable {@link BatchNorm}. */
public final class BatchNormFunctions {
    private BatchNormFunctions() {
    }

    /**
     * Batch normalisation of x [...,C] by the batch's own statistics, followed by ReLU where asked; moves the running
     * statistics in place.
     *
     * @param runningMean F32 [C], as is runningVar; null: none are kept
     * @param momentum    the batch's share in the new running statistics
     */
    public static Variable batchNorm(Tape tape, Variable x, Variable gamma, Variable beta, Tensor runningMean,
            Tensor runningVar, float momentum, float epsilon, boolean relu) {
        Tensor input = x.value();
        long channels = input.dim(-1);
        Tensor y = tape.empty(input.dtype(), input.shape());
        Tensor mean = tape.empty(DType.F32, channels);
        Tensor rstd = tape.empty(DType.F32, channels);
        boolean first = !tape.isRecomputing();
        BatchNorm.forward(input, gamma.value(), beta.value(), first ? runningMean : null, first ? runningVar : null,
                momentum, y, mean, rstd, epsilon, relu);
        Variable out = tape.output(y, x, gamma, beta);
        tape.note(out,
                dy -> tape
                        .accumulateParameters(gamma, beta,
                                (dgamma, dbeta, add) -> tape.accumulateOrDiscard(x,
                                        dx -> BatchNorm.backward(dy, input, gamma.value(), beta.value(), mean, rstd, dx,
                                                dgamma, dbeta, relu, add))),
                input, gamma.value(), beta.value(), mean, rstd);
        return out;
    }

    /** Batch normalisation by running statistics, which are constants, followed by ReLU where asked. */
    public static Variable batchNormFixed(Tape tape, Variable x, Variable gamma, Variable beta, Tensor runningMean,
            Tensor runningVar, float epsilon, boolean relu) {
        Tensor input = x.value();
        Tensor y = tape.empty(input.dtype(), input.shape());
        BatchNorm.inference(input, gamma.value(), beta.value(), runningMean, runningVar, y, epsilon, relu);
        Variable out = tape.output(y, x, gamma, beta);
        tape.note(out,
                dy -> tape.accumulateParameters(gamma, beta,
                        (dgamma, dbeta, add) -> tape.accumulateOrDiscard(x,
                                dx -> BatchNorm.inferenceBackward(dy, input, gamma.value(), beta.value(), runningMean,
                                        runningVar, epsilon, dx, dgamma, dbeta, relu, add))),
                input, gamma.value(), beta.value(), runningMean, runningVar);
        return out;
    }
}
