package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.layernorm.LayerNormFunctions;

/**
 * Layer normalisation (Ba, Kiros and Hinton 2016) over the innermost dimension, with a learned affine map or without.
 */
public final class LayerNormalization {
    private static final float EPSILON = 1e-6f;

    private final Parameter gamma;
    private final Parameter beta;

    private LayerNormalization(Parameter gamma, Parameter beta) {
        this.gamma = gamma;
        this.beta = beta;
    }

    public static LayerNormalization affine(Parameters parameters, long channels) {
        return new LayerNormalization(parameters.vector("weight", Init.constant(1), channels),
                parameters.vector("bias", Init.zeros(), channels));
    }

    /** Without parameters: what adaptive norms modulate. */
    public static LayerNormalization plain() {
        return new LayerNormalization(null, null);
    }

    /** A plain norm's output times 1 + scale plus shift. @see LayerNormFunctions#layerNormModulated */
    public Variable modulated(Tape tape, Variable x, Variable vectors, int shift, int scale, int parts) {
        if (gamma != null) {
            throw new IllegalStateException(
                    "layer norm: it has an affine map of its own, expected a plain one to modulate");
        }
        return LayerNormFunctions.layerNormModulated(tape, x, vectors, shift, scale, parts, EPSILON);
    }

    public Variable forward(Tape tape, Variable x) {
        return LayerNormFunctions.layerNorm(tape, x, gamma == null ? null : gamma.variable(),
                beta == null ? null : beta.variable(), EPSILON);
    }
}
