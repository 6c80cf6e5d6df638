package io.zoetrope.autograd;

import io.zoetrope.tensor.Tensor;

/**
 * Adds the gradients that several uses of one value send back. The tape knows no operation of its own: whoever has one
 * that adds registers it under {@code META-INF/services}.
 */
public interface GradientSum {
    /**
     * {@code sum = a + b} for tensors of one shape and type; {@code sum} may be {@code a} or {@code b}. Thread-safe.
     */
    void add(Tensor a, Tensor b, Tensor sum);
}
