package io.zoetrope.ops.rows;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.Tensor;

/** Differentiable {@link Rows}. */
public final class RowFunctions {
    private RowFunctions() {
    }

    /** Joins a [..., A] and b [..., B] to [..., A + B]. */
    public static Variable concatChannels(Tape tape, Variable a, Variable b) {
        long[] dims = a.shape().dims();
        dims[dims.length - 1] += b.value().dim(-1);
        Tensor y = tape.empty(a.value().dtype(), dims);
        Rows.concat(a.value(), b.value(), y);
        Variable out = tape.output(y, a, b);
        tape.note(out,
                dy -> tape.accumulateOrDiscard(a, da -> tape.accumulateOrDiscard(b, db -> Rows.split(dy, da, db))));
        return out;
    }
}
