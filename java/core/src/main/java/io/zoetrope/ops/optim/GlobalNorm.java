package io.zoetrope.ops.optim;

import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.tensor.Tensor;

/** The Euclidean norm of all gradients together. {@link AdamW} computes its own; this one is for looking at. */
public final class GlobalNorm {
    private GlobalNorm() {
    }

    /** out[0] = √(Σ grad²), in a fixed order; out: F32[1]. */
    public static void compute(Tensor grad, Tensor out) {
        Reduce.norm(grad, out);
    }
}
