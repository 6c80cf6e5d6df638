package io.zoetrope.ops.phaseshuffle;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.Tensor;

/** Differentiable {@link PhaseShuffle}. */
public final class PhaseShuffleFunctions {
    private PhaseShuffleFunctions() {
    }

    /**
     * Phase shuffle of x [N,L,C].
     *
     * @param shifts I32 [N] from {@link PhaseShuffle#draw} with this radius; must not change before the backward pass
     */
    public static Variable phaseShuffle(Tape tape, Variable x, Tensor shifts, int radius) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        PhaseShuffle.forward(x.value(), shifts, y, radius);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> PhaseShuffle.backward(dy, shifts, dx, radius)), shifts);
        return out;
    }
}
