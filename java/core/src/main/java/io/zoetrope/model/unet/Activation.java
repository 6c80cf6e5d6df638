package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import java.util.function.BiFunction;

/** What a UNet's blocks apply after their norms. */
public enum Activation {
    SILU(PointwiseFunctions::silu), MISH(PointwiseFunctions::mish),
    /** The exact form, with Φ rather than tanh. */
    GELU(PointwiseFunctions::geluErf), RELU(PointwiseFunctions::relu);

    private final BiFunction<Tape, Variable, Variable> function;

    Activation(BiFunction<Tape, Variable, Variable> function) {
        this.function = function;
    }

    Variable apply(Tape tape, Variable x) {
        return function.apply(tape, x);
    }
}
