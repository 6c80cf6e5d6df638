package io.zoetrope.nn;

import io.zoetrope.ops.Tiers;
import io.zoetrope.tensor.DType;

/**
 * What layers compute in. Masters of weights, their gradients and the optimiser's states are F32 in all of them.
 *
 * <p>No loss is scaled: BF16 and TF32 have F32's exponents, so that no gradient is too small for them that F32 could
 * hold.
 */
public enum Precision {
    /** Exact products. */
    F32(DType.F32),
    /** F32 whose products round their factors to 10 bits of mantissa, on tensor cores. */
    TF32(DType.F32),
    /** 8 bits of mantissa in activations and weights, sums in F32. */
    BF16(DType.BF16),
    /** Refused: there is neither a {@link DType} nor a kernel for it. */
    F16(null);

    private final DType compute;

    Precision(DType compute) {
        this.compute = compute;
    }

    /**
     * The type of activations and of the weights that layers see.
     *
     * @throws UnsupportedOperationException for F16
     */
    public DType compute() {
        if (compute == null) {
            throw new UnsupportedOperationException(this
                    + " is not supported: no tensor type and no kernel holds 16-bit floats with 5 bits of exponent,"
                    + " and training with them would need its loss scaled; use BF16");
        }
        return compute;
    }

    /**
     * Lets F32 products of this thread run as this precision says until the result is closed; those beside BF16, as
     * {@link Tiers#allowTf32} says.
     */
    public Tiers.Tf32 inForce() {
        return Tiers.withTf32(this == BF16 ? Tiers.tf32Allowed() : this == TF32);
    }
}
