package io.zoetrope.model.unet;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.pointwise.PointwiseFunctions;

/** What a UNet's blocks apply after their norms. */
public enum Activation {
    SILU {
        @Override
        Variable apply(Tape tape, Variable x) {
            return PointwiseFunctions.silu(tape, x);
        }
    },
    MISH {
        @Override
        Variable apply(Tape tape, Variable x) {
            return PointwiseFunctions.mish(tape, x);
        }
    },
    /** The exact form, with Φ rather than tanh. */
    GELU {
        @Override
        Variable apply(Tape tape, Variable x) {
            return PointwiseFunctions.geluErf(tape, x);
        }
    },
    RELU {
        @Override
        Variable apply(Tape tape, Variable x) {
            return PointwiseFunctions.relu(tape, x);
        }
    };

    abstract Variable apply(Tape tape, Variable x);
}
