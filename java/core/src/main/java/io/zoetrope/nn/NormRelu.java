package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.pointwise.PointwiseFunctions;

/** Batch or group norm, then ReLU. */
public final class NormRelu {
    private final BatchNormalization batch;
    private final GroupNormalization group;

    /** @param groups 0: batch norm */
    public NormRelu(Parameters parameters, long channels, int groups) {
        batch = groups == 0 ? new BatchNormalization(parameters, channels, true) : null;
        group = groups == 0 ? null : new GroupNormalization(parameters, channels, groups, false);
    }

    public Variable forward(Tape tape, Variable x, NormStatistics statistics) {
        if (batch == null) {
            return PointwiseFunctions.relu(tape, group.forward(tape, x));
        }
        return statistics.ofBatch() ? batch.train(tape, x, statistics.momentum()) : batch.infer(tape, x);
    }
}
