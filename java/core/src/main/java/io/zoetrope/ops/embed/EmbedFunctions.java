package io.zoetrope.ops.embed;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.Tensor;

/** Differentiable {@link Embed}. */
public final class EmbedFunctions {
    private EmbedFunctions() {
    }

    /** Rows of table [V,D] chosen by ids I32 [N]: [N,D]. */
    public static Variable lookup(Tape tape, Variable table, Tensor ids) {
        Tensor y = tape.empty(table.value().dtype(), ids.dim(0), table.value().dim(1));
        Embed.lookup(table.value(), ids, y);
        Variable out = tape.output(y, table);
        tape.note(out,
                dy -> tape.accumulateParameter(table, (dtable, add) -> Embed.lookupBackward(dy, ids, dtable, add)),
                ids);
        return out;
    }
}
