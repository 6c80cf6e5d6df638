package io.zoetrope.model;

import io.zoetrope.autograd.ActivationOps;
import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.BatchNormalization;
import io.zoetrope.nn.GroupNormalization;
import io.zoetrope.nn.Parameters;

/** Batch or group norm, then ReLU. */
final class NormRelu {
    private final BatchNormalization batch;
    private final GroupNormalization group;

    /** @param groups 0: batch norm */
    NormRelu(Parameters parameters, long channels, int groups) {
        batch = groups == 0 ? new BatchNormalization(parameters, channels, true) : null;
        group = groups == 0 ? null : new GroupNormalization(parameters, channels, groups, false);
    }

    Variable forward(Tape tape, Variable x, NormStatistics statistics) {
        if (batch == null) {
            return ActivationOps.relu(tape, group.forward(tape, x));
        }
        return statistics.ofBatch() ? batch.train(tape, x, statistics.momentum()) : batch.infer(tape, x);
    }
}
