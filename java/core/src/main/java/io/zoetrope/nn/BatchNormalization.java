package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.batchnorm.BatchNormFunctions;

/**
 * Batch normalisation (Ioffe and Szegedy 2015) with a learned affine map, followed by ReLU where asked. Its running
 * statistics are buffers of the model.
 */
public final class BatchNormalization {
    private static final float EPSILON = 1e-5f;
    private static final float MOMENTUM = 0.1f;

    private final Parameter gamma;
    private final Parameter beta;
    private final Parameter mean;
    private final Parameter variance;
    private final boolean relu;

    public BatchNormalization(Parameters parameters, long channels, boolean relu) {
        this.gamma = parameters.vector("weight", Init.constant(1), channels);
        this.beta = parameters.vector("bias", Init.zeros(), channels);
        this.mean = parameters.buffer("running_mean", Init.zeros(), channels);
        this.variance = parameters.buffer("running_var", Init.constant(1), channels);
        this.relu = relu;
    }

    /** With the batch's own statistics; moves the running ones towards them by a tenth. */
    public Variable train(Tape tape, Variable x) {
        return train(tape, x, MOMENTUM);
    }

    /** @param momentum the batch's share in the new running statistics */
    public Variable train(Tape tape, Variable x, float momentum) {
        return BatchNormFunctions.batchNorm(tape, x, gamma.variable(), beta.variable(), mean.variable().value(),
                variance.variable().value(), momentum, EPSILON, relu);
    }

    /** With the running statistics, which are constants. */
    public Variable infer(Tape tape, Variable x) {
        return BatchNormFunctions.batchNormFixed(tape, x, gamma.variable(), beta.variable(), mean.variable().value(),
                variance.variable().value(), EPSILON, relu);
    }
}
