package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.embed.EmbedFunctions;
import io.zoetrope.tensor.Tensor;

/** A learned vector for each of a number of entries. */
public final class Embedding {
    private final Parameter table;

    public Embedding(Parameters parameters, long entries, long features) {
        table = parameters.weight("weight", Init.uniform(Math.sqrt(3)), entries, features);
    }

    /** @param ids I32 [N], each below the number of entries */
    public Variable forward(Tape tape, Tensor ids) {
        return EmbedFunctions.lookup(tape, table.variable(), ids);
    }
}
