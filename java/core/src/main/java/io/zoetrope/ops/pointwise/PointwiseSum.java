package io.zoetrope.ops.pointwise;

import io.zoetrope.autograd.GradientSum;
import io.zoetrope.tensor.Tensor;

/** {@link Pointwise#add} for the tape. */
public final class PointwiseSum implements GradientSum {
    @Override
    public void add(Tensor a, Tensor b, Tensor sum) {
        Pointwise.add(a, b, sum);
    }
}
