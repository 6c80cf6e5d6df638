package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.gemm.LinearFunctions;
import java.util.List;

/** An affine map of the innermost dimension. */
public final class Linear {
    private final Parameter weight;
    private final Parameter bias;

    private Linear(Parameter weight, Parameter bias) {
        this.weight = weight.adaptable();
        this.bias = bias;
    }

    public static Linear of(Parameters parameters, long in, long out) {
        return new Linear(parameters.weight("weight", Init.fanIn(in), out, in),
                parameters.vector("bias", Init.zeros(), out));
    }

    /** A linear map: no bias. */
    public static Linear unbiased(Parameters parameters, long in, long out) {
        return new Linear(parameters.weight("weight", Init.fanIn(in), out, in), null);
    }

    /** Weights that start at zero: its block starts as the identity. */
    public static Linear zero(Parameters parameters, long in, long out) {
        return new Linear(parameters.weight("weight", Init.zeros(), out, in),
                parameters.vector("bias", Init.zeros(), out));
    }

    /** Several maps of the same input computed as one, kept apart in weights files under their own names. */
    public static Linear stacked(Parameters parameters, List<String> names, long in, long outEach) {
        long out = outEach * names.size();
        return new Linear(
                parameters.stackedWeight(names.stream().map(name -> name + ".weight").toList(), Init.fanIn(in), out,
                        in),
                parameters.stackedVector(names.stream().map(name -> name + ".bias").toList(), Init.zeros(), out));
    }

    public Variable forward(Tape tape, Variable x) {
        return forward(tape, x, null);
    }

    /** GELU (tanh form) of the map. */
    public Variable forwardGelu(Tape tape, Variable x) {
        return LinearFunctions.linearGelu(tape, x, weight.variable(tape), bias == null ? null : bias.variable());
    }

    /** residual + gate · map, the gate being part {@code gate} of {@code vectors} [B, parts·out]. */
    public Variable forwardGated(Tape tape, Variable x, Variable residual, Variable vectors, int gate, int parts) {
        return LinearFunctions.linearGated(tape, x, weight.variable(tape), bias == null ? null : bias.variable(),
                residual, vectors, gate, parts);
    }

    public Variable forward(Tape tape, Variable x, Variable residual) {
        return LinearFunctions.linear(tape, x, weight.variable(tape), bias == null ? null : bias.variable(), residual);
    }
}
