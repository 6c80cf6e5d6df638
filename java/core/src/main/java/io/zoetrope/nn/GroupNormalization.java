package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.groupnorm.GroupNormFunctions;

/** Group normalisation (Wu and He 2018) with a learned affine map, followed by SiLU where asked. */
public final class GroupNormalization {
    private static final float EPSILON = 1e-5f;

    private final Parameter gamma;
    private final Parameter beta;
    private final int groups;
    private final float epsilon;
    private final boolean silu;

    public GroupNormalization(Parameters parameters, long channels, int groups, boolean silu) {
        this(parameters, channels, groups, EPSILON, silu);
    }

    /** @param epsilon added to the variance */
    public GroupNormalization(Parameters parameters, long channels, int groups, float epsilon, boolean silu) {
        if (channels % groups != 0) {
            throw new IllegalArgumentException(
                    "group norm: " + channels + " channels do not divide into " + groups + " groups");
        }
        this.gamma = parameters.vector("weight", Init.constant(1), channels);
        this.beta = parameters.vector("bias", Init.zeros(), channels);
        this.groups = groups;
        this.epsilon = epsilon;
        this.silu = silu;
    }

    public Variable forward(Tape tape, Variable x) {
        return GroupNormFunctions.groupNorm(tape, x, gamma.variable(), beta.variable(), groups, epsilon, silu);
    }
}
