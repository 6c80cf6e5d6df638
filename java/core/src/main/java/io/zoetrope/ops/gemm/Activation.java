package io.zoetrope.ops.gemm;

/** A function applied to every output of a product while it is still in registers. The order is the device code's. */
public enum Activation {
    NONE,
    /** x · sigmoid(x) */
    SILU,
    /** The tanh form of x · Φ(x). */
    GELU
}
